/** `npm run ops -- failover drill --local`: drills of failover in simulated time. */
import { watchOutput, write } from "../../ops/frame/output.ts";
import { bar, Terminal } from "../../ops/frame/terminal.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { DRILL_USAGE, type DrillOptions, jobsOf, parseDrillOptions } from "./command-options.ts";
import { runDrills } from "./drills.ts";
import type { DrillResult } from "./result.ts";
import { showDrill, summary } from "./show.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** As shells report an end by SIGINT. */
const EXIT_INTERRUPTED = 130;

const interrupt = new AbortController();
const output = watchOutput(() => interrupt.abort());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort());
const code = await main();
await output.flush();
process.exit(output.isLost ? EXIT_FAILED : code);

async function main(): Promise<number> {
  try {
    const options = parseDrillOptions(process.argv.slice(2));
    if (options) return await drill(options);
    console.log(DRILL_USAGE);
    return 0;
  } catch (error) {
    console.error(`failover drill: ${(error as Error).message}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function drill(options: DrillOptions): Promise<number> {
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
  const results = await runDrills(jobs, { signal: interrupt.signal, onDrill: show });
  const seconds = Math.round((performance.now() - began) / 1_000);
  const failed = results.filter(({ holds }) => !holds).length;
  terminal.heading(`Drills: ${results.length} in ${seconds} s, ${failed} failed`);
  for (const line of summary(results)) terminal.line(`  ${line}`);
  if (options.json) for (const result of results) await write(process.stdout, `${JSON.stringify(result)}\n`);
  if (interrupt.signal.aborted) return EXIT_INTERRUPTED;
  return failed === 0 ? 0 : EXIT_FAILED;
}

function seedsOf({ seed, seeds }: DrillOptions): string {
  return seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`;
}
