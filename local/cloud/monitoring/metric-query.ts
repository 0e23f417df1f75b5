import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type Expression, parseExpression } from "./expression.ts";
import { evaluateExpression, type MathValue, type Points, seriesOf } from "./metric-math.ts";
import type { Dimensions, MetricStore, PeriodSpan } from "./metric-store.ts";
import { readDimensions } from "./put-metric-data.ts";
import { readStatistic, statisticOf } from "./statistics.ts";

/** CloudWatch API Reference, GetMetricData: data points of a call. */
const MAXIMUM_DATAPOINTS = 100_800;

/** One metric, identified and condensed. */
export interface MetricStat {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly periodSeconds: number;
  /** Such as `Sum` or `p99`. */
  readonly statistic: string;
  /** Only values of this unit count. */
  readonly unit: string | undefined;
}

/** One entry of MetricDataQueries, or of an alarm's Metrics. */
export interface MetricQuery {
  readonly id: string;
  readonly label: string;
  readonly isReturned: boolean;
  readonly of: MetricStat | Expression;
}

/** Input of any operation of CloudWatch. */
export function parameters(json: Json): Input {
  return new Input(json, "InvalidParameterValueException");
}

/** Reads queries: metrics and expressions over them. Expressions need metrics of one and the same period. */
export function readMetricQueries(records: readonly Json[]): MetricQuery[] {
  const queries = records.map(readMetricQuery);
  const ids = queries.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw invalid(`The id "${repeated}" is used more than once.`);
  const periods = new Set(queries.flatMap(({ of }) => (isMetric(of) ? [of.periodSeconds] : [])));
  if (periods.size > 1 && queries.some(({ of }) => !isMetric(of)))
    throw invalid(
      `The local cloud carries out expressions over metrics of one period; these have ${[...periods].join(", ")}.`,
    );
  return queries;
}

function readMetricQuery(record: Json): MetricQuery {
  const input = parameters(record).only(["Id", "Label", "ReturnData", "MetricStat", "Expression"]);
  const id = input.text("Id", { pattern: /^[a-z]\w{0,254}$/ });
  const isReturned = !input.has("ReturnData") || input.flag("ReturnData");
  if (input.has("MetricStat") === input.has("Expression"))
    throw invalid(`The query "${id}" must have either MetricStat or Expression.`);
  const of = input.has("MetricStat")
    ? readMetricStat(input.record("MetricStat"))
    : parseExpression(input.text("Expression", { minimum: 1, maximum: 2048 }));
  return { id, label: input.optionalText("Label") ?? (isMetric(of) ? of.name : id), isReturned, of };
}

function readMetricStat(record: Json): MetricStat {
  const input = parameters(record).only(["Metric", "Period", "Stat", "Unit"]);
  const metric = parameters(input.record("Metric")).only(["Namespace", "MetricName", "Dimensions"]);
  return {
    ...readMetric(metric),
    periodSeconds: readPeriod(input),
    statistic: readStatistic(input.text("Stat")),
    unit: input.optionalText("Unit"),
  };
}

/** Namespace, name and dimensions of a metric. */
export function readMetric(input: Input): Pick<MetricStat, "namespace" | "name" | "dimensions"> {
  return {
    namespace: input.text("Namespace"),
    name: input.text("MetricName"),
    dimensions: readDimensions(input),
  };
}

/** A period in seconds. */
export function readPeriod(input: Input): number {
  const period = input.integer("Period", { minimum: 1 });
  if ([1, 5, 10, 20, 30].includes(period) || period % 60 === 0) return period;
  throw input.refuse("Period", period, "Member must be 1, 5, 10, 20, 30 or a multiple of 60");
}

export function isMetric(of: MetricStat | Expression): of is MetricStat {
  return "periodSeconds" in of;
}

/** The values of a metric's statistic in a time span. */
export function pointsOf(
  store: MetricStore,
  region: string,
  stat: MetricStat,
  span: Omit<PeriodSpan, "periodSeconds">,
): Points {
  const { namespace, name, dimensions, periodSeconds } = stat;
  const points = new Map<number, number>();
  for (const { at, set, unit } of store.periods(region, namespace, name, dimensions, {
    ...span,
    periodSeconds,
  })) {
    const value =
      stat.unit === undefined || stat.unit === unit ? statisticOf(set, stat.statistic) : undefined;
    if (value !== undefined) points.set(at, value);
  }
  return points;
}

/**
 * The time series of every query that is returned; an expression may have several. Throws ServiceError for what an
 * expression refers to and does not exist, and for what metric math here does not carry out.
 */
export function evaluateQueries(
  store: MetricStore,
  region: string,
  queries: readonly MetricQuery[],
  span: Omit<PeriodSpan, "periodSeconds">,
): { query: MetricQuery; series: readonly Points[] }[] {
  const known = new Map<string, MathValue>();
  const underWay = new Set<string>();
  const metrics = queries.flatMap(({ id, of }) => (isMetric(of) ? [{ id, of }] : []));

  const resultOf = (id: string): MathValue => {
    const existing = known.get(id);
    if (existing !== undefined) return existing;
    const query = queries.find((each) => each.id === id);
    if (!query) throw invalid(`An expression refers to "${id}", which no query has as its id.`);
    if (underWay.has(id)) throw invalid(`The expression "${id}" refers to itself.`);
    underWay.add(id);
    const value = isMetric(query.of)
      ? pointsOf(store, region, query.of, span)
      : evaluateExpression(query.of, context);
    known.set(id, value);
    return value;
  };
  const context = {
    query: resultOf,
    metrics: () => metrics.map(({ id }) => ({ id, points: seriesOf(resultOf(id), id)[0] ?? new Map() })),
    periods: () => beginnings(span, metrics[0]?.of.periodSeconds),
  };
  return queries
    .filter(({ isReturned }) => isReturned)
    .map((query) => ({ query, series: seriesOf(resultOf(query.id), `The result of "${query.id}"`) }));
}

function beginnings({ from, to, origin = 0 }: Omit<PeriodSpan, "periodSeconds">, seconds = 60): number[] {
  const length = seconds * 1000;
  const first = Math.ceil((from - origin) / length) * length + origin;
  if ((to - first) / length > MAXIMUM_DATAPOINTS)
    throw invalid(`FILL can give at most ${MAXIMUM_DATAPOINTS} data points.`);
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / length)) }, (_, n) => first + n * length);
}

export function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}
