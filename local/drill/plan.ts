import type { Random } from "../tape/random.ts";
import type { Kind } from "./kinds.ts";

/** One period of failure, and what comes after it. */
export interface Phase {
  /** How long the failure lasts; undefined: until trades go to the other region, and `after` longer. */
  readonly lasts: number | undefined;
  readonly after: number;
  /** Pause before the next failure. */
  readonly pause: number;
}

/** The course of a drill; times in milliseconds. */
export interface Plan {
  /** Load before the failure. */
  readonly healthy: number;
  readonly phases: readonly Phase[];
  /** Bounds of the pause between two trades of the steady load; none in an idle market. */
  readonly pace: readonly [number, number] | undefined;
  /** Trades of a burst. */
  readonly burst: number;
  /** What a write takes to the other region. */
  readonly lag: number;
  /** PutEvents requests whose answers are lost just before the failure, though the events are accepted. */
  readonly lostAnswers: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** What happens in the drill of a kind, from its own chance. */
export function planOf(kind: Kind, random: Random): Plan {
  const between = (from: number, to: number) => random.between(from * SECOND, to * SECOND);
  const common = {
    healthy: between(40, 100),
    pace: [15 * SECOND, 60 * SECOND] as const,
    burst: random.between(2, 5),
    lag: random.between(50, 2_000),
    lostAnswers: random.between(0, 2),
  };
  if (kind === "idle")
    return {
      ...common,
      ...{ pace: undefined, burst: 0, lostAnswers: 0 },
      phases: [{ lasts: 60 * MINUTE, after: 0, pause: 0 }],
    };
  if (kind === "replication")
    return { ...common, lostAnswers: 0, phases: [{ lasts: between(120, 300), after: 0, pause: 0 }] };
  if (kind === "flapping") {
    // Around the minutes that it takes to see a failure, and less.
    const phases = Array.from({ length: 3 }, () => ({
      ...{ lasts: between(15, 240), after: 0, pause: between(20, 120) },
    }));
    return { ...common, phases };
  }
  return { ...common, phases: [{ lasts: undefined, after: between(45, 120), pause: 0 }] };
}
