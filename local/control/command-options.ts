import { parseArgs } from "node:util";
import { DEFAULT_PORT, UsageError, wholeNumber } from "../../ops/frame/usage.ts";

/** What `npm run local` asks the control interface, and how the answer is shown. */
export interface LocalCommand {
  method: "GET" | "POST" | "DELETE";
  /** Below the control interface. */
  path: string;
  body?: unknown;
  /** One output alone, by name. */
  output?: string;
  port: number;
  json: boolean;
}

export const LOCAL_USAGE = `npm run local -- COMMAND [--port N] [--json]
  outputs [NAME]          the deployed stack's outputs, or one of them alone
  faults                  what is made to fail now, and how often it has applied
  faults add EFFECT       makes calls fail; EFFECT is one of
      error --code CODE [--message TEXT] [--status N]
      throttle
      delay --milliseconds N
      crash               a function's process is killed
      outage --region R   the whole region is lost; nothing else may narrow it
    which calls (all that are not narrowed):
      --service NAME --operation NAME --region NAME --function NAME
    when and how often:
      --when before|after   before: nothing happened; after: it did, but the caller does not know (default before)
      --times N             how often it applies (default: until it is removed)
      --skip N              calls that it lets pass first
  faults remove ID        ends one; faults remove --all ends all
  --port N                port of the local cloud's endpoint (default ${DEFAULT_PORT})
  --json                  the answer as JSON
Everything that faults do is in log group /local-cloud/faults.`;

const TEXTS = ["service", "operation", "region", "function", "when", "code", "message"] as const;
const NUMBERS = ["times", "skip", "milliseconds", "status", "port"] as const;

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming what is wrong. */
export function parseLocalCommand(argv: readonly string[]): LocalCommand | undefined {
  const { values, positionals } = parse(argv);
  if (values.help === true || positionals.length === 0) return undefined;
  const numbers = Object.fromEntries(
    NUMBERS.filter((name) => values[name] !== undefined).map((name) => [
      name,
      wholeNumber(name, String(values[name]), 999_999_999),
    ]),
  );
  const common = { port: numbers.port ?? DEFAULT_PORT, json: values.json === true };
  const [command, action, subject, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is one word too many\n\n${LOCAL_USAGE}`);
  if (command === "outputs" && subject === undefined)
    return { method: "GET", path: "outputs", ...common, ...(action === undefined ? {} : { output: action }) };
  if (command === "faults" && subject === undefined && (action === undefined || action === "list"))
    return { method: "GET", path: "faults", ...common };
  if (command === "faults" && action === "add" && subject !== undefined)
    return { method: "POST", path: "faults", body: faultOf(subject, values, numbers), ...common };
  if (command === "faults" && action === "remove" && (subject !== undefined) !== (values.all === true))
    return {
      method: "DELETE",
      path: subject === undefined ? "faults" : `faults/${encodeURIComponent(subject)}`,
      ...common,
    };
  throw new UsageError(`"${positionals.join(" ")}" is not a command\n\n${LOCAL_USAGE}`);
}

type Values = Record<string, string | boolean | undefined>;

function parse(argv: readonly string[]): { values: Values; positionals: string[] } {
  const text = [...TEXTS, ...NUMBERS].map((name) => [name, { type: "string" as const }]);
  const flags = ["all", "json", "help"].map((name) => [name, { type: "boolean" as const }]);
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: Object.fromEntries([...text, ...flags]),
    });
    return { values: values as Values, positionals };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${LOCAL_USAGE}`);
  }
}

function faultOf(kind: string, values: Values, numbers: Record<string, number>): object {
  const present = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = numbers[name] ?? values[name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
  return {
    ...present(["service", "operation", "region", "function", "when", "times", "skip"]),
    effect: { kind, ...present(["code", "message", "status", "milliseconds"]) },
  };
}
