/** `npm run ops -- failover drill --local`: drills of failover in simulated time. */
import { write } from "../../ops/frame/output.ts";
import { EXIT_FAILED, EXIT_INTERRUPTED, runProgram } from "../../ops/frame/program.ts";
import { bar, Terminal } from "../../ops/frame/terminal.ts";
import { DRILL_USAGE, type DrillOptions, jobsOf, parseDrillOptions } from "./command-options.ts";
import { runDrills } from "./drills.ts";
import type { DrillResult } from "./result.ts";
import { showDrill, summary } from "./show.ts";

await runProgram({ name: "failover drill", usage: DRILL_USAGE, parse: parseDrillOptions, run: drill });

async function drill(options: DrillOptions, signal: AbortSignal): Promise<number> {
  const terminal = new Terminal(options.json ? process.stderr : process.stdout);
  const jobs = jobsOf(options);
  // Many are only counted, but for those that failed.
  const isEachShown = options.seeds === 1;
  const began = performance.now();
  terminal.line(`Drills: ${options.kinds.join(", ")}; ${seedsOf(options)}`);
  const show = (result: DrillResult, done: number) => {
    if (isEachShown || !result.holds) showDrill(terminal, result);
    terminal.live(() => `  ${bar(done / jobs.length)} ${done} of ${jobs.length}`);
  };
  const results = await runDrills(jobs, { signal, onDrill: show });
  const seconds = Math.round((performance.now() - began) / 1_000);
  const failed = results.filter(({ holds }) => !holds).length;
  terminal.heading(`Drills: ${results.length} in ${seconds} s, ${failed} failed`);
  for (const line of summary(results)) terminal.line(`  ${line}`);
  if (options.json) for (const result of results) await write(process.stdout, `${JSON.stringify(result)}\n`);
  if (signal.aborted) return EXIT_INTERRUPTED;
  return failed === 0 ? 0 : EXIT_FAILED;
}

function seedsOf({ seed, seeds }: DrillOptions): string {
  return seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`;
}
