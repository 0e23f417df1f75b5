/** `npm run chaos`: runs tapes through the real system while a seeded plan breaks it, and checks that nothing is lost. */
import { EXIT_FAILED, EXIT_INTERRUPTED, runProgram } from "../../ops/frame/program.ts";
import { Terminal } from "../../ops/frame/terminal.ts";
import { MortalSystem, type WorkflowType } from "./mortal-system.ts";
import { CHAOS_USAGE, type ChaosOptions, parseChaosOptions } from "./options.ts";
import { FunctionProcesses } from "./processes.ts";
import { jsonOf, linesOf, type SeedResult, summaryOf } from "./report.ts";
import { runChaos } from "./run.ts";

/** Every so many seeds the local cloud dies in the middle. */
const RESTART_EVERY = 3;

await runProgram({ name: "npm run chaos", usage: CHAOS_USAGE, parse: parseChaosOptions, run: runSeeds });

async function runSeeds(options: ChaosOptions, signal: AbortSignal): Promise<number> {
  const terminal = new Terminal(process.stderr);
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
      const plan = { seed, events, faults, restarts: seed % RESTART_EVERY === 0 };
      const onProgress = (text: () => string) => terminal.progress(() => `  seed ${seed}: ${text()}`);
      const result = { seed, type, ...(await runChaos(system, processes, plan, { signal, onProgress })) };
      results.push(result);
      terminal.clear();
      if (options.json) console.log(JSON.stringify(jsonOf(result)));
      else for (const line of linesOf(result, options)) console.log(line);
      if (result.problems.length === 0) continue;
      // What is wrong with it would be found again after the next seed.
      systems.delete(type);
      await system.close();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    terminal.line("Interrupted");
    return EXIT_INTERRUPTED;
  } finally {
    for (const system of systems.values()) await system.close();
    processes.close();
  }
  const summary = summaryOf(results);
  console.log(options.json ? JSON.stringify(summary) : `${summary.passed} of ${summary.seeds} seeds passed`);
  return summary.failed.length === 0 ? 0 : EXIT_FAILED;
}
