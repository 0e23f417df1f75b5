/** `npm run ops`: what an operator does with a deployed system, the same on AWS and in the local cloud. */
import { bounded } from "../functions/domain/text.ts";
import { COMMANDS } from "./commands.ts";
import { Clients } from "./frame/clients.ts";
import { type CommandLine, parseCommandLine, usage } from "./frame/command-line.ts";
import { watchOutput, write } from "./frame/output.ts";
import { reach } from "./frame/target.ts";
import { Terminal } from "./frame/terminal.ts";
import { UsageError } from "./frame/usage.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** As shells report an end by SIGINT. */
const EXIT_INTERRUPTED = 130;
const MAXIMUM_MESSAGE_LENGTH = 2_000;

const interrupt = new AbortController();
const output = watchOutput(() => interrupt.abort());
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupt.abort());
const code = await main();
await output.flush();
// Not left to an empty event loop: a tape may be a pipe that nobody has closed.
process.exit(output.isLost ? EXIT_FAILED : code);

async function main(): Promise<number> {
  try {
    const line = parseCommandLine(process.argv.slice(2), COMMANDS);
    if (line) return await run(line);
    await write(process.stdout, `${usage(COMMANDS)}\n`);
    return 0;
  } catch (error) {
    const { message, name } = error as Error;
    if (interrupt.signal.aborted) return EXIT_INTERRUPTED;
    const text = message.split("\n").map((line) => bounded(line, MAXIMUM_MESSAGE_LENGTH));
    // An AWS error's name says more than its message.
    const prefix = name === "Error" || error instanceof UsageError ? "" : `${name}: `;
    console.error(`npm run ops: ${prefix}${text.join("\n")}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function run({ command, given, target, json }: CommandLine): Promise<number> {
  const { signal } = interrupt;
  const terminal = new Terminal(json ? process.stderr : process.stdout);
  const carryOut = await command.prepare(given);
  const isLocal = target.kind === "local";
  const code = await command.alone?.(given, { isLocal, json, signal });
  if (code !== undefined) return code;
  const { outputs, settings } = await reach(target, signal);
  const clients = new Clients(settings);
  try {
    const result = await carryOut({ outputs, clients, terminal, signal, isLocal });
    if (json) await write(process.stdout, `${JSON.stringify(result.json)}\n`);
    else for (const text of result.lines) terminal.line(text);
    if (signal.aborted) return EXIT_INTERRUPTED;
    return result.complete ? 0 : EXIT_FAILED;
  } finally {
    clients.close();
  }
}
