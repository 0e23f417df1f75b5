import { isJson } from "../cloud/input.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isRecord } from "../program/wire.ts";
import { samePolicy, texts } from "./resource-type.ts";

/** What is found of inputs; undefined is "none". */
type FoundInputs = Readonly<Record<string, unknown>>;

/**
 * Inputs that are other in the local cloud than they are stated, or than `defaults` where they are left out. What says
 * the same in another form is no drift: a number as text, JSON with other spaces, an absent list instead of an empty one.
 */
export function drift(inputs: Properties, found: FoundInputs, defaults: FoundInputs = {}): Properties {
  return Object.fromEntries(
    Object.entries(found).flatMap(([input, value]) => {
      const usual = defaults[input];
      const stated = completed(inputs[input], usual);
      return isSame(stated, value ?? usual) ? [] : [[input, (value ?? null) as Value]];
    }),
  );
}

/** What is stated, with what is usual where it says nothing. */
function completed(stated: Value | undefined, usual: unknown): unknown {
  return isRecord(stated) && isJson(usual) ? { ...usual, ...stated } : (stated ?? usual);
}

/** A list that is a set: in the order that is stated, if it has the same members. */
export function sameSet(stated: Value | undefined, found: unknown): Value {
  const now = Array.isArray(found) ? found.map(String) : [];
  const then = texts(stated);
  const isEqual = then.length === now.length && then.every((each) => now.includes(each));
  return isEqual && stated !== undefined ? stated : now;
}

/** A structure of a service as inputs: its members by the inputs that set them, without what is not there. */
export function taken(given: unknown, members: Readonly<Record<string, string>>): Properties {
  if (!isJson(given)) return {};
  return Object.fromEntries(
    Object.entries(members).flatMap(([input, member]) => {
      const value = given[member];
      return value === undefined || value === null ? [] : [[input, value as Value]];
    }),
  );
}

/** Whether two values say the same. */
export function isSame(stated: unknown, found: unknown): boolean {
  if (isEmpty(stated) && isEmpty(found)) return true;
  if (typeof stated === "string" && stated.startsWith("{")) return samePolicy(stated, found) === stated;
  return canonical(stated) === canonical(found);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === "";
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (isRecord(value as Value))
    return `{${Object.entries(value as Properties)
      .filter(([, inner]) => !isEmpty(inner))
      .map(([key, inner]) => `${key}:${canonical(inner)}`)
      .sort()
      .join()}}`;
  return JSON.stringify(String(value));
}
