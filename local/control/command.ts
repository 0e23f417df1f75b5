/** `npm run local`: steers a running local cloud: shows the stack's outputs, makes calls fail. */

import { table } from "../../ops/frame/terminal.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { CONTROL_PREFIX } from "../cloud/endpoint/control-protocol.ts";
import type { ActiveFault } from "../cloud/faults.ts";
import { LOCAL_USAGE, type LocalCommand, parseLocalCommand } from "./command-options.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

try {
  const command = parseLocalCommand(process.argv.slice(2));
  console.log(command ? shown(command, await ask(command)) : LOCAL_USAGE);
} catch (error) {
  console.error(`npm run local: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

async function ask({ method, path, body, port }: LocalCommand): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${CONTROL_PREFIX}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  }).catch(() => {
    throw new Error(
      `no local cloud answers on 127.0.0.1:${port}; start one with \`npm start\`, or name its port with --port`,
    );
  });
  const answer = (await response.json()) as unknown;
  if (response.ok) return answer;
  const { message } = answer as { message: string };
  throw response.status === 400 ? new UsageError(message) : new Error(message);
}

function shown({ path, output, json, method }: LocalCommand, answer: unknown): string {
  const value = output === undefined ? answer : outputNamed(answer, output);
  if (json) return JSON.stringify(value, null, 2);
  if (typeof value === "string") return value;
  if (path === "faults" && method === "GET") return faultTable(value as ActiveFault[]);
  if (method === "POST") return `Added ${(value as ActiveFault).id}`;
  if (method === "DELETE") return `Removed ${(value as { removed: number }).removed}`;
  return outputTable(value);
}

function outputNamed(outputs: unknown, name: string): unknown {
  const all = outputs as Record<string, unknown>;
  if (Object.hasOwn(all, name)) return all[name];
  throw new Error(`there is no output "${name}"; there are: ${Object.keys(all).join(", ") || "none yet"}`);
}

function outputTable(outputs: unknown): string {
  if (typeof outputs !== "object" || outputs === null) return String(outputs);
  const rows = Object.entries(outputs).map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return table(rows).join("\n");
}

function faultTable(faults: readonly ActiveFault[]): string {
  if (faults.length === 0) return "No faults";
  const rows = faults.map(({ id, fault, applied }) => {
    const { effect, when, times, skip, ...target } = fault;
    const { kind, ...details } = effect;
    const detail = Object.values(details).join(" ");
    const calls = Object.values(target).join(" ") || "every call";
    return [
      id,
      `${kind}${detail ? ` ${detail}` : ""}`,
      when,
      calls,
      `applied ${applied}${times === undefined ? "" : ` of ${times}`}`,
      skip ? `after ${skip} calls` : "",
    ];
  });
  return table(rows).join("\n");
}
