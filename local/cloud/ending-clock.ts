import type { Clock } from "./service.ts";

/**
 * A clock that can end with the services that wait for it: what is still to come never comes, so that a call that
 * overtakes a close, such as of a deployment that failed elsewhere, keeps no process alive.
 */
export class EndingClock implements Clock {
  readonly #clock: Clock;
  readonly #pending = new Set<() => void>();
  #isEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  after(milliseconds: number, task: () => void): () => void {
    if (this.#isEnded) return () => {};
    const stop = this.#clock.after(milliseconds, () => {
      this.#pending.delete(cancel);
      task();
    });
    const cancel = () => {
      this.#pending.delete(cancel);
      stop();
    };
    this.#pending.add(cancel);
    return cancel;
  }

  hold(): () => void {
    return this.#clock.hold();
  }

  wait(): () => void {
    return this.#clock.wait();
  }

  /** Cancels everything that is waited for, and takes nothing more. */
  end(): void {
    this.#isEnded = true;
    for (const cancel of [...this.#pending]) cancel();
  }
}
