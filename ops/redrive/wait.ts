import { setTimeout } from "node:timers/promises";
import type { Outcome } from "../../functions/domain/outcome.ts";
import type { Evidence } from "./decision.ts";
import type { Ended, ExecutionState } from "./starter.ts";

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;
/**
 * Time waited, in milliseconds, after which an execution without any result is asked for its state: an account has few
 * calls of DescribeExecution a second (Step Functions Developer Guide, "Service quotas", "Quotas related to API action
 * throttling").
 */
const ASKED_AFTER = 5_000;

export interface WaitPorts {
  readonly evidence: () => Promise<Evidence>;
  readonly state: () => Promise<ExecutionState>;
  /** Longest wait in milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** What became of an execution; a text says why there is no result. */
export type Result = { readonly outcome: Outcome } | { readonly unknown: string };

/**
 * Waits for what became of an execution, as the tables have it: a row of the event, or the outcome of this execution.
 * What is neither recorded nor a duplicate has a message of its own, which is sent after the outcome is written: the
 * execution's success is awaited too. Throws when aborted.
 */
export async function waitForResult(
  executionArn: string,
  { evidence, state, limit, signal }: WaitPorts,
): Promise<Result> {
  const deadline = performance.now() + limit;
  let waited = 0;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    signal.throwIfAborted();
    const result = resultOf(executionArn, await evidence());
    if (isSafe(result)) return { outcome: result };
    const isLate = performance.now() >= deadline;
    if (result !== undefined || waited >= ASKED_AFTER || isLate) {
      waited = 0;
      const now = await state();
      // Whatever an ended execution has written is in the tables by now.
      if (now !== "running") return resultOfEnded(executionArn, now, await evidence());
    }
    if (isLate) return { unknown: `no result within ${Math.round(limit / 1_000)} s: ${executionArn}` };
    const length = Math.min(pause, Math.max(1, deadline - performance.now()));
    await setTimeout(length, undefined, { signal });
    waited += length;
  }
}

/** What became of an execution that has ended. */
export function resultOfEnded(executionArn: string, ended: Ended, evidence: Evidence): Result {
  const result = resultOf(executionArn, evidence);
  if (isSafe(result)) return { outcome: result };
  if (ended === "failed") return { unknown: `its execution ended without success: ${executionArn}` };
  if (result === undefined)
    return { unknown: `its execution succeeded, but the tables do not have it: ${executionArn}` };
  return { outcome: result };
}

/** What the tables say of an execution, which may still have its message to send. */
export function resultOf(executionArn: string, { isRecorded, attempts }: Evidence): Outcome | undefined {
  return isRecorded ? "recorded" : attempts.find(({ attempt }) => attempt === executionArn)?.outcome;
}

/** Whether there is no message to be sent after it. */
function isSafe(result: Outcome | undefined): result is "recorded" | "duplicate" {
  return result === "recorded" || result === "duplicate";
}
