import { CENSUS } from "../../ops/census/command.ts";
import { RECONCILE } from "../../ops/reconcile/command.ts";
import { REDRIVE } from "../../ops/redrive/command.ts";
import type { Simulation } from "../simulation/simulation.ts";
import { figure, Operator } from "./operator.ts";
import type { Timeline } from "./timeline.ts";
import type { Watch } from "./watch.ts";

/** What an operator had to do after a failure, and what was left. */
export interface Recovery {
  /** Dead letters that were sent through again. */
  readonly redriven: number;
  /** Events of which the census found nothing written. */
  readonly unaccounted: number;
  /** Differences between the regions that reconcile found. */
  readonly differences: number;
  /** What the commands could not do. */
  readonly problems: readonly string[];
}

/** As an operator who knows that the cause is gone. What a rule of the contract rejects is not sent again. */
const REDRIVE_OPTIONS = { rate: "1000", attempts: "99", "stop-at-failure-rate": "1" };
const DEAD_LETTERS = "validator,recorder,rule,unfinished";
const UNACCOUNTED = "unaccounted";
/**
 * A message without its event is left until the event was sent through again by another one, and done with the next
 * time.
 */
const MOST_ROUNDS = 3;

/**
 * Recovers with the operator's commands: `redrive` sends dead letters through again, `census` names events without an
 * outcome, which `redrive` then takes from their queue, and `reconcile --mend` makes both regions' tables the same.
 * `from` is when the first event was sent, in milliseconds since the epoch.
 */
export async function recover(
  simulation: Simulation,
  from: number,
  watch: Watch,
  timeline: Timeline,
): Promise<Recovery> {
  const operator = new Operator(simulation);
  const problems: string[] = [];
  const redrive = async (queue: string) => {
    let redriven = 0;
    for (let round = 1; ; round += 1) {
      const result = await operator.run(REDRIVE, { ...REDRIVE_OPTIONS, queue });
      redriven += figure(result, "started");
      if (result.complete) return redriven;
      if (round === MOST_ROUNDS) {
        problems.push(`redrive of ${queue}: ${result.lines.join("; ")}`);
        return redriven;
      }
    }
  };
  const window = () => ({
    from: iso(Math.floor(from / 1_000)),
    to: iso(Math.ceil(simulation.clock.now() / 1_000)),
  });
  const census = async () => {
    const of = window();
    await watch.pass(1_000);
    return operator.run(CENSUS, { ...of, "settled-after": "0" });
  };
  try {
    const redriven = await redrive(DEAD_LETTERS);
    timeline.add(`redriven ${redriven}`);
    const first = await census();
    const unaccounted = namedBy(first.json);
    if (unaccounted > 0) {
      timeline.add(`census: ${unaccounted} without an outcome, redriven ${await redrive(UNACCOUNTED)}`);
      const second = await census();
      if (!second.complete) problems.push(`census: ${second.lines.join("; ")}`);
    } else timeline.add("census: every event has an outcome");
    watch.isMending = true;
    await simulation.drain();
    const mended = await operator.run(RECONCILE, { mend: "true", yes: "true", ...window() });
    const differences = figure(mended, "figures", "differences");
    timeline.add(`reconciled ${differences} differences`);
    if (!mended.complete) problems.push(`reconcile: ${mended.lines.join("; ")}`);
    await simulation.drain();
    return { redriven, unaccounted, differences, problems };
  } finally {
    watch.isMending = false;
    operator.close();
  }
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

/** Events that a census named, over all regions. */
function namedBy(json: unknown): number {
  const { regions = [] } = json as { regions?: { unaccounted: number }[] };
  return regions.reduce((sum, { unaccounted }) => sum + unaccounted, 0);
}
