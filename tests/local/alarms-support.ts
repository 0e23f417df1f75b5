import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createMonitoring } from "../../local/cloud/monitoring/service.ts";
import type { Json, ServiceEvent } from "../../local/cloud/service.ts";
import { createSns } from "../../local/cloud/sns/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";

export const TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms";
export const OTHER_TOPIC = "arn:aws:sns:us-east-1:000000000000:other";

/** The alarm that every alarm of the program is: a failure in a minute. */
export const FIRST_FAILURE = {
  AlarmName: "failed",
  AlarmDescription: "An execution failed",
  Namespace: "AWS/States",
  MetricName: "ExecutionsFailed",
  Dimensions: [{ Name: "StateMachineArn", Value: "machine" }],
  Statistic: "Sum",
  ComparisonOperator: "GreaterThanOrEqualToThreshold",
  Threshold: 1,
  Period: 60,
  EvaluationPeriods: 1,
  TreatMissingData: "notBreaching",
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
};

/** Metrics, alarms, topics and queues, at 2026-01-05 14:30 on a clock that is driven. */
export function setUpAlarms() {
  const clock = new DrivenClock();
  const start = clock.now();
  const cloud = new Cloud({ clock });
  const events: (ServiceEvent & { region: string })[] = [];
  const monitoring = cloud.add((surroundings) =>
    createMonitoring(surroundings, (region, event) => events.push({ region, ...event })),
  );
  const { metrics } = monitoring;
  const sns = cloud.add((surroundings) => createSns(surroundings, metrics));
  cloud.add((surroundings) => createSqs(surroundings, metrics));
  const call = (service: string, operation: string, input: Json = {}, principal = "test"): Promise<Json> =>
    cloud.call({ service, operation, region: "us-east-1", principal }, input);
  const alarm = async (name = FIRST_FAILURE.AlarmName): Promise<Json> => {
    const { MetricAlarms } = await call("monitoring", "DescribeAlarms", { AlarmNames: [name] });
    return (MetricAlarms as Json[])[0] ?? {};
  };
  return {
    clock,
    cloud,
    events,
    metrics,
    monitoring,
    sns,
    call,
    put: (change: Json = {}) => call("monitoring", "PutMetricAlarm", { ...FIRST_FAILURE, ...change }),
    alarm,
    state: async (name?: string) => (await alarm(name)).StateValue,
    /** Records a value of the metric that the alarm watches. */
    record: (value: number, dimensions: Record<string, string> = { StateMachineArn: "machine" }) =>
      metrics.record("us-east-1", "AWS/States", "ExecutionsFailed", dimensions, value, "Count"),
    /** What happened, oldest first. */
    history: async (HistoryItemType?: string): Promise<unknown[]> => {
      const input = { ScanBy: "TimestampAscending", ...(HistoryItemType ? { HistoryItemType } : {}) };
      const { AlarmHistoryItems } = await call("monitoring", "DescribeAlarmHistory", input);
      return (AlarmHistoryItems as Json[]).map(({ HistorySummary }) => HistorySummary);
    },
    /** Goes to a time of the day, given in minutes after 14:30. */
    goTo: (minutes: number) => clock.advance(start + minutes * 60_000 - clock.now()),
    /** A topic with an e-mail address that has confirmed. */
    async subscribe(to: string): Promise<void> {
      await call("sns", "CreateTopic", { Name: "alarms" });
      await call("sns", "Subscribe", { TopicArn: TOPIC, Protocol: "email", Endpoint: to });
      const Token = sns.mail("us-east-1").at(-1)?.token;
      await call("sns", "ConfirmSubscription", { TopicArn: TOPIC, Token });
    },
  };
}
