import { gaps, type VersionRange } from "../../functions/domain/life-cycle.ts";
import { Bounded } from "./bounded.ts";

/** What the `sequence` numbers of one source say. */
export interface SequenceFigures {
  /** Lowest and highest number seen; undefined if events carry none. */
  readonly first?: number;
  readonly last?: number;
  /** Numbers in between that no event of the window carries. */
  readonly missing: number;
  readonly gaps: { readonly total: number; readonly listed: readonly VersionRange[] };
  /** Numbers that different trades, or versions of one, carry. */
  readonly repeated: {
    readonly total: number;
    readonly listed: readonly { readonly sequence: number; readonly trades: readonly string[] }[];
  };
}

/** Numbers that were seen, as ascending ranges: numbers without gaps take one entry, however many they are. */
export class SeenNumbers {
  readonly #ranges: { first: number; last: number }[] = [];

  get ranges(): readonly VersionRange[] {
    return this.#ranges;
  }

  /** Adds a number. False if it was seen before. */
  add(number: number): boolean {
    const ranges = this.#ranges;
    // The first range that ends at the number before, or later.
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle]?.last ?? 0) < number - 1) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low];
    if (!range || number < range.first - 1) {
      ranges.splice(low, 0, { first: number, last: number });
      return true;
    }
    if (number >= range.first && number <= range.last) return false;
    if (number === range.first - 1) {
      range.first = number;
      return true;
    }
    range.last = number;
    const next = ranges[low + 1];
    if (next?.first === number + 1) {
      range.last = next.last;
      ranges.splice(low + 1, 1);
    }
    return true;
  }
}

/**
 * Gathers the sequence numbers of one source, and who carries them: a trade's version, or an event that names none.
 * Attempts come first and their carriers are kept; of rows, which may be millions, only the numbers are.
 */
export class Sequences {
  readonly #seen = new SeenNumbers();
  readonly #attempted = new Map<number, string>();
  readonly #carriers = new Map<number, Set<string>>();
  readonly #unnamed = new Set<number>();

  attempt(sequence: number, carrier: string): void {
    this.#seen.add(sequence);
    const known = this.#attempted.get(sequence);
    if (known === undefined) this.#attempted.set(sequence, carrier);
    else this.#carry(sequence, known, carrier);
  }

  row(sequence: number, carrier: string): void {
    if (this.#seen.add(sequence)) return;
    const known = this.#attempted.get(sequence);
    if (known === undefined) this.#unnamed.add(sequence);
    else this.#carry(sequence, known, carrier);
  }

  /** Whether several rows carry one number, so that rows have to be read again for their names. */
  get hasUnnamed(): boolean {
    return this.#unnamed.size > 0;
  }

  /** A row, read again. */
  rowAgain(sequence: number, carrier: string): void {
    if (this.#unnamed.has(sequence)) this.#carry(sequence, carrier);
  }

  #carry(sequence: number, ...carriers: string[]): void {
    const known = this.#carriers.get(sequence) ?? new Set<string>();
    for (const carrier of carriers) known.add(carrier);
    this.#carriers.set(sequence, known);
  }

  figures(): SequenceFigures {
    const { ranges } = this.#seen;
    const [first, last] = [ranges[0]?.first, ranges.at(-1)?.last];
    const missing = new Bounded<VersionRange>();
    let numbers = 0;
    for (const range of between(ranges)) {
      missing.add(range);
      numbers += range.last - range.first + 1;
    }
    const repeated = new Bounded<{ sequence: number; trades: string[] }>();
    for (const [sequence, trades] of [...this.#carriers].sort(([left], [right]) => left - right))
      if (trades.size > 1) repeated.add({ sequence, trades: [...trades].sort() });
    return {
      ...(first !== undefined && last !== undefined && { first, last }),
      missing: numbers,
      gaps: missing.figures(),
      repeated: repeated.figures(),
    };
  }
}

/** The ranges that lie between ranges. */
function between(ranges: readonly VersionRange[]): VersionRange[] {
  return ranges.flatMap(({ last }, index) => {
    const next = ranges[index + 1];
    return next ? gaps([next.first], last + 1) : [];
  });
}
