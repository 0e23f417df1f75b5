export const ALARM_STATES = ["OK", "ALARM", "INSUFFICIENT_DATA"] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

export const MISSING_DATA = ["missing", "ignore", "breaching", "notBreaching"] as const;
export type MissingData = (typeof MISSING_DATA)[number];

/** An alarm's M out of N, and what stands for a period without data. */
export interface StateRule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
}

/**
 * How many periods are looked at, so that older data points can stand in for missing ones. AWS documents 5 for 3
 * evaluation periods, and that the number depends on the period; here it is always two more.
 */
export function evaluationRange(evaluationPeriods: number): number {
  return evaluationPeriods + 2;
}

/**
 * The state that follows from the data points of the evaluation range, oldest first: whether each breaches the
 * threshold, undefined where there is none. Undefined if the alarm keeps its state. (CloudWatch User Guide,
 * "Configuring how CloudWatch alarms treat missing data" and "Avoiding premature transitions to alarm state".)
 */
export function stateOf(
  points: readonly (boolean | undefined)[],
  { evaluationPeriods, datapointsToAlarm, treatMissingData }: StateRule,
): AlarmState | undefined {
  const present = points.filter((point) => point !== undefined).slice(-evaluationPeriods);
  const breaching = present.filter((point) => point).length;
  const missing = evaluationPeriods - present.length;
  const decided = (count: number): AlarmState => (count >= datapointsToAlarm ? "ALARM" : "OK");
  if (missing === 0 || treatMissingData === "notBreaching") return decided(breaching);
  if (treatMissingData === "breaching") return decided(breaching + missing);
  if (breaching < present.length || breaching >= datapointsToAlarm) return decided(breaching);
  // Nothing but breaching data points, and fewer than would have to breach.
  if (treatMissingData === "ignore") return undefined;
  const oldestBreaching = points.length - points.indexOf(true);
  return breaching > 0 && oldestBreaching >= datapointsToAlarm ? "ALARM" : "INSUFFICIENT_DATA";
}
