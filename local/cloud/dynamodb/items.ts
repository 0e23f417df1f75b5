import type { Item } from "./dynalite.ts";

/** Sizes and equality of items as DynamoDB counts them. */

/** Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB": 400 KB an item, names included. */
export const MAXIMUM_ITEM_BYTES = 400 * 1024;

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

/** Bytes of an item: names and values ("DynamoDB item sizes and formats"). */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) bytes += Buffer.byteLength(name) + valueBytes(value);
  }
  return bytes;
}

function valueBytes(value: Record<string, unknown>): number {
  for (const type in value) {
    const content = value[type];
    switch (type) {
      case "S":
        return Buffer.byteLength(content as string);
      case "N":
        return numberBytes(content as string);
      case "B":
        return Buffer.byteLength(content as string, "base64");
      case "SS":
        return sum(content as string[], (entry) => Buffer.byteLength(entry));
      case "NS":
        return sum(content as string[], numberBytes);
      case "BS":
        return sum(content as string[], (entry) => Buffer.byteLength(entry, "base64"));
      case "L":
        return 3 + sum(content as Record<string, unknown>[], (entry) => 1 + valueBytes(entry));
      case "M":
        return 3 + Object.keys(content as Item).length + itemBytes(content as Item);
    }
  }
  // NULL and BOOL.
  return 1;
}

/** About one byte for two significant digits, and one more. */
function numberBytes(number: string): number {
  const digits = number.replace(/[eE].*$/, "").replace(/[-+.]/g, "");
  const significant = digits.replace(/^0+/, "").replace(/0+$/, "").length;
  return Math.ceil(significant / 2) + 1 + (number.startsWith("-") ? 1 : 0);
}

function sum<T>(values: readonly T[], bytes: (value: T) => number): number {
  let total = 0;
  for (const value of values) total += bytes(value);
  return total;
}

/** Write units of an item that is put, replaced or deleted: one a KB of the larger image, at least one. */
export function writeUnits(before: Item | undefined, after: Item | undefined): number {
  const bytes = Math.max(before ? itemBytes(before) : 0, after ? itemBytes(after) : 0);
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

/** Read units of one item: one for 4 KB, half of it if the read is eventually consistent. */
export function readUnits(item: Item | undefined, isConsistent: boolean): number {
  const units = item ? Math.max(1, Math.ceil(itemBytes(item) / READ_UNIT_BYTES)) : 1;
  return isConsistent ? units : units / 2;
}

/** Whether every attribute of a projected item is the same in another image. */
export function isSameProjection(projected: Item, image: Item): boolean {
  return Object.keys(projected).every((name) => isSame(projected[name], image[name], false));
}

/** Whether two images are the same: sets have no order. */
export function isSameItem(one: Item | undefined, other: Item | undefined): boolean {
  return one === undefined || other === undefined ? one === other : isSame(one, other, false);
}

function isSame(one: unknown, other: unknown, isSet: boolean): boolean {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return one === other;
  if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) return false;
    const [first, second] = isSet ? [one.toSorted(), other.toSorted()] : [one, other];
    return first.every((entry, index) => isSame(entry, second[index], false));
  }
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every(
    (name) =>
      name in other &&
      isSame(
        (one as Record<string, unknown>)[name],
        (other as Record<string, unknown>)[name],
        name.length === 2 && name.endsWith("S"),
      ),
  );
}
