import type { Properties, Value } from "../program/wire.ts";
import { differences } from "../providers/differences.ts";
import { SECRET } from "./snapshot.ts";

/** One place in which a resource, or the outputs, differ. */
export interface PropertyChange {
  path: string;
  /** Left out where there was, or is, nothing. */
  before?: Value;
  after?: Value;
  /** The change takes a new resource. */
  replaces: boolean;
}

/** The change at a path; text that is JSON on both sides as the places inside it. None between a secret and its mark. */
export function propertyChange(
  path: string,
  before: Value | undefined,
  after: Value | undefined,
  replaces: boolean,
): PropertyChange[] {
  if (isSecret(before) && isSecret(after) && (before === SECRET || after === SECRET)) return [];
  const [inside, outside] = [document(before), document(after)];
  if (inside && outside) {
    const places = [...new Set([...differences(inside, outside).keys()].map(listOf(inside, outside)))];
    if (places.length > 0)
      return places.flatMap((place) =>
        placeChange(`${path}: ${place}`, valueAt(inside, place), valueAt(outside, place), replaces),
      );
  }
  return [shown(path, before, after, replaces)];
}

/** The list that a path is an entry of, if both hold only text there; else the path. */
function listOf(before: Properties, after: Properties): (path: string) => string {
  return (path) => {
    const list = path.replace(/\[\d+\]$/, "");
    const isList = [before, after].every((each) => isTexts(valueAt(each, list)));
    return list !== path && isList ? list : path;
  };
}

/** Of a list of text, each entry that is gone and each that is new, since one that goes moves all that follow. */
function placeChange(
  path: string,
  before: Value | undefined,
  after: Value | undefined,
  replaces: boolean,
): PropertyChange[] {
  if (!isTexts(before) || !isTexts(after)) return [shown(path, before, after, replaces)];
  const gone = before.filter((each) => !after.includes(each));
  const made = after.filter((each) => !before.includes(each));
  if (gone.length + made.length === 0) return [shown(path, before, after, replaces)];
  return [
    ...gone.map((each) => shown(path, each, undefined, replaces)),
    ...made.map((each) => shown(path, undefined, each, replaces)),
  ];
}

function isTexts(value: Value | undefined): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function shown(
  path: string,
  before: Value | undefined,
  after: Value | undefined,
  replaces: boolean,
): PropertyChange {
  return {
    path,
    ...(before === undefined ? {} : { before: masked(before) }),
    ...(after === undefined ? {} : { after: masked(after) }),
    replaces,
  };
}

function isSecret(value: Value | undefined): boolean {
  return typeof value === "string" && value.startsWith(SECRET);
}

function masked(value: Value): Value {
  if (isSecret(value)) return SECRET;
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}

function document(value: Value | undefined): Properties | undefined {
  if (typeof value !== "string" || !value.startsWith("{")) return undefined;
  try {
    return JSON.parse(value) as Properties;
  } catch {
    return undefined;
  }
}

/** The value at a path such as `tags.Owner` or `subnetIds[1]`; keys may hold points themselves. */
export function valueAt(properties: Properties, path: string): Value | undefined {
  return find(properties, path);

  function find(value: Value | undefined, rest: string): Value | undefined {
    if (rest === "") return value;
    const index = /^\[(\d+)\]\.?/.exec(rest);
    if (index && Array.isArray(value)) return find(value[Number(index[1])], rest.slice(index[0].length));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const key = Object.keys(value)
      .filter((each) => rest === each || (rest.startsWith(each) && /^[.[]/.test(rest.slice(each.length))))
      .sort((a, b) => b.length - a.length)[0];
    if (key === undefined) return undefined;
    return find(value[key], rest.slice(key.length).replace(/^\./, ""));
  }
}
