import type { Call, Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import {
  evaluateQueries,
  invalid,
  parameters,
  readMetric,
  readMetricQueries,
  readPeriod,
} from "./metric-query.ts";
import type { MetricStore } from "./metric-store.ts";
import { isPercentile, readStatistic, statisticOf } from "./statistics.ts";

/** CloudWatch API Reference, GetMetricData, GetMetricStatistics and ListMetrics. */
const MAXIMUM_QUERIES = 500;
const METRICS_A_PAGE = 500;
const MAXIMUM_DATAPOINTS = 1440;
const MAXIMUM_STATISTICS = 5;
const LISTED_MILLISECONDS = 14 * 86_400_000;
const RECENTLY_ACTIVE_MILLISECONDS = 3 * 3_600_000;

/** GetMetricData, in one page. */
export function getMetricData(metrics: MetricStore, json: Json, { region }: Call): Json {
  const input = parameters(json).only(["MetricDataQueries", "StartTime", "EndTime", "ScanBy"]);
  const from = input.time("StartTime");
  const to = input.time("EndTime");
  const order = input.optionalText("ScanBy", { oneOf: ["TimestampDescending", "TimestampAscending"] });
  const records = input.records("MetricDataQueries");
  if (records.length === 0 || records.length > MAXIMUM_QUERIES)
    throw input.refuse(
      "MetricDataQueries",
      records.length,
      `Member must have 1 to ${MAXIMUM_QUERIES} queries`,
    );
  checkSpan(from, to);
  const queries = readMetricQueries(records);
  const MetricDataResults = evaluateQueries(metrics, region, queries, { from, to }).flatMap(
    ({ query, series }) =>
      series.map((points) => {
        const ordered = order === "TimestampAscending" ? [...points] : [...points].reverse();
        return {
          Id: query.id,
          Label: query.label,
          Timestamps: ordered.map(([at]) => at / 1000),
          Values: ordered.map(([, value]) => value),
          StatusCode: "Complete",
        };
      }),
  );
  return { MetricDataResults, Messages: [] };
}

export function getMetricStatistics(metrics: MetricStore, json: Json, { region }: Call): Json {
  const input = parameters(json).only([
    ...["Namespace", "MetricName", "Dimensions", "StartTime", "EndTime", "Period"],
    ...["Statistics", "ExtendedStatistics", "Unit"],
  ]);
  const basic = input.texts("Statistics").map(readStatistic);
  const extended = input.texts("ExtendedStatistics").map(readStatistic);
  if (basic.length + extended.length === 0)
    throw new ServiceError("MissingRequiredParameterException", "At least one statistic must be specified.");
  if (basic.length > MAXIMUM_STATISTICS || basic.some(isPercentile) || !extended.every(isPercentile))
    throw invalid(
      `Statistics takes up to ${MAXIMUM_STATISTICS} basic statistics, ExtendedStatistics percentiles.`,
    );
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
  const { namespace, name, dimensions } = readMetric(input);
  const wanted = input.optionalText("Unit");
  return {
    Label: name,
    Datapoints: metrics
      .periods(region, namespace, name, dimensions, { from, to, periodSeconds })
      .filter(({ unit }) => wanted === undefined || unit === wanted)
      .map(({ at, set, unit }) => {
        const values = (statistics: readonly string[]): Json =>
          Object.fromEntries(
            statistics
              .map((statistic): [string, number | undefined] => [statistic, statisticOf(set, statistic)])
              .filter(([, value]) => value !== undefined),
          );
        return {
          Timestamp: at / 1000,
          Unit: unit,
          ...values(basic),
          ...(extended.length > 0 ? { ExtendedStatistics: values(extended) } : {}),
        };
      }),
  };
}

/** Metrics that had values in the past two weeks. */
export function listMetrics(metrics: MetricStore, json: Json, { region }: Call, now: number): Json {
  const input = parameters(json).only([
    ...["Namespace", "MetricName", "Dimensions", "RecentlyActive", "NextToken"],
  ]);
  const namespace = input.optionalText("Namespace");
  const name = input.optionalText("MetricName");
  const isRecent = input.optionalText("RecentlyActive", { oneOf: ["PT3H"] }) !== undefined;
  const filters = input.records("Dimensions").map((record) => {
    const filter = parameters(record);
    return { name: filter.text("Name"), value: filter.optionalText("Value") };
  });
  const start = Number(input.optionalText("NextToken", { pattern: /^\d+$/ }) ?? 0);
  const since = now - (isRecent ? RECENTLY_ACTIVE_MILLISECONDS : LISTED_MILLISECONDS);
  const found = metrics.metrics(region, since).filter(
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

function checkSpan(from: number, to: number): void {
  if (from >= to) throw invalid("The parameter StartTime must be less than the parameter EndTime.");
}
