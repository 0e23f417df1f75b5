import { parseArgs } from "node:util";
import type { Given, OperatorCommand } from "./operator-command.ts";
import type { Target } from "./target.ts";
import { checkedPort, DEFAULT_PORT, UsageError } from "./usage.ts";

export interface CommandLine {
  readonly command: OperatorCommand;
  readonly given: Given;
  readonly target: Target;
  readonly json: boolean;
}

type Commands = Readonly<Record<string, OperatorCommand>>;

/** How to call `npm run ops`, with one command or with each of these. */
export function usage(commands: Commands): string {
  return `npm run ops -- COMMAND SYSTEM [--json]
${Object.values(commands)
  .map((command) => indented(command.usage))
  .join("\n")}
SYSTEM, one of
  --local [--port N]   the local cloud that \`npm start\` runs (port ${DEFAULT_PORT} unless given)
  --stack NAME         a stack on AWS: its outputs come from the Pulumi CLI, credentials from the environment
  --outputs FILE       the same with outputs saved by \`pulumi stack output --json\`
  --json               one JSON object on stdout; everything else goes to stderr
Exit codes: 0 done, 1 failed or not all of it done, 2 a mistake in the command line.`;
}

const indented = (text: string) => text.replace(/^/gm, "  ");

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming what is wrong. */
export function parseCommandLine(argv: readonly string[], commands: Commands): CommandLine | undefined {
  const { values, positionals } = parse(argv, commands);
  const [name, ...words] = positionals;
  if (values.help === true || (name === undefined && argv.length === 0)) return undefined;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command)
    throw new UsageError(
      `"${name ?? ""}" must be one of the commands ${Object.keys(commands).join(", ")}; --help shows them`,
    );
  const form = `${name} takes ${command.words.join(" ") || "no further words"}`;
  if (words.length < command.words.length)
    throw new UsageError(`${command.words[words.length]} is missing: ${form}`);
  if (words.length > command.words.length)
    throw new UsageError(`"${words[command.words.length]}" is one word too many: ${form}`);
  const options: Record<string, string | undefined> = {};
  for (const [option, value] of Object.entries(values)) {
    if (FLAGS.includes(option) || SYSTEM.includes(option)) continue;
    if (![...command.options, ...(command.flags ?? [])].includes(option))
      throw new UsageError(`--${option} is not an option of ${name}`);
    options[option] = String(value);
  }
  return { command, given: { words, options }, target: targetOf(values), json: values.json === true };
}

const FLAGS = ["local", "json", "help"];
const SYSTEM = ["port", "stack", "outputs"];

type Values = Record<string, string | boolean | undefined>;

function parse(argv: readonly string[], commands: Commands): { values: Values; positionals: string[] } {
  const texts = [...SYSTEM, ...Object.values(commands).flatMap((command) => command.options)];
  const flags = [...FLAGS, ...Object.values(commands).flatMap((command) => command.flags ?? [])];
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: Object.fromEntries([
        ...flags.map((name) => [name, { type: "boolean" as const }]),
        ...texts.map((name) => [name, { type: "string" as const }]),
      ]),
    });
    return { values: values as Values, positionals };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function targetOf({ local, port, stack, outputs }: Values): Target {
  const named = [local, stack, outputs].filter((each) => each !== undefined);
  if (named.length !== 1)
    throw new UsageError("one system must be named: --local, --stack NAME or --outputs FILE");
  if (port !== undefined && local === undefined) throw new UsageError("--port goes with --local only");
  if (stack !== undefined) return { kind: "stack", stack: String(stack) };
  if (outputs !== undefined) return { kind: "outputs", file: String(outputs) };
  return { kind: "local", port: port === undefined ? DEFAULT_PORT : checkedPort(String(port)) };
}
