import type { Decision } from "../contract.ts";
import type { TradeEvent } from "./event.ts";
import { reason } from "./reasons.ts";
import type { Trade } from "./trade.ts";

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
export function decide(existing: RecordedFact, event: TradeEvent): Decision {
  const { key, contentHash, trade } = event;
  return judge(existing, { event: key, contentHash, tradeId: trade.tradeId, version: trade.version });
}

/** The same, of an event of which only so much is known. */
export function judge(
  existing: RecordedFact,
  { event, contentHash, tradeId, version }: RecordedFact & Pick<Trade, "tradeId" | "version">,
): Decision {
  if (existing.event === event) return { outcome: "recorded" };
  if (existing.contentHash === contentHash) return { outcome: "duplicate" };
  const conflict = reason(
    "version.conflict",
    "version",
    `${tradeId} version ${version}`,
    `the content of event ${existing.event}, which recorded this trade and version, or a higher version`,
  );
  return { outcome: "rejected", reasons: [conflict], reasonCount: 1 };
}
