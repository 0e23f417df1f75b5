/** Runs in a process of its own: holds one function's handler and invokes it with what its parent sends. */
import { mock } from "node:test";
import type { RunnerReply, RunnerRequest } from "./function-process.ts";

const { handler } = (await import(process.argv[2] ?? "")) as {
  handler: (payload: unknown) => Promise<unknown>;
};
const reply = (message: RunnerReply) => void process.send?.(message);

process.on("message", async (request: RunnerRequest) => {
  if ("laterSeconds" in request) {
    const now = Date.now() + request.laterSeconds * 1000;
    mock.timers.reset();
    mock.timers.enable({ apis: ["Date"], now });
    return reply({ output: now });
  }
  try {
    reply({ output: await handler(request.payload) });
  } catch (thrown) {
    const { name, message } = thrown as Error;
    reply({ error: { name, message } });
  }
});
reply({ output: "ready" });
