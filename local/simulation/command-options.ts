import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../../ops/frame/usage.ts";

export interface SimulateOptions {
  /** How many seeds to run, one after the other. */
  seeds: number;
  /** The first of them. */
  seed: number;
  stack: string;
  /** Print the result as one JSON object; everything else goes to stderr. */
  json: boolean;
}

const MAXIMUM_SEED = 4_294_967_295;
const MAXIMUM_SEEDS = 1_000_000;
const DEFAULT_SEEDS = 20;

export const SIMULATE_USAGE = `npm run simulate -- [options]
  --seeds N     how many seeds to run (default ${DEFAULT_SEEDS})
  --seed S      the first seed, the others follow it (default 1)
  --stack NAME  stack to deploy: dev or prod (default dev)
  --json        print the result as one JSON object on stdout; everything else goes to stderr
  --help        show this
Runs the whole system in both regions under faults, in simulated time: the same seed is the same run on any machine.
Exit code 0 only if the ledger of every run balances and both regions hold the same.`;

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming the option. */
export function parseSimulateOptions(argv: readonly string[]): SimulateOptions | undefined {
  const { seeds, seed, stack, json, help } = parse(argv);
  if (help) return undefined;
  const options = {
    seeds: wholeNumber("seeds", seeds, MAXIMUM_SEEDS),
    seed: wholeNumber("seed", seed, MAXIMUM_SEED),
    ...{ stack, json },
  };
  if (options.seeds === 0) throw new UsageError(`--seeds: "${seeds}" must be at least 1`);
  if (options.seed + options.seeds - 1 > MAXIMUM_SEED)
    throw new UsageError(
      `--seed: "${seed}" and --seeds: "${seeds}" go beyond the last seed, ${MAXIMUM_SEED}`,
    );
  return options;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        seeds: { type: "string", default: String(DEFAULT_SEEDS) },
        seed: { type: "string", default: "1" },
        stack: { type: "string", default: "dev" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${SIMULATE_USAGE}`);
  }
}
