import { HEARTBEAT_SOURCE, TRADE_DETAIL_TYPE } from "../../functions/contract.ts";

/** An EventBridge event pattern. */
export type EventPattern = Readonly<Record<string, unknown>>;

/**
 * Trades of one source. A copy that the global endpoint replicated keeps the region where it was put and is left
 * to that region's rule; a replayed event is taken wherever its replay runs.
 */
export function sourcePattern(source: string, region: string): EventPattern {
  return {
    source: [source],
    "detail-type": [TRADE_DETAIL_TYPE],
    $or: [{ region: [region] }, { "replay-name": [{ exists: true }] }],
  };
}

/** Events put in this region that no source rule takes. A replay does not queue them again. */
export function unmatchedPattern(sources: readonly string[], region: string): EventPattern {
  return {
    region: [region],
    "replay-name": [{ exists: false }],
    $or: [
      { source: [{ "anything-but": [...sources, HEARTBEAT_SOURCE] }] },
      { "detail-type": [{ "anything-but": [TRADE_DETAIL_TYPE] }] },
    ],
  };
}

/**
 * Trades of every source that were put in the region, as a census replays them. Copies of the other region's are left out:
 * their ids can be others, so that nothing would be found of them, and that region's census looks for the events themselves
 * (EventBridge User Guide, "Making applications Regional-fault tolerant with global endpoints", "Best practices").
 */
export function censusPattern(sources: readonly string[], region: string): EventPattern {
  return {
    source: sources,
    "detail-type": [TRADE_DETAIL_TYPE],
    region: [region],
    "replay-name": [{ prefix: "census-" }],
  };
}

/** The region's own heartbeats. */
export function heartbeatPattern(region: string): EventPattern {
  return {
    source: [HEARTBEAT_SOURCE],
    "detail-type": [TRADE_DETAIL_TYPE],
    region: [region],
    "replay-name": [{ exists: false }],
  };
}

/** What an archive keeps: everything but heartbeats, which are of no use later. */
export function archivedPattern(): EventPattern {
  return { source: [{ "anything-but": [HEARTBEAT_SOURCE] }] };
}

/** Executions of a STANDARD state machine that ended without success. */
export function unfinishedExecutionPattern(stateMachineArn: string): EventPattern {
  return {
    source: ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    detail: { stateMachineArn: [stateMachineArn], status: ["FAILED", "TIMED_OUT", "ABORTED"] },
  };
}

/** Trades on the default bus, to be handed on to the trades bus. */
export function forwardingPattern(sources: readonly string[]): EventPattern {
  return { source: sources, "detail-type": [TRADE_DETAIL_TYPE] };
}
