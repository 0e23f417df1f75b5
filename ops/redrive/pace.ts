import { setTimeout } from "node:timers/promises";

/** Lets work begin at most so often a second, and at most so much of it go on at once. */
export class Pace {
  readonly #interval: number;
  readonly #room: number;
  #next = 0;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(perSecond: number, room: number) {
    this.#interval = 1_000 / perSecond;
    this.#room = room;
  }

  /** Waits until there is room; `leave` makes room again. */
  async enter(): Promise<void> {
    if (this.#busy < this.#room) {
      this.#busy += 1;
      return;
    }
    // The room of whoever leaves is handed on.
    await new Promise<void>((done) => this.#waiting.push(done));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy -= 1;
  }

  /** Waits for its turn. Throws when aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#interval;
    if (at > now) await setTimeout(at - now, undefined, { signal });
    signal.throwIfAborted();
  }
}
