/** `npm run simulate`: runs seeds through the whole system in simulated time, and shows those that went wrong. */
import { printable } from "../../functions/domain/text.ts";
import { write } from "../../ops/frame/output.ts";
import { EXIT_FAILED, EXIT_INTERRUPTED, runProgram } from "../../ops/frame/program.ts";
import { bar, Terminal } from "../../ops/frame/terminal.ts";
import { PROJECT_DIRECTORY } from "../deploy.ts";
import { checkStack } from "../stack-names.ts";
import { parseSimulateOptions, SIMULATE_USAGE, type SimulateOptions } from "./command-options.ts";
import { type Failure, runSeeds, type SeedsReport } from "./seeds.ts";

await runProgram({
  name: "npm run simulate",
  usage: SIMULATE_USAGE,
  parse: parseSimulateOptions,
  run: simulate,
});

async function simulate(options: SimulateOptions, signal: AbortSignal): Promise<number> {
  process.chdir(PROJECT_DIRECTORY);
  await checkStack(options.stack, PROJECT_DIRECTORY);
  const terminal = new Terminal(options.json ? process.stderr : process.stdout);
  const { seed, seeds, stack } = options;
  terminal.line(`Simulating stack ${stack}, seeds ${seed} to ${seed + seeds - 1}`);
  const report = await runSeeds(options, {
    signal,
    onSeed: (done) => terminal.live(() => `  ${bar(done / seeds)} ${done} of ${seeds}`),
    onFailure: (failure) => showFailure(terminal, failure, options),
  });
  showReport(terminal, report);
  if (options.json) await write(process.stdout, `${JSON.stringify(report)}\n`);
  if (signal.aborted) return EXIT_INTERRUPTED;
  return report.failures.length === 0 ? 0 : EXIT_FAILED;
}

function showFailure(terminal: Terminal, { seed, problems, traceTail }: Failure, options: SimulateOptions) {
  terminal.heading(`Seed ${seed}: ${problems.join("; ")}`);
  for (const line of traceTail) terminal.line(`  ${printable(line)}`);
  const stack = options.stack === "dev" ? "" : ` --stack ${options.stack}`;
  terminal.line(`  again: npm run simulate -- --seed ${seed} --seeds 1${stack}`);
}

function showReport(terminal: Terminal, report: SeedsReport): void {
  const { runs, failures, events, recorded, duplicate, rejected, deadLettered, unmatched, seconds } = report;
  terminal.heading(`${runs} runs in ${seconds} s, ${failures.length} failed`);
  terminal.line(
    `  ${events} events: ${recorded} recorded, ${duplicate} duplicate, ${rejected} rejected, ` +
      `${deadLettered} dead-lettered, ${unmatched} unmatched`,
  );
  terminal.line(`  hash ${report.hash}`);
}
