import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Alone } from "../frame/operator-command.ts";
import { UsageError } from "../frame/usage.ts";

const PROGRAM = fileURLToPath(new URL("../../local/drill/command.ts", import.meta.url));

/**
 * `failover drill`: region losses in a local cloud of its own, whose time is driven. The drill is a program beside this
 * one, which shows its timeline itself; its exit code is given. Throws UsageError for a system on AWS.
 */
export async function drill(words: readonly string[], { isLocal, json, signal }: Alone): Promise<number> {
  if (!isLocal)
    throw new UsageError(
      "failover drill: runs in the local cloud only (--local); on AWS use failover start and return",
    );
  const program = [PROGRAM, ...words, ...(json ? ["--json"] : [])];
  const child = spawn(process.execPath, program, { stdio: "inherit" });
  // The drill ends its own processes.
  const interrupt = () => child.kill("SIGINT");
  signal.addEventListener("abort", interrupt, { once: true });
  const [code] = (await once(child, "exit")) as [number | null];
  signal.removeEventListener("abort", interrupt);
  return code ?? 1;
}
