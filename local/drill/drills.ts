import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Job } from "./command-options.ts";
import { KINDS } from "./kinds.ts";
import { type DrillResult, failedDrill } from "./result.ts";

export interface DrillsOptions {
  readonly signal?: AbortSignal;
  /** Told of each drill as it ends, in no order. */
  readonly onDrill?: (result: DrillResult, done: number) => void;
}

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
/** A worker deploys a system of its own, which pays for some drills only, and takes half a gigabyte. */
const DRILLS_OF_A_WORKER = 3;
const MOST_WORKERS = 4;
/** Garbage of a drill is short-lived; Node's own size, in megabytes, lets much of it grow old. */
const NODE_OPTIONS = ["--max-semi-space-size=64"];

/** Carries out drills in processes side by side. Gives them in the order of kind and seed; less if aborted. */
export async function runDrills(
  jobs: readonly Job[],
  { signal, onDrill }: DrillsOptions = {},
): Promise<DrillResult[]> {
  const waiting = [...jobs];
  const results: DrillResult[] = [];
  const count = Math.min(availableParallelism(), MOST_WORKERS, Math.ceil(jobs.length / DRILLS_OF_A_WORKER));
  const work = async () => {
    let worker: ChildProcess | undefined;
    const stop = () => worker?.kill();
    signal?.addEventListener("abort", stop);
    try {
      for (let job = waiting.shift(); job && !signal?.aborted; job = waiting.shift()) {
        worker ??= fork(WORKER, { execArgv: NODE_OPTIONS });
        const result = await ask(worker, job);
        if (signal?.aborted) return;
        if (worker.exitCode !== null || worker.signalCode !== null) worker = undefined;
        results.push(result);
        onDrill?.(result, results.length);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      if (worker?.connected) worker.disconnect();
    }
  };
  await Promise.all(Array.from({ length: count }, work));
  return results.sort(
    (one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) || one.seed - other.seed,
  );
}

/** Has a worker carry out a drill. A worker that ends over it has failed it. */
function ask(worker: ChildProcess, job: Job): Promise<DrillResult> {
  return new Promise((done) => {
    const answered = (result: unknown) => {
      worker.off("exit", ended);
      done(result as DrillResult);
    };
    const ended = (code: number | null, signal: string | null) => {
      worker.off("message", answered);
      done(failedDrill(job, [], new Error(`its process ended with ${signal ?? code}`)));
    };
    worker.once("message", answered);
    worker.once("exit", ended);
    worker.send(job);
  });
}
