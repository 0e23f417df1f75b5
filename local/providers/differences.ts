import type { Properties, Value } from "../program/wire.ts";
import { isRecord, withoutSecrets } from "../program/wire.ts";

/** How a property differs: as the engine's detailed diffs call it. */
export type Difference = "ADD" | "DELETE" | "UPDATE";

/**
 * Every place in which two sets of inputs differ, by path such as `tags.Owner` or `subnetIds[1]`. Whether a value is
 * secret makes no difference. Paths at or below one in `ignore` are left out.
 */
export function differences(
  before: Properties,
  after: Properties,
  ignore: readonly string[] = [],
): Map<string, Difference> {
  const found = new Map<string, Difference>();
  compare("", withoutSecrets(before), withoutSecrets(after), found);
  for (const path of [...found.keys()]) if (ignore.some((each) => isWithin(path, each))) found.delete(path);
  return found;
}

/** The input that a path is in. */
export function inputOf(path: string): string {
  return path.split(/[.[]/)[0] ?? path;
}

function isWithin(path: string, place: string): boolean {
  return path === place || (path.startsWith(place) && /^[.[]/.test(path.slice(place.length)));
}

function compare(
  path: string,
  before: Value | undefined,
  after: Value | undefined,
  found: Map<string, Difference>,
) {
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare(path === "" ? key : `${path}.${key}`, before[key], after[key], found);
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1)
      compare(`${path}[${index}]`, before[index], after[index], found);
  } else if (before !== after && !(isAbsent(before) && isAbsent(after))) {
    found.set(path, isAbsent(before) ? "ADD" : isAbsent(after) ? "DELETE" : "UPDATE");
  }
}

function isAbsent(value: Value | undefined): boolean {
  return value === undefined || value === null;
}
