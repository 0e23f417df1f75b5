/** What a trade is taken to be, where the program does not say it. Every figure is shown with the costs. */
export const ASSUMPTIONS = {
  /** Hours of a month. */
  hoursInMonth: 730,
  /** How trades end, in shares, and the states that such an execution comes through. */
  outcomes: [
    { outcome: "recorded", share: 0.99, through: ["RecordTrade", "Recorded"] },
    { outcome: "rejected", share: 0.01, through: ["DescribeRejection", "Ended"] },
  ],
  /** The states that a heartbeat's execution comes through. */
  heartbeatThrough: ["RecordTrade", "HeartbeatRecorded"],
  /** A trade as an event with its envelope. */
  eventKilobytes: 1,
  /** A row of the trades table, and of each index that holds all of it: the sample tape's are 1.13 to 1.16 KiB. */
  tradeRowKilobytes: 1.2,
  outcomeRowKilobytes: 1.2,
  messageKilobytes: 2,
  /** Indexes with this key hold only rows whose enrichment is pending: none, here. */
  sparseIndexKey: "enrichmentPending",
  functionMilliseconds: 30,
  /** A scheduled function that finds nothing to do. */
  maintenanceMilliseconds: 200,
  /** A census, which waits for its replay. */
  censusMilliseconds: 60_000,
  /** Requests for one message of a census where ten are received, and ten removed, at a time. */
  censusBatchShare: 0.1,
  /** What a state adds to an EXPRESS execution's duration, besides its function. */
  stateMilliseconds: 30,
  /** EXPRESS executions are billed in steps of 100 ms and 64 MB. */
  expressMegabytes: 64,
  /** What a function logs for an invocation, by its application log level. */
  logKilobytes: { TRACE: 3, DEBUG: 3, INFO: 1.5, WARN: 0.1, ERROR: 0.1, FATAL: 0.1 } as Record<
    string,
    number
  >,
  /** What Lambda adds to that, unless its own log level is WARN. */
  platformLogKilobytes: 0.5,
  /** What a workflow logs for a state at level ALL; at other levels, nothing for a trade that ends well. */
  stateLogKilobytes: 1.6,
  /** X-Ray's own sampling, where tracing is on. */
  tracedShare: 0.05,
  /** Request and answer of the market data API, through a NAT gateway where there is one. */
  marketDataKilobytes: 4,
} as const;

/** The assumptions as sentences. */
export function assumptionsOf(volume: number): string[] {
  const shares = ASSUMPTIONS.outcomes.map(({ outcome, share }) => `${share * 100} % ${outcome}`).join(", ");
  return [
    `${volume.toLocaleString("en-US")} trades a month, all put in the primary region; ${shares}; nothing is retried or redriven`,
    `event ${ASSUMPTIONS.eventKilobytes} KB, row ${ASSUMPTIONS.tradeRowKilobytes} KB, outcome ${ASSUMPTIONS.outcomeRowKilobytes} KB, message ${ASSUMPTIONS.messageKilobytes} KB, enrichment ${ASSUMPTIONS.marketDataKilobytes} KB through the NAT gateway; indexes keyed by ${ASSUMPTIONS.sparseIndexKey} stay empty`,
    `each function ${ASSUMPTIONS.functionMilliseconds} ms and ${ASSUMPTIONS.logKilobytes.INFO} KB of logs at level INFO; an EXPRESS execution ${ASSUMPTIONS.expressMegabytes} MB and ${ASSUMPTIONS.stateMilliseconds} ms for each state besides; ${ASSUMPTIONS.tracedShare * 100} % of trades traced`,
    `where there are schedules: ${ASSUMPTIONS.maintenanceMilliseconds} ms for a run that finds nothing to do, ${ASSUMPTIONS.censusMilliseconds / 1000} s for a census; every event, and its copy in the other region where a global endpoint copies events, is replayed once; its own region's census takes ${1 + 2 * ASSUMPTIONS.censusBatchShare} requests to its queue, and one read, two where it was not recorded`,
    `${ASSUMPTIONS.hoursInMonth} hours a month; list prices without free tiers, discounts and taxes`,
    "not counted: what past months have stored (tables, backups, archive, logs, images), requests to KMS and ECR, custom and Lambda Insights metrics, transfer between zones and regions, alarms' messages, support",
  ];
}
