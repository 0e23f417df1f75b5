import { setTimeout } from "node:timers/promises";
import type { Outcome } from "../../functions/domain/outcome.ts";
import type { Evidence } from "./decision.ts";
import type { ExecutionState } from "./starter.ts";

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

export interface WaitPorts {
  readonly evidence: () => Promise<Evidence>;
  readonly state: () => Promise<ExecutionState>;
  /** Longest wait in milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * Waits for what became of an execution, as the tables have it: a row of the event, or the outcome of this execution.
 * What is neither recorded nor a duplicate has a message of its own, which is sent after the outcome is written: of a
 * STANDARD execution its success is awaited too. A text says why there is no result. Throws when aborted.
 */
export async function waitForResult(
  executionArn: string,
  { evidence, state, limit, signal }: WaitPorts,
): Promise<{ readonly outcome: Outcome } | { readonly unknown: string }> {
  const deadline = performance.now() + limit;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    signal.throwIfAborted();
    let result = resultOf(executionArn, await evidence());
    if (result === "recorded" || result === "duplicate") return { outcome: result };
    const now = await state();
    // Whatever an ended execution has written is in the tables by now.
    if (now !== "running") result = resultOf(executionArn, await evidence());
    if (result === "recorded" || result === "duplicate") return { outcome: result };
    if (now === "failed") return { unknown: `its execution ended without success: ${executionArn}` };
    if (result !== undefined && now !== "running") return { outcome: result };
    if (now === "succeeded")
      return { unknown: `its execution succeeded, but the tables do not have it: ${executionArn}` };
    if (performance.now() >= deadline)
      return { unknown: `no result within ${Math.round(limit / 1_000)} s: ${executionArn}` };
    await setTimeout(Math.min(pause, Math.max(1, deadline - performance.now())), undefined, { signal });
  }
}

function resultOf(executionArn: string, { isRecorded, attempts }: Evidence): Outcome | undefined {
  return isRecorded ? "recorded" : attempts.find(({ attempt }) => attempt === executionArn)?.outcome;
}
