import { runtimeError } from "./errors.ts";
import { isObject, parsePath, type ReferencePath, readSteps } from "./paths.ts";
import type { Given } from "./template.ts";
import { timestamp } from "./timestamp.ts";

/** A rule's condition, prepared. */
export type Condition = (data: unknown, given: Given) => boolean;

type Comparison = (value: unknown, other: unknown) => boolean;

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  Equals: (order) => order === 0,
  GreaterThan: (order) => order > 0,
  GreaterThanEquals: (order) => order >= 0,
  LessThan: (order) => order < 0,
  LessThanEquals: (order) => order <= 0,
};

/** How values of each type are read, so that values of different types are never equal, less or greater. */
const READERS: Readonly<Record<string, (value: unknown) => number | string | undefined>> = {
  Numeric: (value) => (typeof value === "number" ? value : undefined),
  String: (value) => (typeof value === "string" ? value : undefined),
  Timestamp: timestamp,
};

const TYPE_TESTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  IsBoolean: (value) => typeof value === "boolean",
  IsNull: (value) => value === null,
  IsNumeric: (value) => typeof value === "number",
  IsPresent: (value) => value !== undefined,
  IsString: (value) => typeof value === "string",
  IsTimestamp: (value) => timestamp(value) !== undefined,
};

const COMPARISONS: Readonly<Record<string, { compare: Comparison; isLiteral: (value: unknown) => boolean }>> =
  {
    BooleanEquals: {
      compare: (value, other) => typeof value === "boolean" && value === other,
      isLiteral: (value) => typeof value === "boolean",
    },
    ...Object.fromEntries(
      Object.entries(READERS).flatMap(([type, read]) =>
        Object.entries(ORDERS).map(([order, holds]) => [
          `${type}${order}`,
          { compare: compared(read, holds), isLiteral: (value: unknown) => read(value) !== undefined },
        ]),
      ),
    ),
  };

function compared(
  read: (value: unknown) => number | string | undefined,
  holds: (order: number) => boolean,
): Comparison {
  return (value, other) => {
    const [left, right] = [read(value), read(other)];
    if (left === undefined || right === undefined) return false;
    return holds(left < right ? -1 : left > right ? 1 : 0);
  };
}

/**
 * Prepares a rule of a Choice state (Amazon States Language, "Choice State"). Throws an Error that names what the
 * language does not have.
 */
export function compileCondition(rule: unknown, where: string): Condition {
  if (!isObject(rule)) throw new Error(`${where} is ${JSON.stringify(rule)}; allowed is an object`);
  const operators = Object.keys(rule).filter((each) => !["Next", "Comment", "Variable"].includes(each));
  const [operator] = operators;
  if (operator === undefined || operators.length > 1)
    throw new Error(`${where} has ${operators.length} operators (${operators.join(", ")}); allowed is one`);
  if (operator === "And" || operator === "Or") return compileAll(operator, rule[operator], where);
  if (operator === "Not") {
    const inner = compileCondition(rule.Not, `${where}.Not`);
    return (data, given) => !inner(data, given);
  }
  return compileTest(rule.Variable, operator, rule[operator], where);
}

function compileAll(operator: string, rules: unknown, where: string): Condition {
  if (!Array.isArray(rules) || rules.length === 0)
    throw new Error(`${where}.${operator} must be a list of conditions that is not empty`);
  const all = rules.map((rule, index) => compileCondition(rule, `${where}.${operator}[${index}]`));
  return operator === "And"
    ? (data, given) => all.every((each) => each(data, given))
    : (data, given) => all.some((each) => each(data, given));
}

function compileTest(variable: unknown, operator: string, operand: unknown, where: string): Condition {
  if (typeof variable !== "string") throw new Error(`${where} has no Variable`);
  const path = parsePath(variable, `${where}.Variable`);
  const typeTest = Object.hasOwn(TYPE_TESTS, operator) ? TYPE_TESTS[operator] : undefined;
  if (typeTest) {
    requireOperand(typeof operand === "boolean", where, operator, operand, "true or false");
    if (operator === "IsPresent") return (data, given) => (read(path, data, given) !== undefined) === operand;
    return (data, given) => typeTest(required(path, variable, data, given)) === operand;
  }
  const test = compileComparison(operator, operand, where);
  return (data, given) => test(required(path, variable, data, given), data, given);
}

type Test = (value: unknown, data: unknown, given: Given) => boolean;

function compileComparison(operator: string, operand: unknown, where: string): Test {
  if (operator === "StringMatches") {
    if (typeof operand !== "string") throw new Error(`${where}.StringMatches must be a string`);
    const pattern = wildcard(operand);
    return (value) => typeof value === "string" && pattern.test(value);
  }
  const byPath = operator.endsWith("Path");
  const name = byPath ? operator.slice(0, -"Path".length) : operator;
  const comparison = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (!comparison) throw new Error(`${where}.${operator} is no comparison operator`);
  if (!byPath) {
    requireOperand(comparison.isLiteral(operand), where, operator, operand, "a value of the operator's type");
    return (value) => comparison.compare(value, operand);
  }
  if (typeof operand !== "string") throw new Error(`${where}.${operator} must be a path`);
  const path = parsePath(operand, `${where}.${operator}`);
  return (value, data, given) => comparison.compare(value, required(path, operand, data, given));
}

function requireOperand(
  ok: boolean,
  where: string,
  operator: string,
  operand: unknown,
  allowed: string,
): void {
  if (!ok) throw new Error(`${where}.${operator} is ${JSON.stringify(operand)}; allowed is ${allowed}`);
}

function read(path: ReferencePath, data: unknown, given: Given): unknown {
  return readSteps(path.root === "data" ? data : given.context, path.steps);
}

function required(path: ReferencePath, text: string, data: unknown, given: Given): unknown {
  const value = read(path, data, given);
  if (value === undefined)
    throw runtimeError(
      `Invalid path '${text}': The choice state's condition path references an invalid value.`,
    );
  return value;
}

/** `*` stands for any characters; `\*` and `\\` for themselves. */
function wildcard(pattern: string): RegExp {
  const parts = pattern.match(/\\[*\\]|\*|[^*]/gsu) ?? [];
  const source = parts.map((part) =>
    part === "*" ? ".*" : literal(part.length > 1 && part[0] === "\\" ? part.slice(1) : part),
  );
  return new RegExp(`^${source.join("")}$`, "su");
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
