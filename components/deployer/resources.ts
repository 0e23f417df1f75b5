import { PRINCIPAL_SERVICES } from "../iam.ts";
import { type Principal, roleName } from "../naming.ts";
import type { DeployerContext } from "./permission.ts";

/** ARN patterns of what a stack makes, as far as its names are known before. Ids of keys and of EC2 are not. */
export function resourcesOf({ names, suffix, arn }: DeployerContext) {
  const functions = Object.values(names.functions);
  const logGroups = [...Object.values(names.functionLogGroups), names.stateMachineLogGroup];
  const tables = [names.tradesTable, names.outcomesTable];
  const queues = [
    ...Object.values(names.functionDeadLetterQueues),
    names.unfinishedExecutionsQueue,
    names.routingDeadLetterQueue,
    names.forwardingDeadLetterQueue,
    names.unmatchedQueue,
    names.rejectsQueue,
  ];
  return {
    alias: [arn("kms", names.keyAlias)],
    keys: [arn("kms", "key/*")],
    roles: rolesOf(Object.keys(PRINCIPAL_SERVICES) as Principal[], suffix),
    tables: tables.map((name) => arn("dynamodb", `table/${name}`)),
    repository: [arn("ecr", `repository/${names.repository}`)],
    functions: functions.flatMap((name) => [
      arn("lambda", `function:${name}`),
      arn("lambda", `function:${name}:*`),
    ]),
    stateMachine: [arn("states", `stateMachine:${names.stateMachine}`)],
    bus: [
      arn("events", `event-bus/${names.bus}`),
      arn("events", `archive/${names.archive}`),
      arn("events", `rule/${names.bus}/*`),
      arn("events", `rule/${names.forwardingRule}`),
      arn("events", `rule/${names.executionStatusRule}`),
    ],
    queues: queues.map((name) => arn("sqs", name)),
    topic: [arn("sns", names.alarmTopic), arn("sns", `${names.alarmTopic}:*`)],
    // Alarms are many, and all end in the suffix.
    alarms: [arn("cloudwatch", `alarm:*-${suffix}`)],
    logGroups: logGroups.map((name) => arn("logs", `log-group:${name}:*`)),
    parameters: [arn("ssm", `parameter/trade-processing/${suffix}/*`)],
  };
}

/** ARN patterns of principals' roles in every region. */
export function rolesOf(principals: readonly Principal[], suffix: string): string[] {
  return principals.map((principal) => `arn:aws:iam::*:role/${roleName(principal, suffix, "*")}`);
}
