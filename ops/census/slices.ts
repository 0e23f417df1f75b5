/** Longest window of one census, in milliseconds: a busy hour is what a function gets through in its time. */
const LONGEST_SLICE = 3_600_000;

export interface Slice {
  readonly from: number;
  readonly to: number;
}

/** The window in parts that follow each other without a gap, each at most an hour. */
export function slicesOf({ from, to }: Slice): Slice[] {
  const count = Math.ceil((to - from) / LONGEST_SLICE);
  return Array.from({ length: count }, (_, index) => ({
    from: from + index * LONGEST_SLICE,
    to: Math.min(to, from + (index + 1) * LONGEST_SLICE),
  }));
}
