import { parseArgs } from "node:util";
import { checkedPort, DEFAULT_PORT, UsageError, wholeNumber } from "../ops/frame/usage.ts";
import { SAMPLE_SEED } from "./tape/generator.ts";

export interface StartOptions {
  stack: string;
  /** Tape to process; the sample tape if left out. */
  trades?: string;
  /** Stop when everything is processed. */
  exit: boolean;
  /** Print the ledger as JSON; everything else goes to stderr. */
  json: boolean;
  /** Port of the endpoint on 127.0.0.1. */
  port: number;
  seed: number;
  /** Folder for state that outlives the process. */
  dataDirectory?: string;
}

export const START_USAGE = `npm start -- [options]
  --trades FILE   process this tape (JSON Lines of PutEvents entries) instead of the sample tape
  --stack NAME    stack to deploy: dev or prod (default dev)
  --seed N        seed of the sample tape and of every random choice (default ${SAMPLE_SEED})
  --port N        port on 127.0.0.1, 0 for any free one (default ${DEFAULT_PORT})
  --data DIR      keep tables, queues, archives and parameters in this folder, and start with what it holds
  --exit          stop when everything is processed; exit code 0 only if the ledger balances
  --json          print the ledger as one JSON object on stdout; everything else goes to stderr
  --help          show this`;

/** Reads the command line. Undefined if help was asked for. Throws UsageError naming the option. */
export function parseStartOptions(argv: readonly string[]): StartOptions | undefined {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        trades: { type: "string" },
        stack: { type: "string", default: "dev" },
        seed: { type: "string", default: String(SAMPLE_SEED) },
        port: { type: "string", default: String(DEFAULT_PORT) },
        data: { type: "string" },
        exit: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${START_USAGE}`);
  }
  if (values.help) return undefined;
  return {
    stack: stackName(String(values.stack)),
    ...(values.trades === undefined ? {} : { trades: String(values.trades) }),
    ...(values.data === undefined ? {} : { dataDirectory: folder(String(values.data)) }),
    exit: values.exit === true,
    json: values.json === true,
    port: checkedPort(String(values.port)),
    seed: wholeNumber("seed", String(values.seed), 4_294_967_295),
  };
}

function stackName(name: string): string {
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(name))
    throw new UsageError(`--stack: "${name}" must be a stack's name: letters, digits, ".", "_" and "-"`);
  return name;
}

function folder(path: string): string {
  if (path === "") throw new UsageError("--data: must be a folder's path");
  return path;
}
