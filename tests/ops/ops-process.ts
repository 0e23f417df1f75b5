import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** `npm run ops` with these arguments, as its own process. */
export async function ops(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, ["ops/command.ts", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const [out, error, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.on("close", done)),
  ]);
  return { code, out: out.trim(), error: error.trim() };
}
