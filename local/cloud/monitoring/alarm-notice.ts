import type { Json } from "../service.ts";
import { timestamp } from "./alarm-reason.ts";
import type { AlarmState } from "./alarm-state.ts";
import type { Alarm } from "./alarms.ts";
import { isMetric } from "./metric-query.ts";
import { isPercentile } from "./statistics.ts";

/** A state with what is said about it; time in milliseconds since the epoch. */
export interface StateRecord {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON text. */
  readonly reasonData: string | undefined;
  readonly at: number;
}

/** Names that notifications give to regions. */
const REGION_NAMES: Readonly<Record<string, string>> = {
  "us-east-1": "US East (N. Virginia)",
  "us-east-2": "US East (Ohio)",
  "us-west-1": "US West (N. California)",
  "us-west-2": "US West (Oregon)",
  "eu-central-1": "EU (Frankfurt)",
  "eu-west-1": "EU (Ireland)",
  "eu-west-2": "EU (London)",
  "eu-west-3": "EU (Paris)",
};
/** Amazon SNS API Reference, Publish: a subject is shorter than 100 characters. */
const LONGEST_SUBJECT = 99;

/** What an action publishes to a topic (CloudWatch User Guide, "Notifying users on alarm changes"). */
export function notification(
  alarm: Alarm,
  previous: StateRecord,
  account: string,
): { Subject: string; Message: string } {
  const { settings, state, region } = alarm;
  const place = REGION_NAMES[region] ?? region;
  return {
    Subject: `${state.value}: "${settings.name}" in ${place}`.slice(0, LONGEST_SUBJECT),
    Message: JSON.stringify({
      AlarmName: settings.name,
      AlarmDescription: settings.put.AlarmDescription ?? null,
      AWSAccountId: account,
      AlarmConfigurationUpdatedTimestamp: timestamp(alarm.configuredAt),
      NewStateValue: state.value,
      NewStateReason: state.reason,
      StateChangeTime: timestamp(state.at),
      Region: place,
      AlarmArn: alarm.arn,
      OldStateValue: previous.value,
      OKActions: settings.actions.OK,
      AlarmActions: settings.actions.ALARM,
      InsufficientDataActions: settings.actions.INSUFFICIENT_DATA,
      Trigger: trigger(alarm),
    }),
  };
}

function trigger({ settings }: Alarm): Json {
  const { put } = settings;
  const rule = {
    Period: settings.periodSeconds,
    EvaluationPeriods: settings.evaluationPeriods,
    DatapointsToAlarm: settings.datapointsToAlarm,
    ComparisonOperator: settings.comparison,
    Threshold: settings.threshold,
    TreatMissingData: settings.treatMissingData,
    EvaluateLowSampleCountPercentile: put.EvaluateLowSampleCountPercentile ?? "",
  };
  const [query] = settings.queries;
  if (settings.statistic === undefined || !query || !isMetric(query.of))
    return { ...rule, Metrics: put.Metrics };
  const { name, namespace, dimensions, statistic, unit } = query.of;
  return {
    MetricName: name,
    Namespace: namespace,
    ...(isPercentile(statistic)
      ? { StatisticType: "ExtendedStatistic", ExtendedStatistic: statistic }
      : { StatisticType: "Statistic", Statistic: statistic.toUpperCase() }),
    Unit: unit ?? null,
    Dimensions: Object.entries(dimensions).map(([key, value]) => ({ value, name: key })),
    ...rule,
  };
}

/** The detail of a "CloudWatch Alarm State Change" event (CloudWatch User Guide, "Alarm events and EventBridge"). */
export function stateChangeDetail({ settings, state }: Alarm, previous: StateRecord): Json {
  return {
    alarmName: settings.name,
    configuration: {
      ...(settings.put.AlarmDescription === undefined ? {} : { description: settings.put.AlarmDescription }),
      metrics: settings.queries.map(({ id, label, isReturned, of }, index) =>
        isMetric(of)
          ? {
              id,
              metricStat: {
                metric: { dimensions: of.dimensions, name: of.name, namespace: of.namespace },
                period: of.periodSeconds,
                stat: of.statistic,
              },
              returnData: isReturned,
            }
          : { expression: expressionText(settings.put, index), id, label, returnData: isReturned },
      ),
    },
    previousState: stateOf(previous),
    state: stateOf(state),
  };
}

function expressionText(put: Json, index: number): unknown {
  return Array.isArray(put.Metrics) ? put.Metrics[index]?.Expression : undefined;
}

function stateOf({ value, reason, reasonData, at }: StateRecord): Json {
  return {
    reason,
    ...(reasonData === undefined ? {} : { reasonData }),
    timestamp: timestamp(at),
    value,
  };
}
