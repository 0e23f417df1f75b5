import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT_DIRECTORY } from "../../local/deploy.ts";
import { askHost, findHost, type HostDescription } from "../../local/engine/host-client.ts";
import { findToolchain, type Toolchain } from "../../local/engine/toolchain.ts";

const run = promisify(execFile);
const CACHE = join(PROJECT_DIRECTORY, ".local/engine/toolchain");

/** The Pulumi CLI that is there, or is built; undefined with a printed reason if it cannot be had. */
export async function toolchain(): Promise<Toolchain | undefined> {
  try {
    return await findToolchain(CACHE, (line) => console.log(`  ${line}`));
  } catch (error) {
    console.log(`  no real engine here: ${(error as Error).message}`);
    return undefined;
  }
}

export interface Result {
  code: number | null;
  out: string;
  error: string;
}

/** A step of a deployment as the engine reports it. */
export interface Step {
  op: string;
  /** Type and name of the resource. */
  resource: string;
  /** Paths that differ. */
  differences: string[];
}

/**
 * A copy of this project with a local cloud of its own, on which the engine can be let loose: its sources may be
 * changed, and what it deploys is seen by nobody else.
 */
export class EngineProject {
  readonly directory: string;
  readonly port: number;
  host: HostDescription | undefined;

  private constructor(name: string, port: number) {
    this.directory = join(PROJECT_DIRECTORY, ".local", `engine-test-${name}-${process.pid}`);
    this.port = port;
  }

  /** A fresh copy; its local cloud starts with the first command, on a port that was free. */
  static async copy(name: string): Promise<EngineProject> {
    const project = new EngineProject(name, await freePort());
    await project.#copy();
    return project;
  }

  async #copy(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: PROJECT_DIRECTORY,
      maxBuffer: 16 * 1024 * 1024,
    });
    for (const file of stdout.split("\n").filter((each) => each !== "" && !each.startsWith("tests/")))
      await cp(join(PROJECT_DIRECTORY, file), join(this.directory, file)).catch(() => undefined);
    await symlink(join(PROJECT_DIRECTORY, "node_modules"), join(this.directory, "node_modules"));
    await mkdir(join(this.directory, ".local/engine"), { recursive: true });
    await symlink(CACHE, join(this.directory, ".local/engine/toolchain"));
  }

  /** Runs `npm run engine` in the copy. */
  async engine(...args: string[]): Promise<Result> {
    const command = join(this.directory, "local/engine/command.ts");
    const child = spawn(process.execPath, [command, ...args, "--port", String(this.port)], {
      cwd: this.directory,
      // Without it, `preview --json` tells one document instead of events.
      env: { ...process.env, NO_COLOR: "1", PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
    });
    const result: Result = { code: null, out: "", error: "" };
    child.stdout.on("data", (data: Buffer) => {
      result.out += data;
    });
    child.stderr.on("data", (data: Buffer) => {
      result.error += data;
    });
    result.code = await new Promise((done) => child.on("close", done));
    this.host ??= await findHost(this.port);
    return result;
  }

  /** What a command would do or did, without what stays the same. Throws if it fails. */
  async steps(command: "preview" | "up" | "refresh" | "destroy", ...args: string[]): Promise<Step[]> {
    const { code, steps, result } = await this.attempt(command, ...args);
    if (code !== 0) throw new Error(`${command} failed:\n${messagesOf(result).join("\n")}\n${result.error}`);
    return steps;
  }

  /** The same of a command that may fail; `messages` are the errors that it told. */
  async attempt(
    command: "preview" | "up" | "refresh" | "destroy",
    ...args: string[]
  ): Promise<{ code: number | null; steps: Step[]; messages: string[]; result: Result }> {
    const skipped = command === "preview" ? [] : ["--skip-preview"];
    const result = await this.engine(command, "--no-run", "--no-policies", "--json", ...skipped, ...args);
    return { code: result.code, steps: stepsOf(result.out), messages: messagesOf(result), result };
  }

  /** Replaces a text of a file of the copy, which must be there. */
  async edit(file: string, before: string, after: string): Promise<void> {
    const path = join(this.directory, file);
    const text = await readFile(path, "utf8");
    if (!text.includes(before)) throw new Error(`${file} does not contain ${before}`);
    await writeFile(path, text.replace(before, after));
  }

  /** Makes calls to the local cloud fail or slow. */
  async fault(fault: object): Promise<void> {
    await askHost(this.port, "POST", "faults", fault);
  }

  /** Resources without behaviour that exist in the local cloud. */
  kept(): Promise<string[]> {
    return askHost(this.port, "GET", "kept");
  }

  async stop(): Promise<void> {
    if (await findHost(this.port)) await askHost(this.port, "POST", "stop");
    await rm(this.directory, { recursive: true, force: true });
  }
}

interface EventLine {
  resourcePreEvent?: { metadata: Metadata };
  resOutputsEvent?: { metadata: Metadata };
  diagnosticEvent?: { message: string; severity: string };
  policyEvent?: { policyName: string; enforcementLevel: string; resourceUrn?: string };
}
interface Metadata {
  op: string;
  urn: string;
  type: string;
  detailedDiff?: Record<string, unknown> | null;
}

/** What is not worth telling: nothing happens, or what happens is told by another step. */
const SILENT = ["same", "read", "refresh", "replace"];

/** The engine's events, one JSON object a line. */
export function eventsOf(text: string): EventLine[] {
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as EventLine);
}

/**
 * From the engine's events, one JSON object a line. A step is told when it begins; a refresh only afterwards says what
 * it found.
 */
function stepsOf(text: string): Step[] {
  const events = eventsOf(text);
  const isRefresh = events.some(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "refresh");
  return events.flatMap(({ resourcePreEvent, resOutputsEvent }) => {
    const metadata = (isRefresh ? resOutputsEvent : resourcePreEvent)?.metadata;
    if (!metadata || SILENT.includes(metadata.op)) return [];
    const { op, urn, type, detailedDiff } = metadata;
    const resource = `${type.split(":").at(-1)} ${urn.split("::").at(-1)}`;
    return [{ op, resource, differences: Object.keys(detailedDiff ?? {}) }];
  });
}

function messagesOf({ out }: Result): string[] {
  return eventsOf(out).flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.severity === "error" ? [diagnosticEvent.message] : [],
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
