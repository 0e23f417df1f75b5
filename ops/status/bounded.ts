/** Most entries that a list of the status holds; its total says how many there are. */
export const MOST_LISTED = 100;

/** A list that keeps its first entries and counts all of them. */
export class Bounded<Entry> {
  readonly #listed: Entry[] = [];
  #total = 0;

  add(entry: Entry): void {
    this.#total += 1;
    if (this.#listed.length < MOST_LISTED) this.#listed.push(entry);
  }

  figures(): { total: number; listed: readonly Entry[] } {
    return { total: this.#total, listed: this.#listed };
  }
}
