/** State of a service in each region, made on first use. */
export class RegionState<T> {
  readonly #states = new Map<string, T>();
  readonly #make: (region: string) => T;

  constructor(make: (region: string) => T) {
    this.#make = make;
  }

  /** The region's state. */
  of(region: string): T {
    let state = this.#states.get(region);
    if (state === undefined) {
      state = this.#make(region);
      this.#states.set(region, state);
    }
    return state;
  }

  /** Every region that has state, with it. */
  entries(): IterableIterator<[string, T]> {
    return this.#states.entries();
  }
}
