/** What tells items of a table apart: trade and version, or event and attempt. */
export interface Key {
  readonly id: string;
  readonly part: string | number;
}

/** Orders keys by id, then by part; text by UTF-16 code unit. */
export function compareKeys(left: Key, right: Key): number {
  return compareValues(left.id, right.id) || compareValues(left.part, right.part);
}

export function compareValues(left: string | number, right: string | number): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Text that is the same for the same key only. */
export function keyText({ id, part }: Key): string {
  return JSON.stringify([id, part]);
}
