/** How many of those that ended last count. */
export const WINDOW = 20;

/** Says when too many of the last ones failed. */
export class FailureWindow {
  readonly #share: number;
  readonly #last: boolean[] = [];

  /** `share` of failures, from 0 to 1, at which it is too many. */
  constructor(share: number) {
    this.#share = share;
  }

  add(failed: boolean): void {
    this.#last.push(failed);
    if (this.#last.length > WINDOW) this.#last.shift();
  }

  get failures(): number {
    return this.#last.filter(Boolean).length;
  }

  /** Fewer than WINDOW say nothing yet; without a failure it is never too many. */
  get isExceeded(): boolean {
    return this.#last.length === WINDOW && this.failures > 0 && this.failures >= this.#share * WINDOW;
  }
}
