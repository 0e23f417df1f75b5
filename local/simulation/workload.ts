import type { Fault } from "../cloud/faults.ts";
import { generateTape, type Mix } from "../tape/generator.ts";
import { type Random, seededRandom } from "../tape/random.ts";
import type { Entry } from "./producer.ts";
import { FAULTS, type RegionIndex, type Step } from "./steps.ts";

export interface WorkloadOptions {
  readonly seed: number;
  /** Suffix of the stack's names, which functions' names end in. */
  readonly suffix: string;
  /** Events of the tape; further ones come from resends. Default: 24. */
  readonly events?: number;
}

const EVENTS = 24;
/** Contents that conflict are none of it: which of two regions' wins is decided by the time of writing. */
const MIX: Mix = {
  ...{ corrections: 0.15, cancels: 0.1, duplicates: 0.1, conflicts: 0 },
  ...{ invalid: 0.08, unmatched: 0.04, notJson: 0 },
};
const LONGEST_WAIT_MILLISECONDS = 1_500;
const LONGEST_LAG_MILLISECONDS = 3_000;

/**
 * What happens in the run of a seed: the events of a small tape, each in either region, between them waits, resends,
 * redrives, faults and changes of lag and market data; at the end sometimes a replay.
 */
export function workload({ seed, suffix, events = EVENTS }: WorkloadOptions): Step[] {
  const random = seededRandom(seed);
  const region = (): RegionIndex => (random.next() < 0.7 ? 0 : 1);
  const steps: Step[] = [];
  const between = () => {
    const chance = random.next();
    const of = random.between(0, 1_000);
    if (chance < 0.25) steps.push({ do: "resend", of, region: region() });
    else if (chance < 0.35) steps.push({ do: "redrive", of });
    else if (chance < 0.6) steps.push({ do: "fault", fault: anyFault(random, suffix) });
    else if (chance < 0.65) steps.push({ do: "marketData", failures: random.pick([0, 0.2, 1]) });
    else if (chance < 0.75)
      steps.push({ do: "lag", region: region(), milliseconds: random.between(0, LONGEST_LAG_MILLISECONDS) });
    else steps.push({ do: "wait", milliseconds: random.between(1, LONGEST_WAIT_MILLISECONDS) });
  };
  for (const line of generateTape({ events, seed, mix: MIX })) {
    steps.push({ do: "send", region: region(), entry: entryOf(line) });
    between();
  }
  if (random.next() < 0.3) steps.push({ do: "replay", region: region() });
  return steps;
}

/** A fault of the list that strikes some times, after some calls. */
export function anyFault(random: Random, suffix: string): Fault {
  return faultOf(random.between(0, FAULTS.length - 1), random.between(1, 4), random.between(0, 5), suffix);
}

/** The fault of this number, for `times` calls after `skip` of them. */
export function faultOf(index: number, times: number, skip: number, suffix: string): Fault {
  const fault = FAULTS[index % FAULTS.length];
  if (!fault) throw new Error("there are no faults");
  const name = fault.function === undefined ? {} : { function: `${fault.function}-${suffix}` };
  return { ...fault, ...name, times, skip };
}

function entryOf(line: string): Entry {
  const { Source, DetailType, Detail } = JSON.parse(line) as {
    Source: string;
    DetailType: string;
    Detail: Record<string, unknown>;
  };
  return { source: Source, detailType: DetailType, detail: Detail };
}
