import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The AWS CLI and boto3 at the versions of requirements.txt, in a virtual environment of the project's own. */
export interface PythonClients {
  /** Folder of `aws` and `python`. */
  readonly bin: string;
}

const PROJECT_DIRECTORY = fileURLToPath(new URL("../../..", import.meta.url));
const DIRECTORY = join(PROJECT_DIRECTORY, ".local", "clients");
const REQUIREMENTS = join(PROJECT_DIRECTORY, "tests", "clients", "requirements.txt");
const VENV_MILLISECONDS = 60_000;
const INSTALL_MILLISECONDS = 240_000;

let installed: Promise<PythonClients | string> | undefined;

/** The clients, installed when they are not there yet; text says why they cannot be had. */
export function pythonClients(): Promise<PythonClients | string> {
  installed ??= install();
  return installed;
}

async function install(): Promise<PythonClients | string> {
  const clients = { bin: join(DIRECTORY, "bin") };
  const marker = join(DIRECTORY, "requirements.sha256");
  const digest = createHash("sha256")
    .update(await readFile(REQUIREMENTS))
    .digest("hex");
  if ((await readFile(marker, "utf8").catch(() => "")) === digest) return clients;
  process.stderr.write("  Installing the AWS CLI and boto3 into .local/clients, once\n");
  await rm(DIRECTORY, { recursive: true, force: true });
  const venv = await run("python3", ["-m", "venv", DIRECTORY], VENV_MILLISECONDS);
  if (venv !== undefined) return `Python 3 with venv is not there: ${venv}`;
  const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
  const requirements = ["--require-hashes", "--only-binary", ":all:", "-r", REQUIREMENTS];
  const failed = await run(join(clients.bin, "python"), [...pip, ...requirements], INSTALL_MILLISECONDS);
  if (failed !== undefined) return `the AWS CLI and boto3 cannot be installed with pip: ${failed}`;
  await writeFile(marker, digest);
  return clients;
}

/** Runs a program; gives the last line that it said if it failed, or why it could not be run. */
function run(command: string, args: readonly string[], milliseconds: number): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: milliseconds });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    child.on("error", (error) => done(error.message));
    child.on("close", (code, signal) => {
      const last = output.trim().split("\n").at(-1);
      done(
        code === 0 ? undefined : signal ? `stopped after ${milliseconds / 1000} s` : last || `exit ${code}`,
      );
    });
  });
}
