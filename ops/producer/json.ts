/** What of a value JSON would change, drop or refuse on the way: the producer refuses it before anything is sent. */
import type { Reason } from "../../functions/contract.ts";
import { decimalOfNumber } from "../../functions/domain/decimal.ts";
import { MAXIMUM_DEPTH, MAXIMUM_NUMBER_DIGITS, reason } from "../../functions/domain/reasons.ts";
import { bounded, quoted } from "../../functions/domain/text.ts";

/** Codes of what only a producer can do wrong, since no JSON shows it; the others are those of a rejected event. */
export const PRODUCER_REASONS = {
  "value.notJson":
    "text, number, boolean, null, plain object or array; a field that is undefined is left out",
  "integer.outOfRange": "an integer from -9223372036854775808 to 9223372036854775807, or text",
} as const;

/** EventBridge bounds JSON integers to 64 bits (EventBridge API reference, "PutEvents"). */
const INT64_BOUND = 2 ** 63;

/** A reason with a code of the producer's own. */
export function producerReason(
  code: keyof typeof PRODUCER_REASONS,
  field: string,
  value: unknown,
  allowed: string = PRODUCER_REASONS[code],
): Reason {
  return { code, field: bounded(field), value: kindOf(value), allowed };
}

/** Every reason against sending a value as JSON, in document order, each with its path, such as `legs[0].price`. */
export function* lossesOf(value: unknown, path = "", depth = 1): Generator<Reason> {
  const field = path === "" ? "detail" : path;
  if (typeof value === "string" || typeof value === "boolean" || value === null) return;
  if (typeof value === "number") {
    const lost = numberLoss(value, field);
    if (lost) yield lost;
  } else if (!isPlain(value)) {
    yield producerReason("value.notJson", field, value);
  } else if (depth > MAXIMUM_DEPTH) {
    // Also what an object that holds itself comes to.
    yield reason("detail.tooDeep", "detail", `deeper than ${MAXIMUM_DEPTH} at ${bounded(field, 64)}`);
  } else if (Array.isArray(value)) {
    // By index: a hole is `undefined`, which JSON would write as null.
    for (let index = 0; index < value.length; index += 1)
      yield* lossesOf(value[index], `${path}[${index}]`, depth + 1);
  } else {
    for (const [key, child] of Object.entries(value))
      if (child !== undefined) yield* lossesOf(child, memberPath(path, key), depth + 1);
  }
}

function numberLoss(number: number, field: string): Reason | undefined {
  const decimal = Number.isFinite(number) ? decimalOfNumber(number) : undefined;
  if (decimal === undefined) return reason("number.outOfRange", field, number);
  if (decimal.digits.length > MAXIMUM_NUMBER_DIGITS) return reason("number.tooManyDigits", field, number);
  // JSON.stringify writes integers below 10^21 with all their digits.
  if (Math.abs(number) >= INT64_BOUND && /^-?[0-9]+$/.test(String(number)))
    return producerReason("integer.outOfRange", field, number);
  return undefined;
}

/** Class instances are not plain: what JSON makes of one (a Map, a Date, a decimal) is seldom what it means. */
function isPlain(value: unknown): value is Record<string, unknown> | unknown[] {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function kindOf(value: unknown): string {
  if (typeof value === "bigint") return bounded(`${value}n`);
  if (typeof value === "function" || typeof value === "symbol") return typeof value;
  if (typeof value !== "object" || value === null || isPlain(value)) return quoted(value);
  return bounded(classOf(value));
}

function classOf(value: object): string {
  const made: unknown = Reflect.get(value, "constructor");
  return typeof made === "function" && made.name !== "" ? made.name : "object of a class";
}

function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `${path}[${JSON.stringify(key.slice(0, 64))}]`;
  return path === "" ? key : `${path}.${key}`;
}
