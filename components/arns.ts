import type { FunctionName } from "../functions/contract.ts";
import { FUNCTION_NAMES } from "../functions/contract.ts";
import { type Names, roleName } from "./naming.ts";
import { ENRICHMENT_PENDING_INDEX, LIVE_ALIAS } from "./standards.ts";

export type Arns = ReturnType<typeof arnsOf>;

/**
 * ARNs of a region's resources, from their names alone. Policies are written from these, so that they name what is
 * made after them (a queue's policy the rules, a role's the function's log group) and are known in a preview.
 */
export function arnsOf(place: { account: string; region: string; names: Names; sources: readonly string[] }) {
  const { account, region, names } = place;
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const each = <Value>(entry: (name: FunctionName) => Value) =>
    Object.fromEntries(FUNCTION_NAMES.map((name) => [name, entry(name)])) as Record<FunctionName, Value>;
  const functions = each((name) => arn("lambda", `function:${names.functions[name]}`));
  const busRule = (rule: string) => arn("events", `rule/${names.bus}/${rule}`);
  return {
    functions,
    functionAliases: each((name) => `${functions[name]}:${LIVE_ALIAS}`),
    functionLogGroups: each((name) => arn("logs", `log-group:${names.functionLogGroups[name]}`)),
    functionDeadLetterQueues: each((name) => arn("sqs", names.functionDeadLetterQueues[name])),
    insightsLogGroup: arn("logs", "log-group:/aws/lambda-insights"),
    stateMachine: arn("states", `stateMachine:${names.stateMachine}`),
    stateMachineLogGroup: arn("logs", `log-group:${names.stateMachineLogGroup}`),
    tradesTable: arn("dynamodb", `table/${names.tradesTable}`),
    tradesStreams: arn("dynamodb", `table/${names.tradesTable}/stream/*`),
    enrichmentPendingIndex: arn("dynamodb", `table/${names.tradesTable}/index/${ENRICHMENT_PENDING_INDEX}`),
    outcomesTable: arn("dynamodb", `table/${names.outcomesTable}`),
    parameters: Object.values(names.parameters).map((name) => arn("ssm", `parameter${name}`)),
    bus: arn("events", `event-bus/${names.bus}`),
    archive: arn("events", `archive/${names.archive}`),
    censusReplays: arn("events", "replay/census-*"),
    endpointManagedRules: busRule("GlobalEndpointManagedRule-*"),
    replicationRole: `arn:aws:iam::${account}:role/${roleName("replication", names.suffix, region)}`,
    heartbeatRule: busRule(names.heartbeatRule),
    heartbeatsTable: arn("dynamodb", `table/${names.heartbeatsTable}`),
    censusRule: busRule(names.censusRule),
    censusQueue: arn("sqs", names.censusQueue),
    unaccountedQueue: arn("sqs", names.unaccountedQueue),
    sourceRules: place.sources.map((source) => busRule(names.sourceRule(source))),
    unmatchedRule: busRule(names.unmatchedRule),
    forwardingRule: arn("events", `rule/${names.forwardingRule}`),
    executionStatusRule: arn("events", `rule/${names.executionStatusRule}`),
    routingDeadLetterQueue: arn("sqs", names.routingDeadLetterQueue),
    forwardingDeadLetterQueue: arn("sqs", names.forwardingDeadLetterQueue),
    unmatchedQueue: arn("sqs", names.unmatchedQueue),
    rejectsQueue: arn("sqs", names.rejectsQueue),
    alarmTopic: arn("sns", names.alarmTopic),
    alarm: (name: string) => arn("cloudwatch", `alarm:${name}`),
  };
}
