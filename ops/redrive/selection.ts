import type { DeadLetter } from "./dead-letter.ts";

/** Which messages are asked for; what is left out takes all. */
export interface Selection {
  /** A reason's code or an error's name. */
  readonly reason?: string | undefined;
  /** The events' source, such as `trading.system1`. */
  readonly source?: string | undefined;
  readonly tradeId?: string | undefined;
  /** Milliseconds since the epoch, included. */
  readonly from?: number | undefined;
  /** Milliseconds since the epoch, not included. */
  readonly to?: number | undefined;
}

/**
 * Whether a message is asked for. Times are when the system accepted the event (the start of its first execution), or
 * the event's own time where no execution is known. A message that does not say what is asked for is not taken.
 */
export function isSelected(letter: DeadLetter, { reason, source, tradeId, from, to }: Selection): boolean {
  const reasons = "reasons" in letter ? letter.reasons : [];
  if (reason !== undefined && !reasons.includes(reason)) return false;
  if (source !== undefined && !("source" in letter && letter.source === source)) return false;
  if (tradeId !== undefined && !("tradeId" in letter && letter.tradeId === tradeId)) return false;
  if (from === undefined && to === undefined) return true;
  const time = "time" in letter ? letter.time : undefined;
  return time !== undefined && time >= (from ?? time) && time < (to ?? Number.POSITIVE_INFINITY);
}
