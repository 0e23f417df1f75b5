/** `npm start`: deploys a stack to the local cloud, processes a tape, shows the ledger, and serves until Ctrl-C. */
import { setTimeout } from "node:timers/promises";
import { printable } from "../functions/domain/text.ts";
import { watchOutput, write } from "../ops/frame/output.ts";
import { bar, Terminal } from "../ops/frame/terminal.ts";
import { UsageError } from "../ops/frame/usage.ts";
import type { TapeSource } from "../ops/tape/lines.ts";
import { checkTapeFile, readTapeFile } from "../ops/tape/open.ts";
import { PROJECT_DIRECTORY } from "./deploy.ts";
import { showDeployment, showLedger, showNext, showTrades } from "./report.ts";
import { checkStack } from "./stack-names.ts";
import { parseStartOptions, START_USAGE, type StartOptions } from "./start-options.ts";
import { type DeployedSystem, inFlight, type LocalSystem, runTape, startSystem } from "./system.ts";
import { generateTape, SAMPLE_EVENTS, SAMPLE_MIX } from "./tape/generator.ts";

const EXIT_FAILED = 1;
const EXIT_UNBALANCED = 1;
const EXIT_USAGE = 2;
/** How long a stop waits for what is under way, where what has ended is kept. */
const FINISH_MILLISECONDS = 20_000;
const FINISH_POLL_MILLISECONDS = 20;
/** As shells report an end by SIGINT. */
const EXIT_INTERRUPTED = 130;

const interrupt = new AbortController();
const output = watchOutput(() => interrupt.abort());
const code = await main();
await output.flush();
// Not left to an empty event loop: a tape may be a pipe that nobody has closed.
process.exit(output.isLost ? EXIT_FAILED : code);

async function main(): Promise<number> {
  try {
    const options = parseStartOptions(process.argv.slice(2));
    if (options) return await start(options, interrupt);
    console.log(START_USAGE);
    return 0;
  } catch (error) {
    console.error(`npm start: ${(error as Error).message}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function start(options: StartOptions, interrupt: AbortController): Promise<number> {
  const { signal } = interrupt;
  await checkStack(options.stack, PROJECT_DIRECTORY);
  const tape = await openTape(options, signal);
  const terminal = new Terminal(options.json ? process.stderr : process.stdout);
  const onSignal = () => {
    terminal.line("Stopping");
    interrupt.abort();
  };
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  const began = Date.now();
  const system = await deployStack(options, terminal, signal);
  try {
    if (signal.aborted) return EXIT_INTERRUPTED;
    showDeployment(terminal, system, (Date.now() - began) / 1000);
    if (system.restored > 0)
      terminal.line(`  ${system.restored} changes taken in from ${printable(options.dataDirectory ?? "")}`);
    const code = await processTape(system, tape, options, terminal, signal, began);
    if (options.exit || signal.aborted) return code;
    showNext(terminal, system);
    await new Promise((stop) => signal.addEventListener("abort", stop));
    return code;
  } finally {
    if (options.dataDirectory !== undefined) await finish(system, terminal);
    await system.close();
  }
}

/** What is under way is not kept: it gets a little time to end, and what is left is named. */
async function finish(system: LocalSystem, terminal: Terminal): Promise<void> {
  if (inFlight(system) > 0) terminal.line(`Finishing ${inFlight(system)} executions and deliveries`);
  const end = Date.now() + FINISH_MILLISECONDS;
  while (inFlight(system) > 0 && Date.now() < end) await setTimeout(FINISH_POLL_MILLISECONDS);
  const left = inFlight(system);
  if (left > 0)
    terminal.line(`${left} executions and deliveries are given up; their events are in the archive`);
}

function deployStack(
  options: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<DeployedSystem> {
  terminal.line(`Deploying stack ${options.stack} to the local cloud`);
  let resources = 0;
  return startSystem({
    ...options,
    onResource: ({ type, name }) => {
      resources += 1;
      if (!signal.aborted) terminal.live(() => `  ${resources} resources  ${type} ${name}`);
    },
  });
}

interface Tape {
  name: string;
  /** Number of lines, where it is known ahead. */
  length?: number;
  lines: TapeSource;
}

async function openTape({ trades, seed }: StartOptions, signal: AbortSignal): Promise<Tape> {
  if (trades === undefined) {
    const lines = generateTape({ events: SAMPLE_EVENTS, seed, mix: SAMPLE_MIX });
    return { name: `the sample tape (${SAMPLE_EVENTS} events, seed ${seed})`, length: lines.length, lines };
  }
  await checkTapeFile(trades);
  return { name: printable(trades), lines: readTapeFile(trades, signal) };
}

async function processTape(
  system: LocalSystem,
  tape: Tape,
  options: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
  began: number,
): Promise<number> {
  terminal.heading(`Processing ${tape.name}`);
  const started = Date.now();
  const { sent, ledger } = await runTape(system, tape.lines, {
    signal,
    onProgress: (result) => {
      const rate = Math.round(result.sent / Math.max(0.001, (Date.now() - started) / 1000));
      const share = tape.length ? `${bar(result.sent / tape.length)} ` : "";
      terminal.live(() => `  ${share}${result.sent} sent, ${rate}/s`);
    },
  });
  for (const { line, reason } of sent.refused.slice(0, 5))
    terminal.line(`  line ${line} refused: ${printable(reason)}`);
  if (sent.refused.length > 5) terminal.line(`  … and ${sent.refused.length - 5} more lines refused`);
  const first = system.firstRecordedAt();
  if (first) terminal.line(`  first trade recorded ${((first - began) / 1000).toFixed(1)} s after the start`);
  showLedger(terminal, ledger);
  const heldBack = system.services.dynamodb.replication.heldBack();
  if (heldBack > 0)
    terminal.line(`${heldBack} writes are not replicated: the resource policy of a replica denies them`);
  if (signal.aborted) terminal.line("Interrupted: what was in flight is not in the ledger");
  else await showTrades(terminal, system);
  if (options.json) await write(process.stdout, `${JSON.stringify(ledger)}\n`);
  if (signal.aborted) return EXIT_INTERRUPTED;
  return ledger.balanced ? 0 : EXIT_UNBALANCED;
}
