import { spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CONTROL_PREFIX } from "../cloud/endpoint/control-protocol.ts";
import { PROJECT_DIRECTORY } from "../deploy.ts";

/** A local cloud that the engine can be attached to. */
export interface HostDescription {
  /** Other for each start: what it holds ends with it. */
  readonly id: string;
  readonly pid: number;
  /** Of the endpoint. */
  readonly port: number;
  /** Ports of the provider plugins by package. */
  readonly providers: Readonly<Record<string, number>>;
  /** With which dynamic resources call as whoever deploys, as environment variables; other each time. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** Where hosts and the engine keep what they need. */
export const ENGINE_DIRECTORY = ".local/engine";
/** A host that nobody has asked anything for so long ends. */
export const IDLE_HOURS = 4;
const LOG_FILE = `${ENGINE_DIRECTORY}/host.log`;
const START_MILLISECONDS = 60_000;

/** A host's answer that it will not do what it was asked, or not yet. */
class HostRefusal extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Asks a host; throws with its message if it refuses, and says so if there is none. */
export async function askHost<Answer>(
  port: number,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${CONTROL_PREFIX}${path}`, {
    method,
    ...(method === "POST"
      ? { body: JSON.stringify(body ?? {}), headers: { "content-type": "application/json" } }
      : {}),
  });
  const answer = (await response.json()) as Answer & { message?: string };
  if (!response.ok) throw new HostRefusal(answer.message ?? `status ${response.status}`, response.status);
  return answer;
}

/** The host that answers on the port; undefined if nothing listens there. Throws if something else does. */
export async function findHost(port: number): Promise<HostDescription | undefined> {
  try {
    return await askHost<HostDescription>(port, "GET", "engine");
  } catch (error) {
    const isStarting = error instanceof HostRefusal && error.status === 503;
    if (isStarting || error instanceof TypeError) return undefined;
    throw new Error(
      `on port ${port} runs something that the engine cannot be attached to, such as \`npm start\`; end it, or choose ` +
        "another port with --port",
    );
  }
}

/** The host on the port, started if there is none. It goes on when this process ends. */
export async function ensureHost(port: number, report: (line: string) => void): Promise<HostDescription> {
  const running = await findHost(port);
  if (running) return running;
  report(`Starting a local cloud on 127.0.0.1:${port} (it ends with \`npm run engine -- stop\`)`);
  await mkdir(join(PROJECT_DIRECTORY, ENGINE_DIRECTORY), { recursive: true });
  const log = await open(join(PROJECT_DIRECTORY, LOG_FILE), "w");
  const host = spawn(process.execPath, [fileURLToPath(new URL("host.ts", import.meta.url)), String(port)], {
    cwd: PROJECT_DIRECTORY,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  host.unref();
  await log.close();
  let exit: number | null | undefined;
  host.once("exit", (code) => {
    exit = code;
  });
  for (const deadline = Date.now() + START_MILLISECONDS; Date.now() < deadline; ) {
    await setTimeout(100);
    const started = exit === undefined ? await findHost(port) : undefined;
    if (started) return started;
    if (exit !== undefined) break;
  }
  throw new Error(`the local cloud did not start; ${LOG_FILE} says why`);
}
