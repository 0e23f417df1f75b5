/** `npm run chaos`: runs tapes through the real system while a seeded plan breaks it, and checks that nothing is lost. */
import { UsageError } from "../../ops/frame/usage.ts";
import { MortalSystem, type WorkflowType } from "./mortal-system.ts";
import { CHAOS_USAGE, type ChaosOptions, parseChaosOptions } from "./options.ts";
import { FunctionProcesses } from "./processes.ts";
import { jsonOf, linesOf, type SeedResult, summaryOf } from "./report.ts";
import { runChaos } from "./run.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** Every so many seeds the local cloud dies in the middle. */
const RESTART_EVERY = 3;

process.exit(await main());

async function main(): Promise<number> {
  try {
    const options = parseChaosOptions(process.argv.slice(2));
    if (options) return await runSeeds(options);
    console.log(CHAOS_USAGE);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    console.error(`npm run chaos: ${isUsage ? error.message : ((error as Error).stack ?? String(error))}`);
    return isUsage ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function runSeeds(options: ChaosOptions): Promise<number> {
  // Before the first system starts: it has to see its processes start.
  const processes = new FunctionProcesses();
  const results: SeedResult[] = [];
  const systems = new Map<WorkflowType, MortalSystem>();
  try {
    for (const seed of options.seeds) {
      const type = options.type ?? (seed % 2 === 0 ? "STANDARD" : "EXPRESS");
      const system = systems.get(type) ?? (await MortalSystem.start(type));
      systems.set(type, system);
      const { events, faults } = options;
      const restarts = seed % RESTART_EVERY === 0;
      const result = {
        seed,
        type,
        ...(await runChaos(system, processes, { seed, events, faults, restarts })),
      };
      results.push(result);
      if (options.json) console.log(JSON.stringify(jsonOf(result)));
      else for (const line of linesOf(result, options)) console.log(line);
      if (result.problems.length === 0) continue;
      // What is wrong with it would be found again after the next seed.
      systems.delete(type);
      await system.close();
    }
  } finally {
    for (const system of systems.values()) await system.close();
    processes.close();
  }
  const summary = summaryOf(results);
  console.log(options.json ? JSON.stringify(summary) : `${summary.passed} of ${summary.seeds} seeds passed`);
  return summary.failed.length === 0 ? 0 : EXIT_FAILED;
}
