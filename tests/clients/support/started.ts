import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `npm start` of stack dev as a process of its own, as a user has it, with a tape processed. */
export interface Started {
  readonly url: string;
  /** Settings for clients that know nothing else: no files, no metadata service, no pager, no telemetry. */
  readonly environment: Record<string, string>;
  /** Ends it as Ctrl-C does; gives its exit code. */
  stop(): Promise<number | null>;
}

const START_MILLISECONDS = 90_000;

/** Starts it on any free port and waits until it serves. Throws with what it said if it does not get there. */
export async function startAsUser(lines: readonly object[]): Promise<Started> {
  const directory = mkdtempSync(join(tmpdir(), "clients-"));
  const tape = join(directory, "tape.jsonl");
  writeFileSync(tape, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const child = spawn(process.execPath, ["local/start.ts", "--port", "0", "--trades", tape], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = new Promise<number | null>((done) => child.on("close", done));
  void ended.then(() => rmSync(directory, { recursive: true, force: true }));
  const url = await new Promise<string>((done, fail) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(new Error(`npm start did not serve within ${START_MILLISECONDS / 1000} s: ${output}`));
    }, START_MILLISECONDS);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = /Running until Ctrl-C[\s\S]*AWS_ENDPOINT_URL=(http:\/\/127\.0\.0\.1:\d+)/.exec(
        output,
      )?.[1];
      if (!found) return;
      clearTimeout(timer);
      done(found);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", read);
    void ended.then(() => {
      clearTimeout(timer);
      fail(new Error(`npm start ended: ${output}`));
    });
  });
  return {
    url,
    environment: {
      PATH: process.env.PATH ?? "",
      HOME: directory,
      AWS_ENDPOINT_URL: url,
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PAGER: "",
    },
    stop() {
      child.kill("SIGINT");
      return ended;
    },
  };
}
