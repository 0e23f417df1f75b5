import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isObject } from "./paths.ts";

/** Computes an intrinsic function from its arguments. Throws a TypeError or RangeError for what it does not take. */
export type Compute = (values: readonly unknown[], random: () => number) => unknown;

interface IntrinsicFunction {
  /** Fewest and most arguments. */
  readonly takes: readonly [number, number];
  readonly compute: Compute;
}

const HASHES = ["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"];
/** Longest text that is hashed, encoded or decoded, in characters. */
const MAXIMUM_CHARACTERS = 10_000;
/** Longest array that States.ArrayRange makes. */
const MAXIMUM_RANGE = 1_000;

/** Step Functions, "Intrinsic functions for JSONPath states"; States.Format is prepared with its template. */
export const INTRINSIC_FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = {
  "States.Array": { takes: [0, Number.POSITIVE_INFINITY], compute: (values) => values },
  "States.ArrayContains": {
    takes: [2, 2],
    compute: ([array, wanted]) => list(array).some((each) => isDeepStrictEqual(each, wanted)),
  },
  "States.ArrayGetItem": { takes: [2, 2], compute: ([array, index]) => item(list(array), integer(index)) },
  "States.ArrayLength": { takes: [1, 1], compute: ([array]) => list(array).length },
  "States.ArrayPartition": {
    takes: [2, 2],
    compute: ([array, size]) => partition(list(array), integer(size)),
  },
  "States.ArrayRange": {
    takes: [3, 3],
    compute: ([first, last, step]) => range(integer(first), integer(last), integer(step)),
  },
  "States.ArrayUnique": {
    takes: [1, 1],
    compute: ([array]) =>
      list(array).filter(
        (each, index, all) => all.findIndex((other) => isDeepStrictEqual(each, other)) === index,
      ),
  },
  "States.Base64Decode": {
    takes: [1, 1],
    compute: ([value]) => Buffer.from(bounded(text(value)), "base64").toString("utf8"),
  },
  "States.Base64Encode": {
    takes: [1, 1],
    compute: ([value]) => Buffer.from(bounded(text(value))).toString("base64"),
  },
  "States.Hash": { takes: [2, 2], compute: ([value, algorithm]) => hash(value, text(algorithm)) },
  "States.JsonMerge": { takes: [3, 3], compute: ([left, right, deep]) => merge(left, right, deep) },
  "States.JsonToString": { takes: [1, 1], compute: ([value]) => JSON.stringify(value) },
  "States.MathAdd": { takes: [2, 2], compute: ([left, right]) => integer(integer(left) + integer(right)) },
  "States.MathRandom": {
    takes: [2, 3],
    compute: ([start, end, seed], random) =>
      randomInteger(integer(start), integer(end), seed === undefined ? random() : seeded(integer(seed))),
  },
  "States.StringSplit": {
    takes: [2, 2],
    compute: ([value, separators]) => split(text(value), text(separators)),
  },
  "States.StringToJson": { takes: [1, 1], compute: ([value]) => JSON.parse(text(value)) },
  "States.UUID": { takes: [0, 0], compute: (_values, random) => uuid(random) },
};

function item(array: readonly unknown[], index: number): unknown {
  if (index < 0 || index >= array.length)
    throw new RangeError(`index ${index} is outside the array, which has ${array.length} items`);
  return array[index];
}

function partition(array: readonly unknown[], size: number): unknown[] {
  if (size < 1) throw new RangeError(`the chunk size is ${size}; allowed is a positive integer`);
  const chunks: unknown[] = [];
  for (let start = 0; start < array.length; start += size) chunks.push(array.slice(start, start + size));
  return chunks;
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new RangeError("the step is 0; allowed is an integer other than 0");
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > MAXIMUM_RANGE)
    throw new RangeError(`the range has ${length} items; allowed are at most ${MAXIMUM_RANGE}`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function hash(value: unknown, algorithm: string): string {
  if (!HASHES.includes(algorithm))
    throw new RangeError(`the algorithm is ${JSON.stringify(algorithm)}; allowed are ${HASHES.join(", ")}`);
  const data = bounded(typeof value === "string" ? value : JSON.stringify(value));
  return createHash(algorithm.replace("-", "").toLowerCase()).update(data).digest("hex");
}

function merge(left: unknown, right: unknown, deep: unknown): Record<string, unknown> {
  if (deep !== false) throw new TypeError("the third argument must be false: only shallow merging exists");
  return { ...object(left), ...object(right) };
}

function randomInteger(start: number, end: number, chance: number): number {
  if (start >= end) throw new RangeError(`the start ${start} must be less than the end ${end}`);
  return start + Math.floor(chance * (end - start));
}

/** The same number in [0, 1) for the same seed; which one, AWS does not document. */
function seeded(seed: number): number {
  return createHash("sha256").update(String(seed)).digest().readUInt32BE() / 2 ** 32;
}

function uuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16));
  digits[12] = 4;
  digits[16] = 8 + ((digits[16] ?? 0) % 4);
  const hex = digits.map((digit) => digit.toString(16)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function split(value: string, separators: string): string[] {
  const parts = [""];
  for (const character of value)
    if (separators.includes(character)) parts.push("");
    else parts[parts.length - 1] += character;
  return parts.filter((part) => part !== "");
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("an array is expected");
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a string is expected");
  return value;
}

function bounded(value: string): string {
  if (value.length > MAXIMUM_CHARACTERS)
    throw new RangeError(`the text has ${value.length} characters; allowed are ${MAXIMUM_CHARACTERS}`);
  return value;
}

/** Other numbers are rounded to the nearest integer, halves up. */
function integer(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("a number is expected");
  const rounded = Math.round(value) + 0;
  if (rounded < -(2 ** 31) || rounded >= 2 ** 31)
    throw new RangeError(`${value} is out of range; allowed is -2147483648 to 2147483647`);
  return rounded;
}

function object(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new TypeError("an object is expected");
  return value;
}
