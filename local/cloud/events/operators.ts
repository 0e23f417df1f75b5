import { addressDigits, blockBounds } from "./addresses.ts";
import { isFields } from "./flatten.ts";
import { ExactNumber } from "./numbers.ts";
import { wildcardMatcher } from "./wildcard.ts";

/** Whether a single value that is there matches. */
export type Matches = (value: unknown) => boolean;

type Fields = Record<string, unknown>;

/** What numeric comparison takes: -5e9 to 5e9 (EventBridge, "Numeric matching"). */
const LARGEST_NUMBER = 5_000_000_000;

const OPERATORS: Readonly<Record<string, (operand: unknown, where: string) => Matches>> = {
  "anything-but": anythingBut,
  cidr,
  "equals-ignore-case": (operand, where) => onText(ignoringCase(text(operand, where), "^", "$")),
  exists,
  numeric,
  prefix: (operand, where) => affix("prefix", operand, where),
  suffix: (operand, where) => affix("suffix", operand, where),
  wildcard: (operand, where) => onText(wildcardMatcher(text(operand, where), where)),
};

/** Whether an element of a field's list is `{"exists": false}`: it matches the field that is not there. */
export function isAbsence(element: unknown): boolean {
  return isFields(element) && element.exists === false;
}

/** One element of a field's list: a value to be equal to, or an operator. Throws an Error that names the place. */
export function leafMatcher(element: unknown, where: string): Matches {
  if (!isFields(element)) return equalTo(element, where);
  const [name, operand] = single(element, where);
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (!operator)
    throw new Error(`${where}: unknown operator ${name}; allowed: ${Object.keys(OPERATORS).join(", ")}`);
  return operator(operand, `${where}.${name}`);
}

/** Numbers are equal by value, those that no double holds by their text, and addresses as addresses. */
function equalTo(element: unknown, where: string): Matches {
  if (Array.isArray(element))
    throw new Error(`${where} is ${JSON.stringify(element)}; allowed: a value or an operator`);
  if (element instanceof ExactNumber)
    return (value) => value instanceof ExactNumber && value.text === element.text;
  const address = typeof element === "string" ? addressDigits(element) : undefined;
  if (address !== undefined) return onAddress((digits) => digits.startsWith(address));
  return (value) => value === element;
}

function exists(operand: unknown, where: string): Matches {
  if (typeof operand !== "boolean")
    throw new Error(`${where} is ${JSON.stringify(operand)}; allowed: true, false`);
  return () => operand;
}

/** Each character as it is in small or in capital letters, which may be several. */
function ignoringCase(wanted: string, start: "^" | "", end: "$" | ""): (value: string) => boolean {
  const characters = wanted.split("").map((character) => {
    const forms = new Set([character, character.toLowerCase(), character.toUpperCase()]);
    return `(?:${[...forms].map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|")})`;
  });
  const expression = new RegExp(`${start}${characters.join("")}${end}`, "s");
  return (value) => expression.test(value);
}

/** Prefix and suffix: a text, or `{"equals-ignore-case": text}`. */
function affix(kind: "prefix" | "suffix", operand: unknown, where: string): Matches {
  const isPrefix = kind === "prefix";
  if (!isFields(operand)) {
    const wanted = text(operand, where);
    return onText((value) => (isPrefix ? value.startsWith(wanted) : value.endsWith(wanted)));
  }
  const [name, given] = single(operand, where);
  if (name !== "equals-ignore-case")
    throw new Error(`${where}.${name}; allowed: a text or equals-ignore-case`);
  return onText(ignoringCase(text(given, `${where}.${name}`), isPrefix ? "^" : "", isPrefix ? "" : "$"));
}

/** A value that is there and matches none of the operands; each operator may have one operand or a list. */
function anythingBut(operand: unknown, where: string): Matches {
  const unwanted = isFields(operand) ? unwantedBy(operand, where) : unwantedValues(operand, where);
  return (value) => !unwanted.some((matches) => matches(value));
}

function unwantedValues(operand: unknown, where: string): Matches[] {
  const values = listOf(operand);
  const kinds = new Set(values.map((value) => typeof value));
  if (values.length === 0 || kinds.size > 1 || !["string", "number"].includes([...kinds][0] ?? ""))
    throw new Error(`${where} is ${JSON.stringify(operand)}; allowed: texts, or numbers, or one operator`);
  return values.map((unwanted) => (value) => value === unwanted);
}

function unwantedBy(operand: Fields, where: string): Matches[] {
  const [name, given] = single(operand, where);
  const operator = ["prefix", "suffix", "equals-ignore-case", "wildcard"].includes(name) && OPERATORS[name];
  if (!operator) throw new Error(`${where}.${name}; allowed: prefix, suffix, equals-ignore-case, wildcard`);
  return listOf(given).map((each) => {
    if (each === "" && name.endsWith("fix")) throw new Error(`${where}.${name} is empty; allowed: some text`);
    return operator(text(each, `${where}.${name}`), `${where}.${name}`);
  });
}

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  "=": (value, limit) => value === limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
};

/** `["=", 5]`, one bound, or a range such as `[">", 0, "<=", 5]`: a lower bound, then an upper one above it. */
function numeric(operand: unknown, where: string): Matches {
  const refuse = () =>
    new Error(
      `${where} is ${JSON.stringify(operand)}; allowed: ["=", n], [">", n], or a range [">=", n, "<", m], ` +
        `with numbers from -${LARGEST_NUMBER} to ${LARGEST_NUMBER}`,
    );
  const [first, lower, second, upper] = Array.isArray(operand) ? operand : [];
  const compareFirst = COMPARISONS[String(first)];
  if (!compareFirst || !isComparable(lower)) throw refuse();
  if ((operand as unknown[]).length === 2) return onNumber((value) => compareFirst(value, lower));
  const compareSecond = COMPARISONS[String(second)];
  const isRange = String(first).startsWith(">") && String(second).startsWith("<");
  if ((operand as unknown[]).length !== 4 || !isRange || !compareSecond || !isComparable(upper))
    throw refuse();
  if (lower >= upper) throw refuse();
  return onNumber((value) => compareFirst(value, lower) && compareSecond(value, upper));
}

function isComparable(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= LARGEST_NUMBER;
}

/** An address in a block such as 10.0.0.0/24. */
function cidr(operand: unknown, where: string): Matches {
  const bounds = blockBounds(text(operand, where));
  if (!bounds)
    throw new Error(`${where} is ${JSON.stringify(operand)}; allowed: a block such as 10.0.0.0/24`);
  const { lowest, highest } = bounds;
  return onAddress((digits) => {
    const part = digits.slice(0, lowest.length);
    return part.length === lowest.length && part >= lowest && part <= highest;
  });
}

function onAddress(test: (digits: string) => boolean): Matches {
  return onText((value) => {
    const digits = addressDigits(value);
    return digits !== undefined && test(digits);
  });
}

function onText(test: (value: string) => boolean): Matches {
  return (value) => typeof value === "string" && test(value);
}

function onNumber(test: (value: number) => boolean): Matches {
  return (value) => typeof value === "number" && test(value);
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string") throw new Error(`${where} is ${JSON.stringify(value)}; allowed: a text`);
  return value;
}

function single(fields: Fields, where: string): [string, unknown] {
  const [entry, ...others] = Object.entries(fields);
  if (!entry || others.length > 0)
    throw new Error(`${where} is ${JSON.stringify(fields)}; allowed: an object with one operator`);
  return entry;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
