/** How soon what is on its way to other regions may arrive there, and whether it may at all, by destination or for all. */
export class ReplicationPace {
  readonly #lags = new Map<string, number>();
  readonly #paused = new Set<string>();
  #lag: number | undefined;
  #isPaused = false;

  /** Milliseconds until something arrives, the usual ones if left out. Throws RangeError below 0. */
  setLag(milliseconds?: number, region?: string): void {
    if (milliseconds !== undefined && !(milliseconds >= 0))
      throw new RangeError(`lag is ${milliseconds}; allowed is a number of milliseconds from 0`);
    if (region === undefined) {
      this.#lag = milliseconds;
      this.#lags.clear();
    } else if (milliseconds === undefined) this.#lags.delete(region);
    else this.#lags.set(region, milliseconds);
  }

  pause(region?: string): void {
    if (region === undefined) this.#isPaused = true;
    else this.#paused.add(region);
  }

  resume(region?: string): void {
    if (region === undefined) {
      this.#isPaused = false;
      this.#paused.clear();
    } else this.#paused.delete(region);
  }

  isPaused(region: string): boolean {
    return this.#isPaused || this.#paused.has(region);
  }

  /** The lag that was set for a destination; undefined where it is the usual one. */
  lagTo(region: string): number | undefined {
    return this.#lags.get(region) ?? this.#lag;
  }
}
