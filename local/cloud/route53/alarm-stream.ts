import { evaluationRange, stateOf } from "../monitoring/alarm-state.ts";
import { breaches, type MetricAlarmSettings } from "../monitoring/metric-alarm.ts";
import { isMetric, type MetricStat, pointsOf } from "../monitoring/metric-query.ts";
import type { MetricStore } from "../monitoring/metric-store.ts";
import { isPercentile } from "../monitoring/statistics.ts";
import type { Json } from "../service.ts";
import type { AlarmIdentifier } from "./settings.ts";
import { refusal } from "./settings.ts";

const MINUTE = 60_000;

/**
 * The data stream of an alarm: its settings as they were when the health check was made or last updated. Later changes
 * of the alarm have no effect (Route 53 Developer Guide, "Updating health checks when you change CloudWatch alarm
 * settings"), and its deletion has none either.
 */
export interface AlarmStream {
  readonly region: string;
  readonly metric: MetricStat;
  readonly settings: MetricAlarmSettings;
}

/**
 * The stream of an alarm. Throws InvalidInput for one that does not exist and for what Route 53 does not support:
 * expressions, extended statistics, high resolution (Route 53 API Reference, AlarmIdentifier). Composite alarms are no
 * metric alarms and not found among them.
 */
export function alarmStream(
  { region, name }: AlarmIdentifier,
  settings: MetricAlarmSettings | undefined,
): AlarmStream {
  const invalid = (reason: string) =>
    refusal("InvalidInput", `Invalid parameter : AlarmIdentifier ${name} in ${region} ${reason}`);
  if (!settings) throw invalid("is no metric alarm that exists");
  const [query, ...others] = settings.queries;
  if (!query || others.length > 0 || !isMetric(query.of))
    throw invalid("is not of one metric: metric math is not supported");
  if (isPercentile(query.of.statistic))
    throw invalid(`has the statistic ${query.of.statistic}: extended statistics are not supported`);
  if (settings.periodSeconds < 60)
    throw invalid(
      `has a period of ${settings.periodSeconds} seconds: high-resolution metrics are not supported`,
    );
  return { region, metric: query.of, settings };
}

/** What the stream says: undefined if the alarm would keep its state. */
export function streamState(
  { region, metric, settings }: AlarmStream,
  metrics: MetricStore,
  now: number,
): "OK" | "ALARM" | "INSUFFICIENT_DATA" | undefined {
  const length = settings.periodSeconds * 1_000;
  // Like the alarm itself, over periods that end with a whole minute.
  const to = Math.floor(now / MINUTE) * MINUTE;
  const range = evaluationRange(settings.evaluationPeriods);
  const from = to - range * length;
  const values = pointsOf(metrics, region, metric, { from, to, origin: to % length });
  const points = Array.from({ length: range }, (_, index) => {
    const value = values.get(from + index * length);
    return value === undefined ? undefined : breaches(settings, value);
  });
  return stateOf(points, settings);
}

/** CloudWatchAlarmConfiguration, as GetHealthCheck shows it. */
export function describeStream({ metric, settings }: AlarmStream): Json {
  return {
    ...{ EvaluationPeriods: settings.evaluationPeriods, Threshold: settings.threshold },
    ...{ ComparisonOperator: settings.comparison, Period: settings.periodSeconds },
    ...{ MetricName: metric.name, Namespace: metric.namespace, Statistic: metric.statistic },
    Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}
