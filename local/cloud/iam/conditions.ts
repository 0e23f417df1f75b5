import type { RequestContext } from "./model.ts";
import { malformed } from "./refusal.ts";
import { contextValue, type Matcher, matcher, type Style } from "./wildcard.ts";

/** Whether a request's context satisfies a condition. */
export type Condition = (context: RequestContext) => boolean;

/** How one value of a policy is compared with one value of the context. */
interface Operator {
  compile(value: string, hasVariables: boolean): Matcher;
  /** Satisfied if no value of the policy matches, and if the key is missing. */
  readonly isNegated: boolean;
}

/**
 * Compiles one entry of a Condition element. Throws MalformedPolicyDocument for an operator that is not carried out
 * or a value that it cannot compare. (IAM User Guide, "IAM JSON policy elements: Condition operators" and
 * "Set operators for multivalued context keys".)
 */
export function condition(
  name: string,
  key: string,
  values: readonly string[],
  hasVariables: boolean,
): Condition {
  const [, set, base = name, ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(name) ?? [];
  if (base === "Null" && !set && !ifExists) return nullCheck(key, values);
  const operator = Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
  if (!operator)
    throw malformed(
      `Condition operator "${name}" is not carried out; known are Null and, with ForAllValues:, ForAnyValue: and ` +
        `IfExists, ${Object.keys(OPERATORS).join(", ")}`,
    );
  const { isNegated } = operator;
  const tests = values.map((value) => operator.compile(value, hasVariables));
  const isAmong = (actual: string, context: RequestContext) => tests.some((test) => test(actual, context));
  // A set operator looks at each value, so that IfExists has no effect on it.
  if (set === "ForAllValues")
    return (context) => actualValues(context, key).every((actual) => isAmong(actual, context) !== isNegated);
  if (set === "ForAnyValue")
    return (context) => actualValues(context, key).some((actual) => isAmong(actual, context) !== isNegated);
  return (context) => {
    const actuals = actualValues(context, key);
    if (actuals.length === 0) return isNegated || ifExists !== undefined;
    return actuals.some((actual) => isAmong(actual, context)) !== isNegated;
  };
}

function actualValues(context: RequestContext, key: string): readonly string[] {
  const value = contextValue(context, key);
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

function nullCheck(key: string, values: readonly string[]): Condition {
  const expected = values.map((value) => truth(value, "Null") === "true");
  return (context) => expected.includes(actualValues(context, key).length === 0);
}

const text = (style: Style): Operator["compile"] => {
  return (value, hasVariables) => matcher(value, style, hasVariables);
};

const ignoringCase: Operator["compile"] = (value, hasVariables) => {
  // The names of variables are not compared, and do not mind their case.
  const test = matcher(value.toLowerCase(), "exact", hasVariables);
  return (actual, context) => test(actual.toLowerCase(), lowered(context));
};

function lowered(context: RequestContext): RequestContext {
  return Object.fromEntries(
    Object.entries(context).map(([key, value]) => [
      key,
      typeof value === "string" ? value.toLowerCase() : value,
    ]),
  );
}

const arn: Operator["compile"] = (value, hasVariables) => {
  if (value !== "*" && !value.includes("${") && value.split(":").length < 6)
    throw malformed(`"${value}" must be an ARN of six parts, which may have wildcards, or "*"`);
  return matcher(value, "arn", hasVariables);
};

const flag: Operator["compile"] = (value) => {
  const expected = truth(value, "Bool");
  return (actual) => actual.toLowerCase() === expected;
};

function truth(value: string, operator: string): string {
  const lower = value.toLowerCase();
  if (lower !== "true" && lower !== "false")
    throw malformed(`"${value}" of ${operator} must be "true" or "false"`);
  return lower;
}

type Comparison = (actual: number, expected: number) => boolean;

const compared = (
  read: (value: string) => number,
  kind: string,
  compare: Comparison,
): Operator["compile"] => {
  return (value) => {
    const expected = read(value);
    if (Number.isNaN(expected)) throw malformed(`"${value}" must be ${kind}`);
    return (actual) => {
      const number = read(actual);
      return !Number.isNaN(number) && compare(number, expected);
    };
  };
};

const number = (value: string): number => (value.trim() === "" ? Number.NaN : Number(value));
/** Milliseconds since the epoch, from ISO 8601 or seconds since the epoch. */
const time = (value: string): number => (/^\d{5,}$/.test(value) ? Number(value) * 1000 : Date.parse(value));

/** The comparisons that numbers and dates have, by the end of the operator's name. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  Equals: (actual, expected) => actual === expected,
  LessThan: (actual, expected) => actual < expected,
  LessThanEquals: (actual, expected) => actual <= expected,
  GreaterThan: (actual, expected) => actual > expected,
  GreaterThanEquals: (actual, expected) => actual >= expected,
};

const OPERATORS: Readonly<Record<string, Operator>> = {
  ...withNegation("StringEquals", "StringNotEquals", text("exact")),
  ...withNegation("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", ignoringCase),
  ...withNegation("StringLike", "StringNotLike", text("glob")),
  // Both forms of ARN operators take wildcards.
  ...withNegation("ArnEquals", "ArnNotEquals", arn),
  ...withNegation("ArnLike", "ArnNotLike", arn),
  Bool: { compile: flag, isNegated: false },
  ...comparisons("Numeric", number, "a number"),
  ...comparisons("Date", time, "an ISO 8601 date or seconds since the epoch"),
};

function withNegation(name: string, negated: string, compile: Operator["compile"]): Record<string, Operator> {
  return { [name]: { compile, isNegated: false }, [negated]: { compile, isNegated: true } };
}

function comparisons(
  prefix: string,
  read: (value: string) => number,
  kind: string,
): Record<string, Operator> {
  const operators = Object.entries(COMPARISONS).map(([end, compare]) => [
    `${prefix}${end}`,
    { compile: compared(read, kind, compare), isNegated: false },
  ]);
  const equals = compared(read, kind, (actual, expected) => actual === expected);
  return { ...Object.fromEntries(operators), [`${prefix}NotEquals`]: { compile: equals, isNegated: true } };
}
