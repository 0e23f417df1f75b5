/** `npm start`: deploys a stack to the local cloud, processes a tape, shows the ledger, and serves until Ctrl-C. */
import { createReadStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { createInterface } from "node:readline";
import { showDeployment, showLedger, showNext, showTrades } from "./report.ts";
import { parseStartOptions, START_USAGE, type StartOptions, UsageError } from "./start-options.ts";
import { type LocalSystem, runTape, startSystem } from "./system.ts";
import { generateTape, SAMPLE_EVENTS, SAMPLE_MIX } from "./tape/generator.ts";
import { bar, Terminal } from "./terminal.ts";

const EXIT_UNBALANCED = 1;
const EXIT_USAGE = 2;
/** As shells report an end by SIGINT. */
const EXIT_INTERRUPTED = 130;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseStartOptions(process.argv.slice(2));
    if (options) return await start(options);
    console.log(START_USAGE);
    return 0;
  } catch (error) {
    console.error(`npm start: ${(error as Error).message}`);
    return error instanceof UsageError ? EXIT_USAGE : 1;
  }
}

async function start(options: StartOptions): Promise<number> {
  const interrupt = new AbortController();
  const tape = await openTape(options, interrupt.signal);
  const terminal = new Terminal(options.json ? process.stderr : process.stdout);
  const onSignal = () => interrupt.abort();
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  const began = Date.now();
  terminal.line(`Deploying stack ${options.stack} to the local cloud`);
  let resources = 0;
  const system = await startSystem({
    ...options,
    onResource: ({ type, name }) => {
      resources += 1;
      terminal.live(() => `  ${resources} resources  ${type} ${name}`);
    },
  });
  try {
    showDeployment(terminal, system, (Date.now() - began) / 1000);
    const code = await processTape(system, tape, options, terminal, interrupt.signal, began);
    if (options.exit || interrupt.signal.aborted) return code;
    showNext(terminal, system);
    await new Promise((stop) => interrupt.signal.addEventListener("abort", stop));
    terminal.line("Stopping");
    return code;
  } finally {
    await system.close();
  }
}

interface Tape {
  name: string;
  /** Number of lines, where it is known ahead. */
  length?: number;
  lines: Iterable<string> | AsyncIterable<string>;
}

async function openTape({ trades, seed }: StartOptions, signal: AbortSignal): Promise<Tape> {
  if (trades === undefined) {
    const lines = generateTape({ events: SAMPLE_EVENTS, seed, mix: SAMPLE_MIX });
    return { name: `the sample tape (${SAMPLE_EVENTS} events, seed ${seed})`, length: lines.length, lines };
  }
  await access(trades, constants.R_OK).catch(() => {
    throw new UsageError(`--trades: "${trades}" must be a file that can be read`);
  });
  return { name: trades, lines: linesOf(trades, signal) };
}

/** The file's lines. It is opened when the first is asked for: readline drops what it reads before that. */
async function* linesOf(file: string, signal: AbortSignal): AsyncGenerator<string> {
  const input = createReadStream(file);
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal });
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
  for (const { line, reason } of sent.refused.slice(0, 5)) terminal.line(`  line ${line} refused: ${reason}`);
  if (sent.refused.length > 5) terminal.line(`  … and ${sent.refused.length - 5} more lines refused`);
  const first = system.firstRecordedAt();
  if (first) terminal.line(`  first trade recorded ${((first - began) / 1000).toFixed(1)} s after the start`);
  showLedger(terminal, ledger);
  if (signal.aborted) terminal.line("Interrupted: what was in flight is not in the ledger");
  else await showTrades(terminal, system);
  if (options.json) console.log(JSON.stringify(ledger));
  if (signal.aborted) return EXIT_INTERRUPTED;
  return ledger.balanced ? 0 : EXIT_UNBALANCED;
}
