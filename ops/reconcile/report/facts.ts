import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isJsonObject } from "../../../functions/domain/json.ts";
import type { TimeWindow } from "../../evidence/pages.ts";
import type { StackOutputs } from "../../frame/outputs.ts";
import type { Fact } from "./report.ts";

const PROGRAM = join(import.meta.dirname, "../../..");

/** The program's version, with its commit where git knows it. */
export async function programVersion(): Promise<string> {
  const [file, commit] = await Promise.all([
    readFile(join(PROGRAM, "package.json"), "utf8").catch(() => "{}"),
    promisify(execFile)("git", ["describe", "--always", "--dirty", "--abbrev=40"], { cwd: PROGRAM })
      .then(({ stdout }) => stdout.trim())
      .catch(() => ""),
  ]);
  const declared: unknown = JSON.parse(file);
  const version =
    isJsonObject(declared) && typeof declared.version === "string" ? declared.version : "unknown";
  return commit === "" ? version : `${version}, commit ${commit}`;
}

/** What every report says of its run. */
export async function runFacts(
  outputs: StackOutputs,
  { window, source, made }: { window?: TimeWindow | undefined; source?: string | undefined; made: Date },
): Promise<Fact[]> {
  const iso = (time: number) => new Date(time).toISOString();
  return [
    { name: "made", label: "Made", value: made.toISOString() },
    { name: "stack", label: "Stack's suffix", value: outputs.EnvironmentSuffix },
    { name: "account", label: "Account", value: outputs.StateMachineArn.split(":")[4] ?? "unknown" },
    { name: "from", label: "Accepted from", value: window ? iso(window.from) : "the beginning" },
    { name: "to", label: "Accepted before", value: window ? iso(window.to) : "now" },
    { name: "source", label: "Source system", value: source ?? "all" },
    { name: "command", label: "Command", value: commandLine() },
    { name: "program", label: "Program", value: await programVersion() },
  ];
}

function commandLine(): string {
  const words = process.argv.slice(2).map((word) => (/^[\w./:=,@+-]+$/.test(word) ? word : `'${word}'`));
  return `npm run ops -- ${words.join(" ")}`;
}
