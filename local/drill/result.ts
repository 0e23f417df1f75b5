import type { Check } from "./checks.ts";
import type { Kind } from "./kinds.ts";

/** Figures of a drill; undefined where it did not come so far. Times in seconds of simulated time. */
export interface Figures {
  readonly events: number;
  /** From the begin of the failure to the health check being unhealthy. */
  readonly detectionSeconds: number | undefined;
  /** To the endpoint leading to the other region. */
  readonly failoverSeconds: number | undefined;
  /** From the end of the failure to the endpoint leading back. */
  readonly returnSeconds: number | undefined;
  /** Writes that had not reached the other region when the failure began. */
  readonly recoveryPointWrites: number;
  /** Most writes that waited for replication at a time. */
  readonly largestBacklog: number;
  readonly redriven: number;
  readonly unaccounted: number;
  readonly differences: number;
}

export interface DrillResult {
  readonly kind: Kind;
  readonly seed: number;
  readonly holds: boolean;
  readonly timeline: readonly string[];
  readonly checks: readonly Check[];
  readonly figures: Figures;
}

const NO_FIGURES: Figures = {
  ...{ events: 0, detectionSeconds: undefined, failoverSeconds: undefined, returnSeconds: undefined },
  ...{ recoveryPointWrites: 0, largestBacklog: 0, redriven: 0, unaccounted: 0, differences: 0 },
};

/** A drill that could not be brought to its end. */
export function failedDrill(
  { kind, seed }: Pick<DrillResult, "kind" | "seed">,
  timeline: readonly string[],
  error: unknown,
): DrillResult {
  const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const check = { name: "the drill came to its end", holds: false, problems: [problem] };
  return { kind, seed, holds: false, timeline, checks: [check], figures: NO_FIGURES };
}
