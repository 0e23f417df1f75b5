import type { AlarmState } from "./alarm-state.ts";
import type { Comparison, MetricAlarmSettings } from "./metric-alarm.ts";

/** A data point that an evaluation took into account; times in milliseconds since the epoch. */
export interface Datapoint {
  readonly at: number;
  readonly value: number;
  readonly isBreaching: boolean;
}

const RELATION: Readonly<Record<Comparison, string>> = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

/**
 * Why an alarm changed to a state, in the words of the examples in the CloudWatch User Guide, "Alarm events and
 * EventBridge".
 */
export function stateReason(
  settings: MetricAlarmSettings,
  state: AlarmState,
  present: readonly Datapoint[],
): string {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = settings;
  const missing = evaluationPeriods - present.length;
  if (state === "INSUFFICIENT_DATA") return `Insufficient Data: ${counted(missing, "was", "were")} unknown.`;
  const treated = treatMissingData === "breaching" ? "Breaching" : "NonBreaching";
  if (present.length === 0)
    return (
      `Threshold Crossed: no datapoints were received for ${evaluationPeriods} ` +
      `period${plural(evaluationPeriods)} and ${missing} missing datapoint${plural(missing)} ` +
      `${missing === 1 ? "was" : "were"} treated as [${treated}].`
    );
  const isAlarm = state === "ALARM";
  const counting = present.filter(({ isBreaching }) => isBreaching === isAlarm);
  const shown = [...counting].reverse().map(({ at, value }) => `${decimal(value)} (${dayAndTime(at)})`);
  const filled = missing > 0 && ["breaching", "notBreaching"].includes(treatMissingData);
  const minimum = isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  return (
    `Threshold Crossed: ${counting.length} out of the last ${evaluationPeriods} datapoints [${shown.join(", ")}] ` +
    `${counting.length === 1 ? "was" : "were"} ${isAlarm ? "" : "not "}${RELATION[settings.comparison]} the threshold ` +
    `(${decimal(settings.threshold)})` +
    (filled
      ? ` and ${missing} missing datapoint${plural(missing)} ${missing === 1 ? "was" : "were"} treated as [${treated}]`
      : "") +
    ` (minimum ${minimum} datapoint${plural(minimum)} for ${isAlarm ? "OK -> ALARM" : "ALARM -> OK"} transition).`
  );
}

/** The same as JSON text, from the same examples. */
export function stateReasonData(
  settings: MetricAlarmSettings,
  present: readonly Datapoint[],
  now: number,
): string {
  const [first] = present;
  return JSON.stringify({
    version: "1.0",
    queryDate: timestamp(now),
    ...(first ? { startDate: timestamp(first.at) } : {}),
    ...(settings.statistic === undefined ? {} : { statistic: settings.statistic }),
    period: settings.periodSeconds,
    recentDatapoints: present.map(({ value }) => value),
    threshold: settings.threshold,
  });
}

/** A time as alarms write it, such as `2019-10-02T17:04:40.989+0000`. */
export function timestamp(at: number): string {
  return new Date(at).toISOString().replace("Z", "+0000");
}

/** `02/10/19 16:59:00` */
function dayAndTime(at: number): string {
  const [date = "", time = ""] = new Date(at).toISOString().split("T");
  const [year = "", month, day] = date.split("-");
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}

/** Whole numbers have a decimal place, too. */
function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function counted(count: number, one: string, several: string): string {
  return `${count} datapoint${plural(count)} ${count === 1 ? one : several}`;
}

function plural(count: number): string {
  return count === 1 ? "" : "s";
}
