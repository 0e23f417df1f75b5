import type { Clock } from "./service.ts";

/** Pauses between the attempts of background work, all of which end at once when the service closes. */
export class Pauses {
  readonly #clock: Clock;
  readonly #ends = new Set<() => void>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the service has closed: whoever paused then gives up. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves after this long, or as the service closes; at once if it has closed. */
  wait(milliseconds: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((done) => {
      const end = () => {
        cancel();
        this.#ends.delete(end);
        done();
      };
      const cancel = this.#clock.after(milliseconds, end);
      this.#ends.add(end);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#ends]) end();
  }
}
