import { BlockList, isIP } from "node:net";
import { wildcardMatcher } from "./wildcard.ts";

/** Whether a single value of the event matches; undefined stands for a field that is absent. */
export type Matches = (value: unknown) => boolean;

type Fields = Record<string, unknown>;

/** What numeric comparison takes: -5e9 to 5e9 (EventBridge, "Numeric matching"). */
const LARGEST_NUMBER = 5_000_000_000;

const OPERATORS: Readonly<Record<string, (operand: unknown, where: string) => Matches>> = {
  "anything-but": anythingBut,
  cidr,
  "equals-ignore-case": equalsIgnoreCase,
  exists,
  numeric,
  prefix: (operand, where) => affix("prefix", operand, where),
  suffix: (operand, where) => affix("suffix", operand, where),
  wildcard: (operand, where) => onText(wildcardMatcher(text(operand, where), where)),
};

/** Whether an object of a pattern is an operator rather than fields. */
export function isOperator(value: Fields): boolean {
  return Object.keys(value).some((name) => Object.hasOwn(OPERATORS, name));
}

/** One element of a field's list: a value to be equal to, or an operator. Throws an Error that names the place. */
export function leafMatcher(element: unknown, where: string): Matches {
  if (isScalar(element)) return (value) => value === element;
  if (!isFields(element))
    throw new Error(`${where} is ${JSON.stringify(element)}; allowed: a value or an operator`);
  const [name, operand] = single(element, where);
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (!operator)
    throw new Error(`${where}: unknown operator ${name}; allowed: ${Object.keys(OPERATORS).join(", ")}`);
  return operator(operand, `${where}.${name}`);
}

function exists(operand: unknown, where: string): Matches {
  if (typeof operand !== "boolean")
    throw new Error(`${where} is ${JSON.stringify(operand)}; allowed: true, false`);
  return (value) => (value !== undefined) === operand;
}

function equalsIgnoreCase(operand: unknown, where: string): Matches {
  const wanted = text(operand, where).toLowerCase();
  return onText((value) => value.toLowerCase() === wanted);
}

/** Prefix and suffix: a text, or `{"equals-ignore-case": text}`. */
function affix(kind: "prefix" | "suffix", operand: unknown, where: string): Matches {
  const ignoresCase = isFields(operand);
  const wanted = ignoresCase ? ignoreCaseOperand(operand, where) : text(operand, where);
  const has = (value: string) => (kind === "prefix" ? value.startsWith(wanted) : value.endsWith(wanted));
  return onText(ignoresCase ? (value) => has(value.toLowerCase()) : has);
}

function ignoreCaseOperand(operand: Fields, where: string): string {
  const [name, value] = single(operand, where);
  if (name !== "equals-ignore-case")
    throw new Error(`${where}.${name}; allowed: a text or equals-ignore-case`);
  return text(value, `${where}.${name}`).toLowerCase();
}

/** A field that is there and matches none of the operands; each operator may have one operand or a list. */
function anythingBut(operand: unknown, where: string): Matches {
  const unwanted = isFields(operand) ? unwantedBy(operand, where) : unwantedValues(operand, where);
  return (value) => value !== undefined && !unwanted.some((matches) => matches(value));
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
  const operands = listOf(given);
  if (operands.length === 0)
    throw new Error(`${where}.${name} is an empty list; at least one value is needed`);
  return operands.map((each) => operator(each, `${where}.${name}`));
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

/** An address, IPv4 or IPv6, in a block such as 10.0.0.0/24. */
function cidr(operand: unknown, where: string): Matches {
  const [address = "", bits = ""] = text(operand, where).split("/");
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
    throw new Error(`${where} is ${JSON.stringify(operand)}; allowed: a block such as 10.0.0.0/24`);
  const block = new BlockList();
  block.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return onText((value) => isIP(value) === family && block.check(value, family === 4 ? "ipv4" : "ipv6"));
}

function onText(test: (value: string) => boolean): Matches {
  return (value) => typeof value === "string" && test(value);
}

function onNumber(test: (value: number) => boolean): Matches {
  return (value) => typeof value === "number" && test(value);
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string" || value === "")
    throw new Error(`${where} is ${JSON.stringify(value)}; allowed: a text that is not empty`);
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

function isScalar(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
