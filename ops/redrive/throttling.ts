import { setTimeout } from "node:timers/promises";

/** Pauses in milliseconds, and how often a call is made: for two minutes, beside what the SDK tries by itself. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 16_000;
const MOST_CALLS = 12;

/** Whether a service refused a call because there were too many (Step Functions API Reference, "Common Errors"). */
export function isThrottled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return error.name === "ThrottlingException" || $metadata?.httpStatusCode === 429;
}

/**
 * Makes a call again as long as it is throttled, which says nothing about what it asks for. Throws when aborted meanwhile,
 * whatever else the call throws, and the throttling itself if it does not end.
 */
export async function unthrottled<Answer>(call: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  for (let calls = 1, pause = FIRST_PAUSE; ; calls += 1, pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await call();
    } catch (error) {
      if (!isThrottled(error) || calls === MOST_CALLS) throw error;
    }
    await setTimeout(pause, undefined, { signal });
  }
}
