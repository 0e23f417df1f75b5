import type { Input } from "../input.ts";
import type { Json } from "../service.ts";
import {
  ALARM_STATES,
  type AlarmState,
  MISSING_DATA,
  type MissingData,
  type StateRule,
} from "./alarm-state.ts";
import {
  evaluateQueries,
  invalid,
  isMetric,
  type MetricQuery,
  parameters,
  readMetric,
  readMetricQueries,
  readPeriod,
} from "./metric-query.ts";
import { MetricStore } from "./metric-store.ts";
import { isPercentile, readStatistic } from "./statistics.ts";

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
};
export type Comparison = keyof typeof COMPARISONS;

/** What PutMetricAlarm sets. */
export interface MetricAlarmSettings extends StateRule {
  readonly name: string;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly periodSeconds: number;
  /** Of an alarm on one metric. */
  readonly statistic: string | undefined;
  /** One metric, or a metric math expression with its metrics; one of them is returned. */
  readonly queries: readonly MetricQuery[];
  /** Topic ARNs by the state that is entered. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
  /** Members as they were put, for showing. */
  readonly put: Json;
}

/** CloudWatch API Reference, PutMetricAlarm; an alarm's evaluation interval here is at most the day that is kept. */
const MAXIMUM_ACTIONS = 5;
const MAXIMUM_METRICS = 10;
const MAXIMUM_INTERVAL_SECONDS = 86_400;
const ALARM_PERIODS = "Member must be 10, 20, 30 or a multiple of 60";
const OF_ONE_METRIC = [
  "Namespace",
  "MetricName",
  "Dimensions",
  "Period",
  "Statistic",
  "ExtendedStatistic",
  "Unit",
];
const ACTION_MEMBERS: Readonly<Record<AlarmState, string>> = {
  OK: "OKActions",
  ALARM: "AlarmActions",
  INSUFFICIENT_DATA: "InsufficientDataActions",
};

/** Reads PutMetricAlarm. Throws ServiceError for what AWS refuses, and by name for what is not carried out. */
export function readMetricAlarm(json: Json): MetricAlarmSettings {
  const input = parameters(json).only([
    ...["AlarmName", "AlarmDescription", "ActionsEnabled", "Tags", ...Object.values(ACTION_MEMBERS)],
    ...["EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData"],
    ...["EvaluateLowSampleCountPercentile", "Metrics", ...OF_ONE_METRIC],
  ]);
  const name = input.text("AlarmName", { minimum: 1, maximum: 255 });
  input.optionalText("AlarmDescription", { maximum: 1024 });
  input.optionalText("EvaluateLowSampleCountPercentile", { oneOf: ["evaluate"] });
  input.flag("ActionsEnabled");
  const queries = input.has("Metrics") ? readMath(input) : [readOneMetric(input)];
  const periodSeconds = queries.map(({ of }) => of).find(isMetric)?.periodSeconds ?? 60;
  if (periodSeconds < 10) throw input.refuse("Period", periodSeconds, ALARM_PERIODS);
  const evaluationPeriods = input.integer("EvaluationPeriods", { minimum: 1 });
  if (periodSeconds * evaluationPeriods > MAXIMUM_INTERVAL_SECONDS)
    throw invalid(
      `The local cloud keeps metrics for a day: Period times EvaluationPeriods must be at most ${MAXIMUM_INTERVAL_SECONDS}.`,
    );
  const threshold = json.Threshold;
  if (typeof threshold !== "number" || !Number.isFinite(threshold))
    throw input.refuse("Threshold", threshold, "Member must be a number");
  const comparison = input.text("ComparisonOperator");
  if (!isComparison(comparison))
    throw input.refuse(
      "ComparisonOperator",
      comparison,
      `Member must be one of ${Object.keys(COMPARISONS).join(", ")}`,
    );
  return {
    name,
    threshold,
    comparison,
    periodSeconds,
    statistic: input.optionalText("Statistic") ?? input.optionalText("ExtendedStatistic"),
    queries,
    evaluationPeriods,
    datapointsToAlarm:
      input.optionalInteger("DatapointsToAlarm", { minimum: 1, maximum: evaluationPeriods }) ??
      evaluationPeriods,
    treatMissingData: readMissingData(input),
    actions: readActions(input),
    put: Object.fromEntries(Object.entries(json).filter(([member]) => member !== "Tags")),
  };
}

/** Whether a value is on the wrong side of the alarm's threshold. */
export function breaches({ comparison, threshold }: MetricAlarmSettings, value: number): boolean {
  return COMPARISONS[comparison](value, threshold);
}

function readOneMetric(input: Input): MetricQuery {
  if (input.has("Statistic") === input.has("ExtendedStatistic"))
    throw invalid("An alarm on one metric must have either Statistic or ExtendedStatistic.");
  const statistic = readStatistic(input.optionalText("Statistic") ?? input.text("ExtendedStatistic"));
  if (isPercentile(statistic) !== input.has("ExtendedStatistic"))
    throw invalid(`Statistic takes the basic statistics, ExtendedStatistic percentiles; got ${statistic}.`);
  const metric = readMetric(input);
  const unit = input.optionalText("Unit");
  return {
    id: "m1",
    label: metric.name,
    isReturned: true,
    of: { ...metric, periodSeconds: readPeriod(input), statistic, unit },
  };
}

function readMath(input: Input): MetricQuery[] {
  const member = OF_ONE_METRIC.find((each) => input.has(each));
  if (member) throw invalid(`An alarm has either Metrics or ${member}.`);
  const queries = readMetricQueries(input.records("Metrics"));
  if (queries.filter(({ isReturned }) => isReturned).length !== 1)
    throw invalid("Exactly one element of Metrics must have ReturnData true.");
  if (queries.filter(({ of }) => isMetric(of)).length > MAXIMUM_METRICS)
    throw invalid(`Metrics takes up to ${MAXIMUM_METRICS} metrics.`);
  // Evaluated without any data, so that whatever is not carried out is refused now.
  const empty = new MetricStore({
    now: () => 0,
    after: () => () => {},
    hold: () => () => {},
    wait: () => () => {},
  });
  const [result] = evaluateQueries(empty, "", queries, { from: 0, to: 0 });
  if (result?.series.length !== 1)
    throw invalid("An alarm watches one time series; the expression has several.");
  return queries;
}

function readMissingData(input: Input): MissingData {
  const text = input.optionalText("TreatMissingData", { oneOf: MISSING_DATA });
  // "Alarms that evaluate metrics in the AWS/DynamoDB namespace ignore missing data by default."
  const usual = input.optionalText("Namespace") === "AWS/DynamoDB" ? "ignore" : "missing";
  return MISSING_DATA.find((each) => each === text) ?? usual;
}

function readActions(input: Input): Record<AlarmState, string[]> {
  const actions: Record<AlarmState, string[]> = { OK: [], ALARM: [], INSUFFICIENT_DATA: [] };
  for (const state of ALARM_STATES) {
    const member = ACTION_MEMBERS[state];
    const arns = input.texts(member);
    if (arns.length > MAXIMUM_ACTIONS)
      throw input.refuse(member, arns.length, `Member must have up to ${MAXIMUM_ACTIONS} actions`);
    const other = arns.find((arn) => !/^arn:aws:sns:[^:]+:\d{12}:[^:]+$/.test(arn));
    if (other) throw input.refuse(member, other, "The local cloud carries out topics as actions only");
    actions[state] = arns;
  }
  return actions;
}

function isComparison(text: string): text is Comparison {
  return Object.hasOwn(COMPARISONS, text);
}
