import { ServiceError } from "../service.ts";
import type { Expression } from "./expression.ts";

/** Values by the time at which their period begins, in milliseconds since the epoch; oldest first. */
export type Points = ReadonlyMap<number, number>;

/** A scalar, a time series, or an array of time series. */
export type MathValue = number | Points | readonly Points[];

/** What an expression may refer to. */
export interface MathContext {
  /** The value of another query. Throws if there is none. */
  query(id: string): MathValue;
  /** All queries that are metrics, by id. */
  metrics(): readonly { readonly id: string; readonly points: Points }[];
  /** The beginning of every period of the time span. */
  periods(): readonly number[];
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b),
  ">=": (a, b) => Number(a >= b),
  AND: (a, b) => Number(a !== 0 && b !== 0),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
};

const AGGREGATES: Readonly<Record<string, (values: readonly number[], of: number) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
  // Missing values count as 0.
  AVG: (values, of) => values.reduce((sum, value) => sum + value, 0) / of,
};

/** Functions of metric math that are carried out. */
const FUNCTIONS = [...Object.keys(AGGREGATES), "FILL", "IF", "METRICS", "RATE"];

/**
 * Evaluates an expression by the rules of the CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
 * Throws ServiceError naming what is not carried out.
 */
export function evaluateExpression(expression: Expression, context: MathContext): MathValue {
  const evaluate = (each: Expression): MathValue => evaluateExpression(each, context);
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "text":
      throw refused(`the text "${expression.value}" stands where a value must stand`);
    case "name":
      return context.query(expression.name);
    case "list":
      return expression.items.flatMap((item) => seriesOf(evaluate(item), "an array"));
    case "negative":
      return combine(0, evaluate(expression.of), (zero, value) => zero - value);
    case "binary": {
      const operator = OPERATORS[expression.operator];
      if (!operator) throw refused(`operator ${expression.operator} is unknown`);
      return combine(evaluate(expression.left), evaluate(expression.right), operator);
    }
    case "call":
      return call(expression.name, expression.given, context);
  }
}

function call(name: string, given: readonly Expression[], context: MathContext): MathValue {
  const evaluate = (index: number): MathValue => {
    const expression = given[index];
    if (!expression) throw refused(`${name} needs more than ${index} arguments`);
    return evaluateExpression(expression, context);
  };
  const aggregate = Object.hasOwn(AGGREGATES, name) ? AGGREGATES[name] : undefined;
  if (aggregate) {
    const value = evaluate(0);
    if (typeof value === "number") return value;
    if (isPoints(value)) return aggregate([...value.values()], value.size);
    const at = times(value);
    return series(at, (time) => {
      const present = value.map((points) => points.get(time)).filter((each) => each !== undefined);
      return aggregate(present, value.length);
    });
  }
  switch (name) {
    case "METRICS": {
      const [filter] = given;
      if (filter && filter.kind !== "text") throw refused("METRICS takes a text only");
      return context
        .metrics()
        .filter(({ id }) => !filter || id.includes(filter.value))
        .map(({ points }) => points);
    }
    case "IF":
      return choose(evaluate(0), evaluate(1), given.length > 2 ? evaluate(2) : undefined);
    case "RATE":
      return mapped(evaluate(0), rate);
    case "FILL": {
      const [, filler] = given;
      if (filler?.kind === "name" && filler.name === "LINEAR")
        throw refused("of FILL's fillers, LINEAR is not carried out");
      const isRepeat = filler?.kind === "name" && filler.name === "REPEAT";
      const value = isRepeat ? undefined : evaluate(1);
      return mapped(evaluate(0), (points) => fill(points, value, context.periods()));
    }
    default:
      throw refused(`function ${name} is not carried out; it has ${FUNCTIONS.join(", ")}`);
  }
}

/** "Missing values in a time series are treated as 0"; a division by zero drops the data point. */
function combine(left: MathValue, right: MathValue, operator: (a: number, b: number) => number): MathValue {
  if (typeof left === "number" && typeof right === "number") return operator(left, right);
  if (!isScalarOrPoints(left) && !isScalarOrPoints(right))
    throw refused("operators between two arrays of time series are not carried out");
  if (!isScalarOrPoints(left)) return left.map((each) => combine(each, right, operator) as Points);
  if (!isScalarOrPoints(right)) return right.map((each) => combine(left, each, operator) as Points);
  const at = times([left, right].filter(isPoints));
  return series(at, (time) => operator(valueAt(left, time) ?? 0, valueAt(right, time) ?? 0));
}

/** The guide's "Using IF expressions". */
function choose(condition: MathValue, whenTrue: MathValue, whenFalse: MathValue | undefined): MathValue {
  const others = whenFalse ?? new Map<number, number>();
  if (!isScalarOrPoints(condition) || !isScalarOrPoints(whenTrue) || !isScalarOrPoints(others))
    throw refused("IF takes scalars and single time series only");
  if (typeof condition === "number") return condition === 0 ? others : whenTrue;
  return series([...condition.keys()], (time) =>
    condition.get(time) === 0 ? valueAt(others, time) : (valueAt(whenTrue, time) ?? 0),
  );
}

/** Change a second since the data point before. */
function rate(points: Points): Points {
  const rates = new Map<number, number>();
  let before: readonly [number, number] | undefined;
  for (const [at, value] of points) {
    if (before) rates.set(at, (value - before[1]) / ((at - before[0]) / 1000));
    before = [at, value];
  }
  return rates;
}

/** Without a value, the one before is repeated. */
function fill(points: Points, value: MathValue | undefined, periods: readonly number[]): Points {
  if (value !== undefined && !isScalarOrPoints(value)) throw refused("FILL takes no array as filler");
  let last: number | undefined;
  return series(times([points, new Map(periods.map((at) => [at, 0]))]), (time) => {
    last = points.get(time) ?? (value === undefined ? last : valueAt(value, time));
    return last;
  });
}

function series(at: readonly number[], value: (time: number) => number | undefined): Points {
  const points = new Map<number, number>();
  for (const time of at) {
    const each = value(time);
    if (each !== undefined && Number.isFinite(each)) points.set(time, each);
  }
  return points;
}

function times(all: readonly Points[]): number[] {
  return [...new Set(all.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
}

function mapped(value: MathValue, change: (points: Points) => Points): MathValue {
  if (typeof value === "number") throw refused("a scalar stands where a time series must stand");
  return isPoints(value) ? change(value) : value.map(change);
}

/** The time series of a value. Throws for a scalar, naming what cannot be one. */
export function seriesOf(value: MathValue, what: string): readonly Points[] {
  if (typeof value === "number") throw refused(`${what} must be of time series, not a scalar`);
  return isPoints(value) ? [value] : value;
}

function valueAt(value: number | Points, time: number): number | undefined {
  return typeof value === "number" ? value : value.get(time);
}

function isPoints(value: MathValue): value is Points {
  return value instanceof Map;
}

function isScalarOrPoints(value: MathValue): value is number | Points {
  return typeof value === "number" || isPoints(value);
}

function refused(reason: string): ServiceError {
  return new ServiceError(
    "InvalidParameterValueException",
    `The local cloud carries out a part of metric math: ${reason}.`,
  );
}
