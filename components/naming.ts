import type { FunctionName } from "../functions/contract.ts";
import { FUNCTION_NAMES } from "../functions/contract.ts";

/** Longest name of each kind of resource, in characters, from the AWS API references. */
const LONGEST = {
  alarm: 255,
  archive: 48,
  bus: 256,
  endpoint: 64,
  function: 64,
  key: 250,
  logGroup: 512,
  parameter: 1011,
  queue: 80,
  repository: 256,
  role: 64,
  rule: 64,
  schedule: 64,
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
  "enrichment-completer": "completer",
  "replacement-recorder": "replacement-recorder",
  "trade-census": "census",
} as const satisfies Record<FunctionName, string>;

/** Functions whose dead letters go to the queue of another. */
const DEAD_LETTER_OWNERS: Readonly<Partial<Record<FunctionName, FunctionName>>> = {
  "enrichment-completer": "metadata-enricher",
};

/** The function whose dead letter queue takes a function's dead letters: its own, or another's. */
export function deadLetterOwner(name: FunctionName): FunctionName {
  return DEAD_LETTER_OWNERS[name] ?? name;
}

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
    suffix,
    functions,
    functionDeadLetterQueues: eachFunction((name) => named("queue", `${deadLetterOwner(name)}-dlq`)),
    functionDeadLetterAlarms: eachFunction((name) => named("alarm", `${FUNCTION_ROLES[name]}-dlq-alarm`)),
    functionLogGroups: eachFunction((name) => checkedName("logGroup", `/aws/lambda/${functions[name]}`)),
    stateMachine,
    stateMachineLogGroup: checkedName("logGroup", `/aws/vendedlogs/states/${stateMachine}`),
    stateMachineErrorAlarm: named("alarm", "state-machine-error-alarm"),
    stateMachineTimeoutAlarm: named("alarm", "state-machine-timeout-alarm"),
    stateMachineThrottleAlarm: named("alarm", "state-machine-throttle-alarm"),
    unaccountedTradesAlarm: named("alarm", "unaccounted-trades-alarm"),
    tradesTable: named("table", "trades"),
    outcomesTable: named("table", "trade-outcomes"),
    repository: named("repository", "trade-processing"),
    parameters: {
      apiEndpoint: checkedName("parameter", `/trade-processing/${suffix}/api-endpoint`),
      processingThreshold: checkedName("parameter", `/trade-processing/${suffix}/processing-threshold`),
      maxRetries: checkedName("parameter", `/trade-processing/${suffix}/max-retries`),
    },
    /** What operators did about failover last; its history is their log. */
    failoverRecord: checkedName("parameter", `/trade-processing/${suffix}/failover`),
    bus: named("bus", "trading-event-bus"),
    archive: named("archive", "trades-archive"),
    sourceRule: (source: string) => named("rule", `trades-${source}`),
    unmatchedRule: named("rule", "trades-unmatched"),
    forwardingRule: named("rule", "trades-forwarding"),
    replacementConflictAlarm: named("alarm", "replacement-conflict-alarm"),
    replacementAgeAlarm: named("alarm", "replacement-age-alarm"),
    heartbeatRule: named("rule", "trades-heartbeat"),
    heartbeatSchedule: named("schedule", "schedule-heartbeat"),
    heartbeatsTable: named("table", "heartbeats"),
    heartbeatAlarm: named("alarm", "heartbeat-alarm"),
    ingestionLatencyAlarm: named("alarm", "ingestion-latency-alarm"),
    replicationLagAlarm: (table: string) => named("alarm", `replication-lag-alarm-${table}`),
    globalEndpoint: named("endpoint", "endpoint-trades"),
    censusRule: named("rule", "trades-census"),
    censusQueue: named("queue", "trades-census"),
    censusSchedule: named("schedule", "schedule-trade-census"),
    unaccountedQueue: named("queue", "unaccounted-events"),
    unaccountedEventsAlarm: named("alarm", "unaccounted-events-alarm"),
    completerSchedule: named("schedule", "schedule-enrichment-completer"),
    pendingEnrichmentAlarm: named("alarm", "enrichment-pending-age-alarm"),
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
export type Principal = FunctionName | "workflow" | "routing" | "forwarding" | "scheduling" | "replication";

/** Name of a principal's role. Roles are global, so the name ends in suffix and region. */
export function roleName(principal: Principal, suffix: string, region: string): string {
  return checkedName("role", `role-${principal}-${suffix}-${region}`);
}
