import { ExactNumber } from "./numbers.ts";

/** In which element of which array a field lies, for every array around it; arrays are numbered. */
export type Membership = ReadonlyMap<number, number>;

/** A single value of an event. Fields of one element of an array share one Membership. */
export interface Field {
  readonly value: unknown;
  readonly membership: Membership;
}

/** The fields of an event by path: names of members, joined with dots. */
export type Fields = ReadonlyMap<string, readonly Field[]>;

/** A JSON object, as opposed to an array or a single value. */
export function isFields(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

/**
 * Takes an event apart into single values, of which only those count that lie under the given names. Objects and
 * empty arrays leave nothing: to a pattern they are absent.
 */
export function flatten(event: unknown, names: ReadonlySet<string>): Fields {
  const fields = new Map<string, Field[]>();
  let arrays = 0;

  function add(value: unknown, path: string, membership: Membership): void {
    if (Array.isArray(value)) {
      const array = arrays++;
      for (const [index, each] of value.entries()) {
        const isNested = Array.isArray(each) || isFields(each);
        add(each, path, isNested ? new Map([...membership, [array, index]]) : membership);
      }
    } else if (isFields(value)) {
      for (const [name, each] of Object.entries(value))
        if (isUsed(name)) add(each, path === "" ? name : `${path}.${name}`, membership);
    } else {
      const known = fields.get(path);
      if (known) known.push({ value, membership });
      else fields.set(path, [{ value, membership }]);
    }
  }

  function isUsed(name: string): boolean {
    return names.has(name) || (name.includes(".") && name.split(".").every((part) => names.has(part)));
  }

  add(event, "", new Map());
  return fields;
}

/** Both memberships together; undefined if they lie in different elements of one array. */
export function together(first: Membership, second: Membership): Membership | undefined {
  if (second.size === 0) return first;
  if (first.size === 0) return second;
  const all = new Map(first);
  for (const [array, index] of second) {
    const known = all.get(array);
    if (known !== undefined && known !== index) return undefined;
    all.set(array, index);
  }
  return all;
}
