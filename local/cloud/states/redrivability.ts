import { MAXIMUM_EVENTS } from "./history.ts";
import type { Execution } from "./records.ts";

const DAY = 86_400_000;
const REDRIVABLE_DAYS = 14;

/**
 * Whether a STANDARD execution can be redriven, and if not, why (Step Functions, "Redriving executions"): one that did
 * not succeed, within 14 days, with room for further events.
 */
export function redrivability(
  { status, stopped = 0, eventCount }: Execution,
  now: number,
): { redriveStatus: string; redriveStatusReason?: string } {
  const reason =
    status === "RUNNING" || status === "SUCCEEDED"
      ? `Execution is ${status} and cannot be redriven`
      : now - stopped > REDRIVABLE_DAYS * DAY
        ? `Execution is older than ${REDRIVABLE_DAYS} days and cannot be redriven`
        : eventCount >= MAXIMUM_EVENTS - 1
          ? "Execution history event limit exceeded"
          : undefined;
  if (reason === undefined) return { redriveStatus: "REDRIVABLE" };
  return { redriveStatus: "NOT_REDRIVABLE", redriveStatusReason: reason };
}
