import { isOperator, leafMatcher, type Matches } from "./operators.ts";

/** Whether an event, or a part of one, satisfies a pattern. */
export type Pattern = (event: unknown) => boolean;

type Fields = Record<string, unknown>;

/** Most bytes of a pattern (EventBridge quotas; up to 4,096 without a raised quota). */
const MAXIMUM_PATTERN_BYTES = 4_096;

/**
 * Reads an event pattern (EventBridge, "Creating event patterns" and "Comparison operators for use in event
 * patterns"). Throws an Error that names the place and what is allowed there. Numbers are compared by value: that
 * EventBridge tells 300 from 3.0e2 in an exact match is not visible in decoded JSON.
 */
export function parsePattern(text: string): Pattern {
  if (Buffer.byteLength(text) > MAXIMUM_PATTERN_BYTES)
    throw new Error(`The pattern has ${Buffer.byteLength(text)} bytes; allowed: ${MAXIMUM_PATTERN_BYTES}`);
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch (error) {
    throw new Error(`The pattern is not JSON: ${(error as Error).message}`);
  }
  if (!isFields(pattern)) throw new Error("The pattern is not an object");
  return objectPattern(pattern, "$");
}

/** Every member has to match; a list of alternatives under `$or` needs one of them. */
function objectPattern(pattern: Fields, where: string): Pattern {
  const members = Object.entries(pattern);
  if (members.length === 0) throw new Error(`${where} is empty; an object needs at least one field`);
  const parts = members.map(([name, value]) =>
    name === "$or" && isAlternatives(value)
      ? alternatives(value, `${where}.$or`)
      : member(name, value, `${where}.${name}`),
  );
  return (event) => parts.every((part) => part(event));
}

/** `$or` is a keyword only with two or more objects that are not operators themselves. */
function isAlternatives(value: unknown): value is Fields[] {
  return (
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every((each) => isFields(each) && Object.keys(each).length > 0 && !isOperator(each))
  );
}

function alternatives(value: readonly Fields[], where: string): Pattern {
  const each = value.map((pattern, index) => objectPattern(pattern, `${where}[${index}]`));
  return (event) => each.some((pattern) => pattern(event));
}

function member(name: string, value: unknown, where: string): Pattern {
  if (isFields(value)) return nested(name, objectPattern(value, where));
  if (!Array.isArray(value))
    throw new Error(`${where} is ${JSON.stringify(value)}; allowed: a list or an object`);
  if (value.length === 0) throw new Error(`${where} is an empty list; at least one value is needed`);
  const matchers = value.map((each, index) => leafMatcher(each, `${where}[${index}]`));
  return (event) => anyMatches(leavesOf(read(event, name)), matchers);
}

/** A list in the event matches if one of its objects matches as a whole. */
function nested(name: string, pattern: Pattern): Pattern {
  const test = (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 ? value.some(test) : pattern(value);
  return (event) => test(read(event, name));
}

function anyMatches(leaves: readonly unknown[], matchers: readonly Matches[]): boolean {
  return leaves.length === 0
    ? matchers.some((matches) => matches(undefined))
    : matchers.some((matches) => leaves.some(matches));
}

/** The single values of a field. Objects have none: comparison works on leaves. */
function leavesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return value === undefined || isFields(value) ? [] : [value];
}

function read(event: unknown, name: string): unknown {
  return isFields(event) && Object.hasOwn(event, name) ? event[name] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
