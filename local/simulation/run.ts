import { createHash } from "node:crypto";
import type { Ledger } from "../../ops/ledger/ledger.ts";
import type { Simulation } from "./simulation.ts";
import { perform } from "./steps.ts";
import type { Tables } from "./tables.ts";
import { workload } from "./workload.ts";

/** What became of the run of one seed. */
export interface SeedResult {
  readonly seed: number;
  /** What does not hold that should; the run is good if there is nothing. */
  readonly problems: readonly string[];
  readonly ledger: Ledger;
  /** Over the whole trace and what is in the tables: equal if, and only if, everything happened alike. */
  readonly hash: string;
  readonly trace: readonly string[];
}

/** Runs the workload of a seed, lets everything come to rest without further faults, and looks at what there is. */
export async function runSeed(simulation: Simulation, seed: number): Promise<SeedResult> {
  await simulation.begin(seed);
  await perform(simulation, workload({ seed, suffix: simulation.suffix }));
  simulation.faults.clear();
  await simulation.drain();
  const ledger = await simulation.ledger();
  const tables = await simulation.tables();
  const outcomes = [...(await simulation.outcomes())].sort();
  for (const [event, outcome] of outcomes) simulation.trace.add(`${event} ${outcome}`);
  const { lines } = simulation.trace;
  const problems = [
    ...(ledger.balanced ? [] : ["the ledger does not balance"]),
    ...differences(tables, simulation.regions),
  ];
  const hash = createHash("sha256").update(simulation.trace.hash()).update(contents(tables)).digest("hex");
  return { seed, problems, ledger, hash, trace: [...lines] };
}

/** Where the two regions' tables are not the same. */
export function differences(tables: Tables, [one, other]: readonly [string, string]): string[] {
  return Object.entries(tables).flatMap(([table, regions]) => {
    const [here, there] = [JSON.stringify(regions[one]), JSON.stringify(regions[other])];
    return here === there ? [] : [`${table}: ${one} and ${other} differ`];
  });
}

/** What rows say, without the times, which are another run's. */
function contents({ trades, outcomes }: Tables): string {
  const named = (names: readonly string[]) => (row: Readonly<Record<string, unknown>>) =>
    names.map((name) => row[name]);
  const rows = Object.values(trades)
    .flat()
    .map(named(["tradeId", "version", "event", "content", "enrichment"]));
  const others = Object.values(outcomes)
    .flat()
    .map(named(["event", "attempt", "outcome", "stage", "reasons"]));
  return JSON.stringify([rows, others]);
}
