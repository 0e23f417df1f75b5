import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../../ops/frame/usage.ts";
import type { WorkflowType } from "./mortal-system.ts";

export interface ChaosOptions {
  /** Every seed that is run. */
  seeds: readonly number[];
  events: number;
  /** Share of calls that are disturbed. */
  faults: number;
  /** Each seed's own if left out: even ones run STANDARD, odd ones EXPRESS. */
  type?: WorkflowType;
  json: boolean;
}

const DEFAULTS = { seeds: "1", seed: "1", events: "80", faults: "0.05" };
const MAXIMUM_SEED = 4_294_967_295;
const MAXIMUM_EVENTS = 10_000_000;
const FEWEST_EVENTS = 50;
const TYPES: readonly WorkflowType[] = ["STANDARD", "EXPRESS"];

export const CHAOS_USAGE = `npm run chaos -- [options]
  --seeds N        number of runs, each with the next seed (default ${DEFAULTS.seeds})
  --seed S         first seed (default ${DEFAULTS.seed})
  --events N       events of a run, at least ${FEWEST_EVENTS} (default ${DEFAULTS.events})
  --faults SHARE   share of calls that fail, from 0 to 0.5 (default ${DEFAULTS.faults})
  --type TYPE      STANDARD or EXPRESS; left out: even seeds STANDARD, odd ones EXPRESS
  --json           print a JSON object a run on stdout, and one of all at the end
  --help           show this`;

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming the option. */
export function parseChaosOptions(argv: readonly string[]): ChaosOptions | undefined {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        seeds: { type: "string", default: DEFAULTS.seeds },
        seed: { type: "string", default: DEFAULTS.seed },
        events: { type: "string", default: DEFAULTS.events },
        faults: { type: "string", default: DEFAULTS.faults },
        type: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${CHAOS_USAGE}`);
  }
  if (values.help) return undefined;
  const first = wholeNumber("seed", String(values.seed), MAXIMUM_SEED);
  const count = wholeNumber("seeds", String(values.seeds), 1_000_000);
  if (count < 1) throw new UsageError(`--seeds: "${count}" must be at least 1`);
  const events = wholeNumber("events", String(values.events), MAXIMUM_EVENTS);
  if (events < FEWEST_EVENTS) throw new UsageError(`--events: "${events}" must be at least ${FEWEST_EVENTS}`);
  return {
    seeds: Array.from({ length: count }, (_, index) => first + index),
    events,
    faults: share(String(values.faults)),
    ...(values.type === undefined ? {} : { type: workflowType(String(values.type)) }),
    json: values.json === true,
  };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 0.5))
    throw new UsageError(`--faults: "${text}" must be a number from 0 to 0.5`);
  return value;
}

function workflowType(text: string): WorkflowType {
  const type = TYPES.find((each) => each === text);
  if (!type) throw new UsageError(`--type: "${text}" must be ${TYPES.join(" or ")}`);
  return type;
}
