import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { DrivenClock } from "../cloud/clock.ts";

const STEP_MILLISECONDS = 20;

/**
 * Runs an operator's command with its pauses on the driven clock. Its code pauses by `setTimeout` of
 * `node:timers/promises`, which is replaced in this process meanwhile: so one at a time.
 */
export async function withDrivenPauses<T>(clock: DrivenClock, work: () => Promise<T>): Promise<T> {
  const own = timers.setTimeout;
  replace((milliseconds: number, value?: unknown, options?: { signal?: AbortSignal }) =>
    pause(clock, milliseconds, options?.signal).then(() => value),
  );
  // Time waits for the command, but for its pauses.
  const release = clock.hold();
  let isOver = false;
  const done = work().finally(() => {
    isOver = true;
    release();
  });
  done.catch(() => {});
  try {
    while (!isOver) await clock.advance(STEP_MILLISECONDS);
    return await done;
  } finally {
    replace(own);
  }
}

function replace(setTimeout: unknown): void {
  Reflect.set(timers, "setTimeout", setTimeout);
  syncBuiltinESMExports();
}

/** What a command waits for a service is a pause of its own, too. */
export async function asPause<T>(clock: DrivenClock, work: () => Promise<T>): Promise<T> {
  const resume = clock.wait();
  try {
    return await work();
  } finally {
    resume();
  }
}

function pause(clock: DrivenClock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return asPause(
    clock,
    () =>
      new Promise((done, fail) => {
        if (signal?.aborted) return fail(signal.reason);
        const cancel = clock.after(milliseconds, () => {
          signal?.removeEventListener("abort", abort);
          done();
        });
        const abort = () => {
          cancel();
          fail(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      }),
  );
}
