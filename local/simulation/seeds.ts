import { createHash } from "node:crypto";
import type { SimulateOptions } from "./command-options.ts";
import { runSeed, type SeedResult } from "./run.ts";
import { type Simulation, startSimulation } from "./simulation.ts";

export interface Failure {
  readonly seed: number;
  readonly problems: readonly string[];
  /** The last lines of the trace. */
  readonly traceTail: readonly string[];
}

/** What became of all runs together. */
export interface SeedsReport {
  stack: string;
  /** The first seed. */
  seed: number;
  runs: number;
  events: number;
  unmatched: number;
  recorded: number;
  duplicate: number;
  rejected: number;
  deadLettered: number;
  failures: Failure[];
  /** SHA-256 over the runs' hashes: the same seeds of the same program have the same on any machine. */
  hash: string;
  seconds: number;
}

export interface SeedsEvents {
  signal: AbortSignal;
  /** Told of the number of runs so far. */
  onSeed(done: number): void;
  onFailure(failure: Failure): void;
}

/** After so many runs a new system is deployed: the tables of an old one take time to read. */
const RUNS_OF_A_SYSTEM = 50;
const TAIL_LINES = 40;

/** Runs the seeds one after the other. A run that cannot be brought to an end is a failure, too. */
export async function runSeeds(
  { seed: first, seeds, stack }: SimulateOptions,
  { signal, onSeed, onFailure }: SeedsEvents,
): Promise<SeedsReport> {
  const began = performance.now();
  const report: SeedsReport = {
    ...{ stack, seed: first, runs: 0, events: 0, unmatched: 0, recorded: 0, duplicate: 0, rejected: 0 },
    ...{ deadLettered: 0, failures: [], hash: "", seconds: 0 },
  };
  const hash = createHash("sha256");
  let simulation: Simulation | undefined;
  const end = async () => {
    await simulation?.close();
    simulation = undefined;
  };
  try {
    for (let seed = first; seed < first + seeds && !signal.aborted; seed += 1) {
      if (report.runs % RUNS_OF_A_SYSTEM === 0) await end();
      simulation ??= await startSimulation({ stack });
      const result = await attempt(simulation, seed);
      report.runs += 1;
      if ("ledger" in result) addLedger(report, result);
      hash.update("hash" in result ? result.hash : "failed");
      if (result.problems.length > 0) {
        const failure = { seed, problems: result.problems, traceTail: result.trace.slice(-TAIL_LINES) };
        report.failures.push(failure);
        onFailure(failure);
      }
      // What could not be brought to an end would go on in the next run.
      if (!("ledger" in result)) await end();
      onSeed(report.runs);
    }
  } finally {
    await end();
  }
  report.hash = hash.digest("hex");
  report.seconds = Math.round((performance.now() - began) / 100) / 10;
  return report;
}

async function attempt(
  simulation: Simulation,
  seed: number,
): Promise<SeedResult | Pick<SeedResult, "problems" | "trace">> {
  try {
    return await runSeed(simulation, seed);
  } catch (error) {
    return { problems: [(error as Error).message], trace: simulation.trace.lines };
  }
}

function addLedger(report: SeedsReport, { ledger }: SeedResult): void {
  report.events += ledger.sent;
  for (const key of ["unmatched", "recorded", "duplicate", "rejected", "deadLettered"] as const)
    report[key] += ledger[key];
}
