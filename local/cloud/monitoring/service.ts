import { Input } from "../input.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type Dimensions, MetricStore } from "./metric-store.ts";
import { readDimensions, readMetricData } from "./put-metric-data.ts";
import { STATISTICS, type Statistic, statisticOf } from "./statistics.ts";

export { MetricStore } from "./metric-store.ts";

/** CloudWatch metrics: putting, reading and listing them. */
export interface MonitoringService extends Service {
  /** The values behind the operations, for services that record many. */
  readonly metrics: MetricStore;
}

interface Query {
  namespace: string;
  name: string;
  dimensions: Dimensions;
  periodSeconds: number;
  from: number;
  to: number;
}

/** CloudWatch API Reference, GetMetricData and ListMetrics. */
const MAXIMUM_QUERIES = 500;
const METRICS_A_PAGE = 500;
const MAXIMUM_DATAPOINTS = 1440;

export function createMonitoring(surroundings: Surroundings): MonitoringService {
  const metrics = new MetricStore(surroundings.clock);
  return {
    name: "monitoring",
    metrics,
    operations: {
      PutMetricData(json, { region }) {
        const input = parameters(json).only(["Namespace", "MetricData"]);
        const namespace = input.text("Namespace", { minimum: 1, maximum: 255, pattern: /^[^:]/ });
        for (const { name, dimensions, unit, set, at } of readMetricData(input))
          metrics.recordSet({ region, namespace, name, dimensions, unit }, set, at);
      },
      GetMetricData: (json, call) => getMetricData(metrics, json, call),
      GetMetricStatistics: (json, call) => getMetricStatistics(metrics, json, call),
      ListMetrics: (json, call) => listMetrics(metrics, json, call),
    },
  };
}

function getMetricData(metrics: MetricStore, json: Json, { region }: Call): Json {
  const input = parameters(json);
  const from = input.time("StartTime");
  const to = input.time("EndTime");
  const order = input.optionalText("ScanBy", { oneOf: ["TimestampDescending", "TimestampAscending"] });
  const queries = input.records("MetricDataQueries");
  if (queries.length === 0 || queries.length > MAXIMUM_QUERIES)
    throw input.refuse(
      "MetricDataQueries",
      queries.length,
      `Member must have 1 to ${MAXIMUM_QUERIES} queries`,
    );
  checkSpan(from, to);
  const MetricDataResults: Json[] = [];
  for (const record of queries) {
    const query = parameters(record);
    if (query.has("Expression"))
      throw new ServiceError(
        "InvalidParameterValueException",
        `The local cloud carries out MetricStat queries only; "${query.text("Id")}" has an Expression.`,
      );
    const stat = parameters(query.record("MetricStat"));
    const statistic = readStatistic(stat.text("Stat"));
    const points = find(metrics, region, {
      ...readMetric(parameters(stat.record("Metric"))),
      periodSeconds: readPeriod(stat),
      from,
      to,
    });
    if (record.ReturnData === false) continue;
    if (order !== "TimestampAscending") points.reverse();
    MetricDataResults.push({
      Id: query.text("Id", { pattern: /^[a-z][A-Za-z0-9_]{0,254}$/ }),
      Label: query.optionalText("Label") ?? parameters(stat.record("Metric")).text("MetricName"),
      Timestamps: points.map(({ at }) => at / 1000),
      Values: points.map(({ set }) => statisticOf(set, statistic)),
      StatusCode: "Complete",
    });
  }
  return { MetricDataResults, Messages: [] };
}

function getMetricStatistics(metrics: MetricStore, json: Json, { region }: Call): Json {
  const input = parameters(json);
  if (input.has("ExtendedStatistics"))
    throw input.refuse("ExtendedStatistics", json.ExtendedStatistics, "The local cloud keeps no percentiles");
  const statistics = input.texts("Statistics").map(readStatistic);
  if (statistics.length === 0)
    throw new ServiceError("MissingRequiredParameterException", "At least one statistic must be specified.");
  const from = input.time("StartTime");
  const to = input.time("EndTime");
  checkSpan(from, to);
  const periodSeconds = readPeriod(input);
  if ((to - from) / 1000 / periodSeconds > MAXIMUM_DATAPOINTS)
    throw new ServiceError(
      "InvalidParameterCombinationException",
      `You have requested up to ${Math.ceil((to - from) / 1000 / periodSeconds)} datapoints, which exceeds the ` +
        `limit of ${MAXIMUM_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or ` +
        "decreasing the time range.",
    );
  const metric = readMetric(input);
  return {
    Label: metric.name,
    Datapoints: find(metrics, region, { ...metric, periodSeconds, from, to }).map(({ at, set, unit }) => ({
      Timestamp: at / 1000,
      Unit: unit,
      ...Object.fromEntries(statistics.map((statistic) => [statistic, statisticOf(set, statistic)])),
    })),
  };
}

function listMetrics(metrics: MetricStore, json: Json, { region }: Call): Json {
  const input = parameters(json);
  const namespace = input.optionalText("Namespace");
  const name = input.optionalText("MetricName");
  const filters = input.records("Dimensions").map((record) => {
    const filter = parameters(record);
    return { name: filter.text("Name"), value: filter.optionalText("Value") };
  });
  const start = Number(input.optionalText("NextToken", { pattern: /^\d+$/ }) ?? 0);
  const found = metrics.metrics(region).filter(
    (metric) =>
      (namespace === undefined || metric.namespace === namespace) &&
      (name === undefined || metric.name === name) &&
      filters.every((filter) => {
        const value = metric.dimensions[filter.name];
        return value !== undefined && (filter.value === undefined || filter.value === value);
      }),
  );
  return {
    Metrics: found.slice(start, start + METRICS_A_PAGE).map((metric) => ({
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(found.length > start + METRICS_A_PAGE ? { NextToken: String(start + METRICS_A_PAGE) } : {}),
  };
}

function find(metrics: MetricStore, region: string, query: Query) {
  const { namespace, name, dimensions } = query;
  return metrics.periods(region, namespace, name, dimensions, query);
}

function readMetric(input: Input): { namespace: string; name: string; dimensions: Dimensions } {
  return {
    namespace: input.text("Namespace"),
    name: input.text("MetricName"),
    dimensions: readDimensions(input),
  };
}

function readStatistic(text: string): Statistic {
  const statistic = STATISTICS.find((each) => each === text);
  if (statistic) return statistic;
  throw new ServiceError(
    "InvalidParameterValueException",
    `The value ${text} for parameter Stat is invalid; the local cloud keeps: ${STATISTICS.join(", ")}`,
  );
}

function readPeriod(input: Input): number {
  const period = input.integer("Period", { minimum: 1 });
  if ([1, 5, 10, 20, 30].includes(period) || period % 60 === 0) return period;
  throw input.refuse("Period", period, "Member must be 1, 5, 10, 20, 30 or a multiple of 60");
}

function checkSpan(from: number, to: number): void {
  if (from >= to)
    throw new ServiceError(
      "InvalidParameterValueException",
      "The parameter StartTime must be less than the parameter EndTime.",
    );
}

function parameters(json: Json): Input {
  return new Input(json, "InvalidParameterValueException");
}
