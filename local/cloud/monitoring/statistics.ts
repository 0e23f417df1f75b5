import { ServiceError } from "../service.ts";

/** What is kept of the values of a period. */
export interface StatisticSet {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
  /**
   * How often each value occurred, for percentiles. Left out while all values are the same; and of different values
   * that were sent as a statistic set, of which AWS gives no percentiles either.
   */
  values?: Map<number, number>;
}

const STATISTICS = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;
/** Different values that a set tells apart exactly; beyond, they are rounded to two digits, that is by at most 5 %. */
const EXACT_VALUES = 100;

export function emptyStatistics(): StatisticSet {
  return { count: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
}

/** The set of a value that occurred `count` times. */
export function statisticsOf(value: number, count = 1): StatisticSet {
  return { count, sum: value * count, minimum: value, maximum: value };
}

/** Adds one set to another. */
export function addStatistics(to: StatisticSet, from: StatisticSet): void {
  if (from.count === 0) return;
  addValues(to, from);
  to.count += from.count;
  to.sum += from.sum;
  if (from.minimum < to.minimum) to.minimum = from.minimum;
  if (from.maximum > to.maximum) to.maximum = from.maximum;
}

function addValues(to: StatisticSet, from: StatisticSet): void {
  if (to.count === 0) {
    if (from.values) to.values = new Map(from.values);
    return;
  }
  if (isUniform(to) && isUniform(from) && to.minimum === from.minimum) return;
  const values = valuesOf(to);
  const added = valuesOf(from);
  if (values && added) {
    for (const [value, count] of added) addValue(values, value, count);
    to.values = values;
  } else delete to.values;
}

function isUniform(set: StatisticSet): boolean {
  return set.minimum === set.maximum;
}

function valuesOf(set: StatisticSet): Map<number, number> | undefined {
  return set.values ?? (isUniform(set) ? new Map([[set.minimum, set.count]]) : undefined);
}

function addValue(values: Map<number, number>, value: number, count: number): void {
  if (values.size === EXACT_VALUES && !values.has(value)) {
    const exact = [...values];
    values.clear();
    for (const [each, times] of exact) increase(values, rounded(each), times);
  }
  increase(values, values.size < EXACT_VALUES || values.has(value) ? value : rounded(value), count);
}

function increase(values: Map<number, number>, value: number, count: number): void {
  values.set(value, (values.get(value) ?? 0) + count);
}

function rounded(value: number): number {
  return Number(value.toPrecision(2));
}

/** The name of a statistic that is kept: one of the basic five, or a percentile such as p99.9. Throws for others. */
export function readStatistic(name: string): string {
  if (STATISTICS.includes(name) || PERCENTILE.test(name)) return name;
  throw new ServiceError(
    "InvalidParameterValueException",
    `The value ${name} for parameter Stat is invalid; the local cloud keeps: ${STATISTICS.join(", ")} and ` +
      "percentiles p0 to p100",
  );
}

/** Whether a statistic is what the API calls an extended one. */
export function isPercentile(statistic: string): boolean {
  return PERCENTILE.test(statistic);
}

/** One statistic of a set; undefined if it is empty, and for percentiles of values that only their sender knew. */
export function statisticOf(set: StatisticSet, statistic: string): number | undefined {
  if (set.count === 0) return undefined;
  switch (statistic) {
    case "SampleCount":
      return set.count;
    case "Average":
      return set.sum / set.count;
    case "Sum":
      return set.sum;
    case "Minimum":
      return set.minimum;
    case "Maximum":
      return set.maximum;
    default:
      return percentile(set, Number(statistic.slice(1)));
  }
}

/** The smallest value that at least this share of all values does not exceed. */
function percentile(set: StatisticSet, percent: number): number | undefined {
  let left = Math.max(1, Math.ceil((percent / 100) * set.count));
  for (const [value, count] of [...(valuesOf(set) ?? [])].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return value;
  }
  return undefined;
}
