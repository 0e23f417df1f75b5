import type { FunctionName } from "../functions/contract.ts";
import { FUNCTION_NAMES } from "../functions/contract.ts";

/** Longest name of each kind of resource, in characters, from the AWS API references. */
const LONGEST = {
  alarm: 255,
  archive: 48,
  bus: 256,
  function: 64,
  key: 250,
  logGroup: 512,
  parameter: 1011,
  queue: 80,
  repository: 256,
  role: 64,
  rule: 64,
  securityGroup: 255,
  stateMachine: 80,
  table: 255,
  topic: 256,
} as const;
export type NamedKind = keyof typeof LONGEST;

/** Alarms and metrics of a function are named after what it does. */
export const FUNCTION_ROLES = {
  "trade-validator": "validator",
  "metadata-enricher": "enricher",
  "compliance-recorder": "recorder",
} as const satisfies Record<FunctionName, string>;

/** Returns the name, or throws naming it, its length and the longest that its service allows. */
export function checkedName(kind: NamedKind, name: string): string {
  const longest = LONGEST[kind];
  if (name.length > longest)
    throw new Error(`${kind} name "${name}" has ${name.length} characters; at most ${longest} are allowed`);
  return name;
}

/** Gives every function its entry. */
function eachFunction<Value>(entry: (name: FunctionName) => Value): Record<FunctionName, Value> {
  return Object.fromEntries(FUNCTION_NAMES.map((name) => [name, entry(name)])) as Record<FunctionName, Value>;
}

export type Names = ReturnType<typeof namesOf>;

/** Names that are the same in both regions, ending in `-<suffix>`. Throws for a name that its service would refuse. */
export function namesOf(suffix: string) {
  const named = (kind: NamedKind, purpose: string) => checkedName(kind, `${purpose}-${suffix}`);
  const functions = eachFunction((name) => named("function", name));
  const stateMachine = named("stateMachine", "trade-processing");
  return {
    functions,
    functionDeadLetterQueues: eachFunction((name) => named("queue", `${name}-dlq`)),
    functionDeadLetterAlarms: eachFunction((name) => named("alarm", `${FUNCTION_ROLES[name]}-dlq-alarm`)),
    functionLogGroups: eachFunction((name) => checkedName("logGroup", `/aws/lambda/${functions[name]}`)),
    stateMachine,
    stateMachineLogGroup: checkedName("logGroup", `/aws/vendedlogs/states/${stateMachine}`),
    stateMachineErrorAlarm: named("alarm", "state-machine-error-alarm"),
    stateMachineTimeoutAlarm: named("alarm", "state-machine-timeout-alarm"),
    stateMachineThrottleAlarm: named("alarm", "state-machine-throttle-alarm"),
    tradesTable: named("table", "trades"),
    outcomesTable: named("table", "trade-outcomes"),
    repository: named("repository", "trade-processing"),
    parameters: {
      apiEndpoint: checkedName("parameter", `/trade-processing/${suffix}/api-endpoint`),
      processingThreshold: checkedName("parameter", `/trade-processing/${suffix}/processing-threshold`),
      maxRetries: checkedName("parameter", `/trade-processing/${suffix}/max-retries`),
    },
    bus: named("bus", "trading-event-bus"),
    archive: named("archive", "trades-archive"),
    sourceRule: (source: string) => named("rule", `trades-${source}`),
    unmatchedRule: named("rule", "trades-unmatched"),
    forwardingRule: named("rule", "trades-forwarding"),
    executionStatusRule: named("rule", "execution-status"),
    unfinishedExecutionsQueue: named("queue", "unfinished-executions"),
    unfinishedExecutionsAlarm: named("alarm", "unfinished-executions-alarm"),
    routingDeadLetterQueue: named("queue", "eventbridge-dlq"),
    routingDeadLetterAlarm: named("alarm", "eventbridge-dlq-alarm"),
    forwardingDeadLetterQueue: named("queue", "forwarding-dlq"),
    forwardingDeadLetterAlarm: named("alarm", "forwarding-dlq-alarm"),
    unmatchedQueue: named("queue", "unmatched-events"),
    unmatchedAlarm: named("alarm", "unmatched-events-alarm"),
    rejectsQueue: named("queue", "trade-rejects"),
    rejectsAlarm: named("alarm", "trade-rejects-alarm"),
    alarmTopic: named("topic", "topic-alarms"),
    keyAlias: checkedName("key", `alias/trade-processing-${suffix}`),
    functionSecurityGroup: named("securityGroup", "lambda-security-group"),
    marketDataSecurityGroup: named("securityGroup", "security-group-market-data"),
    endpointSecurityGroup: named("securityGroup", "security-group-endpoints"),
  };
}

/** Principals of the IAM table, each with a role in each region. */
export type Principal = FunctionName | "workflow" | "routing" | "forwarding";

/** Name of a principal's role. Roles are global, so the name ends in suffix and region. */
export function roleName(principal: Principal, suffix: string, region: string): string {
  return checkedName("role", `role-${principal}-${suffix}-${region}`);
}
