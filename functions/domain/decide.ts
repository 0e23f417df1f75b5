import type { RecorderOutput } from "../contract.ts";
import type { TradeEvent } from "./event.ts";
import { reason } from "./reasons.ts";

/** What has to be known of a recorded row to judge an event for the same trade and version. */
export interface RecordedFact {
  /** Key of the event that the row was recorded from. */
  readonly event: string;
  readonly contentHash: string;
}

/**
 * Judges an event for a trade version that already has a row: the same event was only retried, the same content
 * from another event is a duplicate, and other content is a conflict, which is rejected. Rows are never replaced.
 */
export function decide(existing: RecordedFact, event: TradeEvent): RecorderOutput {
  if (existing.event === event.key) return { outcome: "recorded" };
  if (existing.contentHash === event.contentHash) return { outcome: "duplicate" };
  const { tradeId, version } = event.trade;
  const conflict = reason(
    "version.conflict",
    "version",
    `${tradeId} version ${version}`,
    `the content of event ${existing.event}, which recorded this trade and version, or a higher version`,
  );
  return { outcome: "rejected", reasons: [conflict], reasonCount: 1 };
}
