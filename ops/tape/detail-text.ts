/** What a reader of a Detail text would lose without a word: the producer's side refuses it. */
import { decimalOfNumber, parseDecimal } from "../../functions/domain/decimal.ts";
import { tokensOf } from "../../functions/domain/json-tokens.ts";
import { bounded } from "../../functions/domain/text.ts";

/** Objects and arrays within each other, Detail itself included; JSON readers differ in how many they take. */
export const MAXIMUM_NESTING = 1_000;

/** EventBridge bounds JSON integers to 64 bits (EventBridge user guide, "Event patterns"). */
const INT64 = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n };

const MAXIMUM_PATH_LENGTH = 200;

/** An object or array that is not closed yet, and where in it the reader is. */
interface Open {
  /** Keys seen so far; undefined for an array. */
  keys: Set<string> | undefined;
  key: string;
  index: number;
  isKeyNext: boolean;
}

/**
 * The first thing in a Detail text that would change silently on its way, as a sentence with its JSON path: a number
 * that a double alters, an integer beyond 64 bits, a key that occurs twice in one object, too deep nesting.
 * Undefined if there is none. The text must be valid JSON.
 */
export function whatWouldBeLost(text: string): string | undefined {
  const open: Open[] = [];
  for (const { kind, start, end } of tokensOf(text)) {
    const inner = open.at(-1);
    if (kind === "{" || kind === "[") {
      if (open.length === MAXIMUM_NESTING)
        return `Detail: must have at most ${MAXIMUM_NESTING} levels of objects and arrays within each other`;
      if (inner) inner.isKeyNext = false;
      const isObject = kind === "{";
      open.push({ keys: isObject ? new Set() : undefined, key: "", index: 0, isKeyNext: isObject });
    } else if (kind === "}" || kind === "]") {
      open.pop();
    } else if (kind === ",") {
      if (inner?.keys) inner.isKeyNext = true;
      else if (inner) inner.index += 1;
    } else if (kind === '"' && inner?.keys && inner.isKeyNext) {
      inner.isKeyNext = false;
      inner.key = JSON.parse(text.slice(start, end)) as string;
      if (inner.keys.has(inner.key)) return `${pathOf(open)}: must occur once in its object, occurs again`;
      inner.keys.add(inner.key);
    } else if (/[-0-9]/.test(kind)) {
      const problem = numberProblem(text.slice(start, end));
      if (problem) return `${pathOf(open)}: ${problem}`;
    }
  }
  return undefined;
}

function numberProblem(text: string): string | undefined {
  const number = Number(text);
  if (!survives(text, number))
    return `must be a number that a 64-bit float keeps exactly, as it keeps 15 significant digits, or a text; got ${bounded(text)}`;
  const integer = [text, String(number)].find((form) => /^-?[0-9]+$/.test(form));
  if (integer !== undefined && (BigInt(integer) < INT64.least || BigInt(integer) > INT64.greatest))
    return `must be an integer from ${INT64.least} to ${INT64.greatest}, or a text; got ${bounded(text)}`;
  return undefined;
}

/** Whether the shortest text of the double that is read is the number that was written. */
function survives(text: string, number: number): boolean {
  const written = parseDecimal(text);
  const read = Number.isFinite(number) ? decimalOfNumber(number) : undefined;
  return (
    written !== undefined &&
    read !== undefined &&
    written.negative === read.negative &&
    written.digits === read.digits &&
    written.exponent === read.exponent
  );
}

function pathOf(open: readonly Open[]): string {
  const steps = open.map(({ keys, key, index }) => {
    if (!keys) return `[${index}]`;
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return bounded(`Detail${steps.join("")}`, MAXIMUM_PATH_LENGTH);
}
