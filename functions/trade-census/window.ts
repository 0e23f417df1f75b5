import { type CensusInput, QUIET_SECONDS, SETTLED_SECONDS } from "../contract.ts";
import { isJsonObject } from "../domain/json.ts";
import { quoted } from "../domain/text.ts";
import { epochMilliseconds, parseTimestamp } from "../domain/timestamp.ts";

/** The longest window that one census looks at, in milliseconds: a day. */
const LONGEST_WINDOW = 86_400_000;

/** A window of times, from its start up to, but not including, its end, in milliseconds since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What is asked for: a window, and how long nothing may have come before a census ends, in seconds. */
export interface CensusOrder extends Window {
  readonly quietSeconds: number;
}

/**
 * What a census was asked for. The window is the one given, or the last whole one that the archive had settled when
 * the schedule was due, so that the windows of a schedule follow each other without a gap however late a run comes.
 * Gives what is wrong as text.
 */
export function censusOrder(payload: unknown, minutes: number, now: number): CensusOrder | string {
  const input = (isJsonObject(payload) ? payload : {}) as Partial<
    Record<keyof CensusInput | string, unknown>
  >;
  if (input.scheduledTime !== undefined) {
    const due = instant(input.scheduledTime);
    if (due === undefined)
      return `scheduledTime is ${quoted(input.scheduledTime)}; allowed: an ISO 8601 time`;
    const to = floorTo(due - SETTLED_SECONDS * 1000, minutes * 60_000);
    return { from: to - minutes * 60_000, to, quietSeconds: QUIET_SECONDS };
  }
  const [from, to] = [instant(input.from), instant(input.to)];
  if (from === undefined) return `from is ${quoted(input.from)}; allowed: an ISO 8601 time in whole seconds`;
  if (to === undefined) return `to is ${quoted(input.to)}; allowed: an ISO 8601 time in whole seconds`;
  if (to <= from || to - from > LONGEST_WINDOW)
    return `to is ${quoted(input.to)}; allowed: later than from by at most a day`;
  const settled = input.settledSeconds ?? SETTLED_SECONDS;
  if (typeof settled !== "number" || !(settled >= 0))
    return `settledSeconds is ${quoted(settled)}; allowed: a number of seconds from 0`;
  const newest = now - settled * 1000;
  if (to > newest)
    return `to is ${quoted(input.to)}; allowed: up to ${new Date(newest).toISOString()}, since what is newer may not be in the archive yet`;
  const quietSeconds = input.quietSeconds ?? QUIET_SECONDS;
  if (typeof quietSeconds !== "number" || !(quietSeconds >= 0))
    return `quietSeconds is ${quoted(quietSeconds)}; allowed: a number of seconds from 0`;
  return { from, to, quietSeconds };
}

function instant(value: unknown): number | undefined {
  const parsed = typeof value === "string" ? parseTimestamp(value) : undefined;
  const milliseconds = parsed === undefined ? undefined : epochMilliseconds(parsed);
  // Replays take whole seconds.
  return milliseconds === undefined || milliseconds % 1000 !== 0 ? undefined : milliseconds;
}

function floorTo(milliseconds: number, step: number): number {
  return Math.floor(milliseconds / step) * step;
}
