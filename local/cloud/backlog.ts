/** A first-in-first-out list whose ends are cheap to use at any length. */
export class Backlog<T> {
  #values: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#values.length - this.#head;
  }

  push(value: T): void {
    this.#values.push(value);
  }

  shift(): T | undefined {
    if (this.#head >= this.#values.length) return undefined;
    const value = this.#values[this.#head];
    this.#values[this.#head] = undefined;
    this.#head += 1;
    // Copies at most as many values as were taken since the last copy.
    if (this.#head > 1024 && this.#head * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#head);
      this.#head = 0;
    }
    return value;
  }

  /** The first values, all of them by default. */
  first(limit = Number.POSITIVE_INFINITY): T[] {
    return this.#values.slice(this.#head, this.#head + Math.min(limit, this.length)) as T[];
  }

  /** Drops the values that do not satisfy the predicate. */
  keep(predicate: (value: T) => boolean): void {
    this.#values = this.first().filter(predicate);
    this.#head = 0;
  }

  clear(): void {
    this.#values = [];
    this.#head = 0;
  }
}
