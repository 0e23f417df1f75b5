import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FunctionName } from "../../functions/contract.ts";
import { FUNCTION_VARIABLES } from "./bundle-harness.ts";

export type RunnerRequest = { payload: unknown } | { laterSeconds: number };
export type RunnerReply = { output: unknown } | { error: { name: string; message: string } };

/** One execution environment of a function: a process that keeps what the function caches. */
export interface FunctionProcess {
  /** One invocation: what the handler answered, or the error that left it. One at a time. */
  invoke(payload: unknown): Promise<RunnerReply>;
  /** Moves the process's wall clock on. */
  later(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Loads a function's handler in a Node process of its own, with nothing in its environment but the variables. */
export async function startFunction(name: FunctionName, endpointUrl: string): Promise<FunctionProcess> {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const child = spawn(
    process.execPath,
    [file("function-runner.ts"), file(`../../functions/${name}/handler.ts`)],
    {
      env: { ...FUNCTION_VARIABLES, AWS_ENDPOINT_URL: endpointUrl },
      // What it writes is shown only if it dies.
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    },
  );
  const written: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  const exited = once(child, "exit");
  const answer = async (): Promise<RunnerReply> => {
    const [reply] = await Promise.race([
      once(child, "message"),
      exited.then(([code]) =>
        Promise.reject(new Error(`The process of ${name} ended with ${code}: ${written.join("")}`)),
      ),
    ]);
    return reply as RunnerReply;
  };
  const ask = (request: RunnerRequest): Promise<RunnerReply> => {
    const reply = answer();
    child.send(request);
    return reply;
  };
  await answer();
  return {
    invoke: (payload) => ask({ payload }),
    later: async (laterSeconds) => void (await ask({ laterSeconds })),
    async close() {
      child.disconnect();
      await exited;
    },
  };
}
