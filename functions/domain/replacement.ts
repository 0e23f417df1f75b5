import type { Reason } from "../contract.ts";
import { judge, type RecordedFact } from "./decide.ts";

/** A recorded row as a change of it shows it; what the outcome of its event is made from. */
export interface RowImage extends RecordedFact {
  readonly tradeId: string;
  readonly version: number;
  readonly sourceSystem: string;
  readonly eventId: string;
  readonly region: string;
  /** When the system accepted the event, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Canonical form of the event's detail. */
  readonly content: string;
}

/** The end of an event that had been recorded until another region's write took its row's place. */
export interface ReplacedOutcome {
  readonly event: string;
  /** Names the replacement, so that it is written down once however often it is seen. */
  readonly attempt: string;
  readonly outcome: "duplicate" | "rejected";
  readonly reasons: readonly Reason[];
}

/**
 * What became of the event of a row that another one replaced, undefined if the row is still that event's. Between
 * regions the last writer wins (DynamoDB Developer Guide, "Global tables: how it works"), so an event that was
 * recorded in time may lose its row; it then ends as it would have, had the other come first.
 */
export function replacedOutcome(former: RowImage, now: RecordedFact): ReplacedOutcome | undefined {
  const output = judge(now, former);
  if (output.outcome === "recorded") return undefined;
  return {
    event: former.event,
    attempt: `replaced-by#${now.event}`,
    outcome: output.outcome,
    reasons: output.outcome === "rejected" ? output.reasons : [],
  };
}
