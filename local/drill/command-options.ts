import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../../ops/frame/usage.ts";
import { KINDS, type Kind } from "./kinds.ts";

/** One drill to carry out. */
export interface Job {
  readonly kind: Kind;
  readonly seed: number;
}

export interface DrillOptions {
  readonly kinds: readonly Kind[];
  /** How many seeds of each kind, from the first on. */
  readonly seeds: number;
  readonly seed: number;
  /** Print one JSON object a drill on stdout; everything else goes to stderr. */
  readonly json: boolean;
}

/** Seven kinds of a seed have numbers of 32 bits of their own. */
const MAXIMUM_SEED = Math.floor(4_294_967_295 / KINDS.length) - 1;
const MAXIMUM_SEEDS = 100_000;

export const DRILL_USAGE = `node local/drill/command.ts [options], or npm run ops -- failover drill --local [options]
  --kind K      one kind of failure in the primary region: ${KINDS.join(", ")} (default: one after the other)
  --seeds N     how many seeds of each kind (default 1)
  --seed S      the first seed, the others follow it (default 1)
  --json        print one JSON object a drill on stdout; everything else goes to stderr
  --help        show this
Loses the primary region, or what it needs, under load in simulated time, waits for failover and return, recovers with the
operator's commands, and checks that nothing was lost or doubled. The same seed is the same drill on any machine.
Exit code 0 only if everything held in every drill.`;

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming the option. */
export function parseDrillOptions(argv: readonly string[]): DrillOptions | undefined {
  const { kind, seeds, seed, json, help } = parse(argv);
  if (help) return undefined;
  const kinds = kind === undefined ? KINDS : KINDS.filter((each) => each === kind);
  if (kinds.length === 0) throw new UsageError(`--kind: "${kind}" must be one of ${KINDS.join(", ")}`);
  const options = {
    ...{ kinds, json },
    seeds: wholeNumber("seeds", seeds, MAXIMUM_SEEDS),
    seed: wholeNumber("seed", seed, MAXIMUM_SEED),
  };
  if (options.seeds === 0) throw new UsageError(`--seeds: "${seeds}" must be at least 1`);
  if (options.seed + options.seeds - 1 > MAXIMUM_SEED)
    throw new UsageError(
      `--seed: "${seed}" and --seeds: "${seeds}" go beyond the last seed, ${MAXIMUM_SEED}`,
    );
  return options;
}

/** The drills that options ask for, seed by seed. */
export function jobsOf({ kinds, seeds, seed }: DrillOptions): Job[] {
  return Array.from({ length: seeds }, (_, index) => seed + index).flatMap((each) =>
    kinds.map((kind) => ({ kind, seed: each })),
  );
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        kind: { type: "string" },
        seeds: { type: "string", default: "1" },
        seed: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${DRILL_USAGE}`);
  }
}
