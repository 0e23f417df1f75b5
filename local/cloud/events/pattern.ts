import { type Field, type Fields, flatten, isFields, type Membership, together } from "./flatten.ts";
import { parseJson } from "./numbers.ts";
import { isAbsence, leafMatcher, type Matches } from "./operators.ts";

/** Whether an event, or a part of one, satisfies a pattern. */
export type Pattern = (event: unknown) => boolean;

/** Most bytes of a pattern (EventBridge quotas; 2,048 without a raised quota). */
const MAXIMUM_PATTERN_BYTES = 4_096;

/** Most combinations of the alternatives under `$or` (EventBridge, "Event pattern considerations"). */
const MAXIMUM_COMBINATIONS = 1_000;

/** What `$or` takes for operators, now or in future, and therefore not for fields. */
const RESERVED = new Set(
  (
    "exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex " +
    "not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range " +
    "ip-address-in-range ip-address-not-in-range"
  ).split(" "),
);

/** What a field has to satisfy. */
interface Condition {
  readonly path: string;
  readonly mayBeAbsent: boolean;
  readonly matches: Matches;
}

/** Conditions by path that have to hold together. */
type Combination = ReadonlyMap<string, Condition>;

/**
 * Reads an event pattern (EventBridge, "Creating event patterns" and "Comparison operators for use in event
 * patterns"). Throws an Error that names the place and what is allowed there.
 */
export function parsePattern(text: string): Pattern {
  if (Buffer.byteLength(text) > MAXIMUM_PATTERN_BYTES)
    throw new Error(`The pattern has ${Buffer.byteLength(text)} bytes; allowed: ${MAXIMUM_PATTERN_BYTES}`);
  let pattern: unknown;
  try {
    pattern = parseJson(text);
  } catch (error) {
    throw new Error(`The pattern is not JSON: ${(error as Error).message}`);
  }
  if (!isFields(pattern)) throw new Error("The pattern is not an object");
  const combinations = combinationsOf(pattern);
  const names = new Set(combinations.flatMap((each) => [...each.keys()]).flatMap((path) => path.split(".")));
  // In the order of their paths, as EventBridge compares: where an absent field could be depends on what came before.
  const sorted = combinations.map((each) => [...each.values()].sort((a, b) => (a.path < b.path ? -1 : 1)));
  return (event) => {
    const fields = flatten(event, names);
    return sorted.some((conditions) => hold(conditions, 0, fields, new Map()));
  };
}

/** Whether the conditions from an index on hold for fields that lie together in the arrays of the event. */
function hold(
  conditions: readonly Condition[],
  index: number,
  fields: Fields,
  membership: Membership,
): boolean {
  const condition = conditions[index];
  if (!condition) return true;
  const { path, mayBeAbsent, matches } = condition;
  const present: readonly Field[] = fields.get(path) ?? [];
  if (
    mayBeAbsent &&
    !present.some((field) => together(membership, field.membership)) &&
    hold(conditions, index + 1, fields, membership)
  )
    return true;
  const tried = new Set<Membership>();
  return present.some((field) => {
    if (tried.has(field.membership) || !matches(field.value)) return false;
    tried.add(field.membership);
    const joined = together(membership, field.membership);
    return joined !== undefined && hold(conditions, index + 1, fields, joined);
  });
}

/** `$or` is a field like any other if the pattern cannot be read with it as the keyword. */
function combinationsOf(pattern: Record<string, unknown>): Combination[] {
  try {
    return combine(pattern, [], [new Map()], { hasOr: true, isInOr: false });
  } catch (error) {
    try {
      return combine(pattern, [], [new Map()], { hasOr: false, isInOr: false });
    } catch {
      throw error;
    }
  }
}

interface Mode {
  readonly hasOr: boolean;
  readonly isInOr: boolean;
}

/** The combinations with what an object asks for added to each of them; a later condition replaces an earlier one. */
function combine(
  object: Record<string, unknown>,
  place: readonly string[],
  before: readonly Combination[],
  mode: Mode,
): Combination[] {
  const members = Object.entries(object);
  const where = ["$", ...place].join(".");
  if (members.length === 0) throw new Error(`${where} is empty; an object needs at least one field`);
  let combinations = [...before];
  for (const [name, value] of members) {
    if (name === "$or" && mode.hasOr) {
      combinations = alternatives(value, place).flatMap((each) =>
        combine(each, place, combinations, { ...mode, isInOr: true }),
      );
    } else if (mode.isInOr && RESERVED.has(name)) {
      throw new Error(`${where}.${name}: an operator cannot be a field under $or`);
    } else if (isFields(value)) {
      combinations = combine(value, [...place, name], combinations, mode);
    } else {
      const condition = conditionOf(value, [...place, name]);
      combinations = combinations.map((each) => new Map(each).set(condition.path, condition));
    }
    if (combinations.length > MAXIMUM_COMBINATIONS)
      throw new Error(`${where}.$or has more than ${MAXIMUM_COMBINATIONS} combinations`);
  }
  return combinations;
}

function alternatives(value: unknown, place: readonly string[]): Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length < 2 || !value.every(isFields))
    throw new Error(`${["$", ...place].join(".")}.$or; allowed: a list of two or more objects`);
  return value;
}

function conditionOf(value: unknown, place: readonly string[]): Condition {
  const where = ["$", ...place].join(".");
  if (!Array.isArray(value))
    throw new Error(`${where} is ${JSON.stringify(value)}; allowed: a list or an object`);
  if (value.length === 0) throw new Error(`${where} is an empty list; at least one value is needed`);
  const tests = value.map((each, index) => leafMatcher(each, `${where}[${index}]`));
  return {
    path: place.join("."),
    mayBeAbsent: value.some(isAbsence),
    matches: (each) => tests.some((test) => test(each)),
  };
}
