import { matches, type WorkflowError } from "./errors.ts";
import type { Steps } from "./paths.ts";

export interface Retrier {
  readonly errors: readonly string[];
  readonly intervalSeconds: number;
  readonly backoffRate: number;
  readonly maximumAttempts: number;
  readonly maximumDelaySeconds: number;
  readonly hasFullJitter: boolean;
}

export interface Catcher {
  readonly errors: readonly string[];
  readonly next: string;
  /** Where the error output goes in the state's input; null drops it. */
  readonly resultPath: Steps | null;
}

/**
 * Says how long to wait before a failed state is tried again, in milliseconds; undefined if it is not tried again.
 * The first retrier that names the error decides, each counts its own attempts, and full jitter is anywhere between
 * nothing and the whole delay (Step Functions, "Retrying after an error").
 */
export function retriesOf(
  retriers: readonly Retrier[],
  random: () => number,
): (error: WorkflowError) => number | undefined {
  const attempts = new Map<Retrier, number>();
  return (error) => {
    const retrier = retriers.find(({ errors }) => matches(errors, error));
    if (!retrier) return undefined;
    const made = attempts.get(retrier) ?? 0;
    if (made >= retrier.maximumAttempts) return undefined;
    attempts.set(retrier, made + 1);
    const seconds = Math.min(
      retrier.intervalSeconds * retrier.backoffRate ** made,
      retrier.maximumDelaySeconds,
    );
    return Math.round(seconds * 1_000 * (retrier.hasFullJitter ? random() : 1));
  };
}
