/** A process that carries out drills, one after the other, as its parent asks for them. */
import { PROJECT_DIRECTORY } from "../deploy.ts";
import { type Simulation, startSimulation } from "../simulation/simulation.ts";
import type { Job } from "./command-options.ts";
import { runDrill } from "./drill.ts";
import { type DrillResult, failedDrill } from "./result.ts";

/** After so many drills a new system is deployed: the tables of an old one take time to read. */
const DRILLS_OF_A_SYSTEM = 50;

// Refusals are part of a drill, thousands of them, and nobody looks at where they were made.
Error.stackTraceLimit = 0;
process.chdir(PROJECT_DIRECTORY);

let simulation: Simulation | undefined;
let drills = 0;

process.on("message", (job: Job) => {
  void carryOut(job).then((result) => process.send?.(result));
});
process.once("disconnect", () => process.exit());

async function carryOut(job: Job): Promise<DrillResult> {
  try {
    if (drills >= DRILLS_OF_A_SYSTEM) await end();
    simulation ??= await startSimulation();
    drills += 1;
    const result = await runDrill(simulation, job.kind, job.seed);
    // What did not come to rest would go on in the next one.
    if (!result.holds) await end();
    return result;
  } catch (error) {
    await end().catch(() => {});
    return failedDrill(job, [], error);
  }
}

async function end(): Promise<void> {
  const former = simulation;
  simulation = undefined;
  drills = 0;
  await former?.close();
}
