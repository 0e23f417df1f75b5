/** The first part of a window, in milliseconds: a busy hour is what a function gets through in its time. */
const FIRST_LENGTH = 3_600_000;
/** The longest window of one census: a day. */
const LONGEST_LENGTH = 86_400_000;
/** A census that took less may have twice as much to do, since a function has a quarter of an hour. */
const QUICK_MILLISECONDS = 300_000;

export interface Slice {
  readonly from: number;
  readonly to: number;
}

/**
 * The parts of a window, which follow each other without a gap: an hour first, and twice as long after each that was
 * quick. A part that is too long for a function is taken again in hours.
 */
export class Slices {
  readonly #to: number;
  #from: number;
  #length = FIRST_LENGTH;

  constructor({ from, to }: Slice) {
    this.#from = from;
    this.#to = to;
  }

  /** The part to look at now; undefined if none is left. */
  get current(): Slice | undefined {
    if (this.#from >= this.#to) return undefined;
    return { from: this.#from, to: Math.min(this.#to, this.#from + this.#length) };
  }

  /** Goes on to the next part: this one took so long. */
  next(milliseconds: number): void {
    this.#from = this.current?.to ?? this.#to;
    if (milliseconds < QUICK_MILLISECONDS) this.#length = Math.min(LONGEST_LENGTH, 2 * this.#length);
  }

  /** Whether a part that failed is taken again in shorter ones. */
  shorten(): boolean {
    const { current } = this;
    const isLong = current !== undefined && current.to - current.from > FIRST_LENGTH;
    this.#length = FIRST_LENGTH;
    return isLong;
  }
}
