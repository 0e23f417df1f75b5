/** What the producer waits with: real timers, or a clock that a test drives. */
export interface Clock {
  /** Runs `task` after so many milliseconds, unless it is cancelled by the function that is returned. */
  after(milliseconds: number, task: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Resolves after so many milliseconds, or as soon as the signal aborts. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      done();
    };
    const cancel = clock.after(milliseconds, end);
    signal.addEventListener("abort", end, { once: true });
  });
}
