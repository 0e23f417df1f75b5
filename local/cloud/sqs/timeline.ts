/** Values by the time they fall due: a binary heap. Values that no longer matter are left in and skipped by the caller. */
export class Timeline<T> {
  readonly #heap: { due: number; value: T }[] = [];

  /** When the first value falls due; undefined if there is none. */
  get next(): number | undefined {
    return this.#heap[0]?.due;
  }

  add(due: number, value: T): void {
    const heap = this.#heap;
    const entry = { due, value };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || above.due <= due) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Takes the first value if it is due at `now`. */
  takeDue(now: number): T | undefined {
    const first = this.#heap[0];
    if (!first || first.due > now) return undefined;
    const last = this.#heap.pop();
    if (last && last !== first) this.#sink(last);
    return first.value;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #sink(entry: { due: number; value: T }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (!left) break;
      const right = heap[child + 1];
      let smaller = left;
      if (right && right.due < left.due) {
        smaller = right;
        child += 1;
      }
      if (smaller.due >= entry.due) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = entry;
  }
}
