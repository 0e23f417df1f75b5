import { PRINCIPAL_SERVICES } from "../iam.ts";
import { type Principal, roleName } from "../naming.ts";
import type { PeopleContext } from "./context.ts";

/**
 * ARN patterns of what a stack makes, as far as its names are known before. Ids of keys, of EC2, of health checks and of
 * event source mappings are not.
 */
export function resourcesOf({ names, suffix, arn }: PeopleContext) {
  const functions = Object.values(names.functions);
  const logGroups = [...Object.values(names.functionLogGroups), names.stateMachineLogGroup];
  const replicated = [names.tradesTable, names.outcomesTable];
  const tables = [...replicated, names.heartbeatsTable];
  const queues = [
    // Functions may share one.
    ...new Set(Object.values(names.functionDeadLetterQueues)),
    names.censusQueue,
    names.unaccountedQueue,
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
    replicatedTables: replicated.map((name) => arn("dynamodb", `table/${name}`)),
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
    schedules: [names.heartbeatSchedule, names.completerSchedule, names.censusSchedule].map((name) =>
      arn("scheduler", `schedule/default/${name}`),
    ),
    endpoint: [arn("events", `endpoint/${names.globalEndpoint}`)],
    // Route 53 is in no region, and its ARNs are of no account.
    healthChecks: ["arn:aws:route53:::healthcheck/*"],
    eventSources: [arn("lambda", "event-source-mapping:*")],
    queues: queues.map((name) => arn("sqs", name)),
    // Only to be read, and short, so that reading everything fits into one policy.
    queuesToRead: [arn("sqs", `*-${suffix}`)],
    logGroupsToRead: [arn("logs", `log-group:/aws/*-${suffix}:*`)],
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
