import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { FIRST_FAILURE, setUpAlarms, TOPIC } from "./alarms-support.ts";

// Expectations: CloudWatch API Reference; CloudWatch User Guide, "Using Amazon CloudWatch alarms".
describe("a metric alarm", () => {
  it("begins with insufficient data, and is shown as it was put", async () => {
    const { put, alarm, clock } = setUpAlarms();
    await put();
    expect(await alarm()).to.deep.equal({
      ...FIRST_FAILURE,
      AlarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:failed",
      ActionsEnabled: true,
      InsufficientDataActions: [],
      AlarmConfigurationUpdatedTimestamp: clock.now() / 1000,
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Unchecked: Initial alarm creation",
      StateUpdatedTimestamp: clock.now() / 1000,
      StateTransitionedTimestamp: clock.now() / 1000,
    });
  });

  it("of the program goes off at the end of the minute of the first failure, and is over when it is out of sight", async () => {
    const { put, record, state, goTo, history } = setUpAlarms();
    await put();
    await goTo(1);
    expect(await state()).to.equal("OK");
    await goTo(1.5);
    record(1);
    await goTo(1.99);
    expect(await state()).to.equal("OK");
    await goTo(2);
    expect(await state()).to.equal("ALARM");
    // The failure stays in the evaluation range of three minutes, and no data point is after it.
    await goTo(4);
    expect(await state()).to.equal("ALARM");
    await goTo(5);
    expect(await state()).to.equal("OK");
    expect(await history("StateUpdate")).to.deep.equal([
      "Alarm updated from INSUFFICIENT_DATA to OK",
      "Alarm updated from OK to ALARM",
      "Alarm updated from ALARM to OK",
    ]);
  });

  it("is over at the end of the next minute where that has a data point", async () => {
    const { put, record, state, goTo } = setUpAlarms();
    await put();
    record(1);
    await goTo(1.5);
    expect(await state()).to.equal("ALARM");
    record(0);
    await goTo(2);
    expect(await state()).to.equal("OK");
  });

  it("tells its subscribers by mail and queue, in the documented form", async () => {
    const { put, record, goTo, subscribe, call, sns, history } = setUpAlarms();
    await subscribe("desk@example.com");
    const { QueueUrl } = await call("sqs", "CreateQueue", { QueueName: "pager" });
    const Endpoint = "arn:aws:sqs:us-east-1:000000000000:pager";
    await call("sns", "Subscribe", { TopicArn: TOPIC, Protocol: "sqs", Endpoint });
    await put({ OKActions: [] });
    await goTo(1.5);
    record(2);
    await goTo(2);
    const mail = sns.mail("us-east-1").at(-1);
    expect(mail).to.include({ to: "desk@example.com", topicArn: TOPIC });
    expect(mail?.subject).to.equal('ALARM: "failed" in US East (N. Virginia)');
    expect(JSON.parse(mail?.message ?? "")).to.deep.equal({
      AlarmName: "failed",
      AlarmDescription: "An execution failed",
      AWSAccountId: "000000000000",
      AlarmConfigurationUpdatedTimestamp: "2026-01-05T14:30:00.000+0000",
      NewStateValue: "ALARM",
      NewStateReason:
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (05/01/26 14:31:00)] was greater than or equal to " +
        "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
      StateChangeTime: "2026-01-05T14:32:00.000+0000",
      Region: "US East (N. Virginia)",
      AlarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:failed",
      OldStateValue: "OK",
      OKActions: [],
      AlarmActions: [TOPIC],
      InsufficientDataActions: [],
      Trigger: {
        MetricName: "ExecutionsFailed",
        Namespace: "AWS/States",
        StatisticType: "Statistic",
        Statistic: "SUM",
        Unit: null,
        Dimensions: [{ value: "machine", name: "StateMachineArn" }],
        Period: 60,
        EvaluationPeriods: 1,
        DatapointsToAlarm: 1,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        Threshold: 1,
        TreatMissingData: "notBreaching",
        EvaluateLowSampleCountPercentile: "",
      },
    });
    const { Messages } = await call("sqs", "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages).to.have.length(1);
    const notification = JSON.parse(String((Messages as Json[])[0]?.Body));
    expect(notification).to.include({ Type: "Notification", TopicArn: TOPIC, Subject: mail?.subject });
    expect(notification.Message).to.equal(mail?.message);
    expect(await history("Action")).to.deep.equal([`Successfully executed action ${TOPIC}`]);
  });

  it("is an event on the default bus, in the documented form", async () => {
    const { put, record, goTo, events } = setUpAlarms();
    await put();
    await goTo(1.5);
    record(1);
    await goTo(2);
    const [first, second, ...more] = events;
    expect(more).to.deep.equal([]);
    expect(first?.detail).to.deep.include({
      previousState: {
        reason: "Unchecked: Initial alarm creation",
        timestamp: "2026-01-05T14:30:00.000+0000",
        value: "INSUFFICIENT_DATA",
      },
    });
    expect(second).to.deep.equal({
      region: "us-east-1",
      source: "aws.cloudwatch",
      detailType: "CloudWatch Alarm State Change",
      resources: ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:failed"],
      detail: {
        alarmName: "failed",
        configuration: {
          description: "An execution failed",
          metrics: [
            {
              id: "m1",
              metricStat: {
                metric: {
                  dimensions: { StateMachineArn: "machine" },
                  name: "ExecutionsFailed",
                  namespace: "AWS/States",
                },
                period: 60,
                stat: "Sum",
              },
              returnData: true,
            },
          ],
        },
        previousState: {
          reason:
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
          reasonData:
            '{"version":"1.0","queryDate":"2026-01-05T14:31:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[],"threshold":1}',
          timestamp: "2026-01-05T14:31:00.000+0000",
          value: "OK",
        },
        state: {
          reason:
            "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (05/01/26 14:31:00)] was greater than or equal to " +
            "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
          reasonData:
            '{"version":"1.0","queryDate":"2026-01-05T14:32:00.000+0000","startDate":"2026-01-05T14:31:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[1],"threshold":1}',
          timestamp: "2026-01-05T14:32:00.000+0000",
          value: "ALARM",
        },
      },
    });
  });

  // The figure of "Alarm evaluation": threshold 3, 3 out of 3; breached in periods 3 to 5 and again in 9.
  it("needs as many breaching data points as it says", async () => {
    const { put, record, state, goTo } = setUpAlarms();
    await put({
      ...{ ComparisonOperator: "GreaterThanThreshold", Threshold: 3 },
      ...{ EvaluationPeriods: 3, Statistic: "Maximum" },
    });
    const states: unknown[] = [];
    for (const [minute, value] of [2, 3, 4, 5, 4, 2, 1, 3, 4, 2].entries()) {
      await goTo(minute + 0.5);
      record(value);
      await goTo(minute + 1);
      states.push(await state());
    }
    const [, , ...full] = states;
    expect(full).to.deep.equal(["OK", "OK", "ALARM", "OK", "OK", "OK", "OK", "OK"]);
  });

  it("goes off for some of its data points where it is an M out of N alarm", async () => {
    const { put, record, alarm, goTo } = setUpAlarms();
    await put({ EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    for (const [minute, value] of [1, 0, 1].entries()) {
      await goTo(minute + 0.5);
      record(value);
    }
    await goTo(3);
    expect((await alarm()).StateReason).to.equal(
      "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (05/01/26 14:32:00), 1.0 (05/01/26 14:30:00)] were " +
        "greater than or equal to the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).",
    );
  });

  it("names missing data that it took for breaching", async () => {
    const { put, record, alarm, goTo } = setUpAlarms();
    await put({
      ...{ TreatMissingData: "breaching", EvaluationPeriods: 5, DatapointsToAlarm: 5 },
      ...{ ComparisonOperator: "LessThanThreshold" },
    });
    record(1);
    await goTo(1);
    expect((await alarm()).StateReason).to.equal(
      "Threshold Crossed: 1 out of the last 5 datapoints [1.0 (05/01/26 14:30:00)] was not less than the threshold " +
        "(1.0) and 4 missing datapoints were treated as [Breaching] (minimum 1 datapoint for ALARM -> OK transition).",
    );
  });

  it("has insufficient data after its metric has stopped, where missing data is missing", async () => {
    const { put, record, alarm, goTo } = setUpAlarms();
    await put({ TreatMissingData: "missing" });
    record(0);
    await goTo(3);
    expect((await alarm()).StateValue).to.equal("OK");
    await goTo(4);
    expect(await alarm()).to.include({
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Insufficient Data: 1 datapoint was unknown.",
    });
  });

  // "at the end of minute six, the alarm is evaluated based on the data from minutes 2 to 6".
  it("is evaluated every minute over the period that ends there", async () => {
    const { put, record, state, goTo } = setUpAlarms();
    await put({ Period: 300, Threshold: 2 });
    await goTo(1.5);
    record(1);
    await goTo(5);
    expect(await state()).to.equal("OK");
    await goTo(5.5);
    record(1);
    await goTo(6);
    expect(await state()).to.equal("ALARM");
  });

  it("is evaluated every ten seconds where its period is 10 or 30 seconds", async () => {
    const { put, metrics, state, clock } = setUpAlarms();
    await put({ Namespace: "Fast", MetricName: "m", Dimensions: [], Period: 10 });
    await clock.advance(12_000);
    expect(await state()).to.equal("OK");
    const identity = { region: "us-east-1", namespace: "Fast", name: "m", dimensions: {}, unit: "None" };
    metrics.recordSet({ ...identity, isHighResolution: true }, { count: 1, sum: 1, minimum: 1, maximum: 1 });
    await clock.advance(8_000);
    expect(await state()).to.equal("ALARM");
  });

  it("watches percentiles", async () => {
    const { put, metrics, state, goTo } = setUpAlarms();
    await put({
      ...{ Namespace: "Latency", MetricName: "m", Dimensions: [], Threshold: 100 },
      ...{ Statistic: undefined, ExtendedStatistic: "p90" },
    });
    const values = (slow: number) => {
      for (let n = 0; n < 10; n += 1) metrics.record("us-east-1", "Latency", "m", {}, n < slow ? 200 : 5);
    };
    values(1);
    await goTo(1.5);
    expect(await state()).to.equal("OK");
    values(2);
    await goTo(2);
    expect(await state()).to.equal("ALARM");
  });

  it("watches metric math", async () => {
    const { call, metrics, state, goTo, events } = setUpAlarms();
    const query = (Id: string, MetricName: string) => ({
      ...{ Id, ReturnData: false },
      MetricStat: { Metric: { Namespace: "Rate", MetricName }, Period: 60, Stat: "Sum" },
    });
    const { AlarmName, ComparisonOperator, EvaluationPeriods, TreatMissingData } = FIRST_FAILURE;
    await call("monitoring", "PutMetricAlarm", {
      ...{ AlarmName, ComparisonOperator, EvaluationPeriods, TreatMissingData, Threshold: 0.1 },
      Metrics: [
        query("errors", "Errors"),
        query("all", "All"),
        { Id: "rate", Label: "Error rate", Expression: "errors / all" },
      ],
    });
    const minute = (errors: number) => {
      metrics.record("us-east-1", "Rate", "Errors", {}, errors);
      metrics.record("us-east-1", "Rate", "All", {}, 20);
    };
    minute(1);
    await goTo(1.5);
    expect(await state()).to.equal("OK");
    minute(2);
    await goTo(2);
    expect(await state()).to.equal("ALARM");
    const [event] = events.slice(-1);
    const shown = event?.detail.configuration as { metrics: Json[] } | undefined;
    expect(shown?.metrics[2]).to.deep.equal({
      expression: "errors / all",
      id: "rate",
      label: "Error rate",
      returnData: true,
    });
  });

  it("of AWS/DynamoDB ignores missing data by default", async () => {
    const { put, metrics, state, goTo } = setUpAlarms();
    await put({ Namespace: "AWS/DynamoDB", Dimensions: [], TreatMissingData: undefined });
    metrics.record("us-east-1", "AWS/DynamoDB", "ExecutionsFailed", {}, 1);
    await goTo(60);
    expect(await state()).to.equal("ALARM");
  });

  it("sees the depth of a real queue", async () => {
    const { put, call, state, goTo } = setUpAlarms();
    const { QueueUrl } = await call("sqs", "CreateQueue", { QueueName: "dlq" });
    await put({
      ...{ Namespace: "AWS/SQS", MetricName: "ApproximateNumberOfMessagesVisible", Statistic: "Maximum" },
      Dimensions: [{ Name: "QueueName", Value: "dlq" }],
    });
    await goTo(1.5);
    expect(await state()).to.equal("OK");
    await call("sqs", "SendMessage", { QueueUrl, MessageBody: "failed" });
    await goTo(2);
    expect(await state()).to.equal("ALARM");
    await call("sqs", "PurgeQueue", { QueueUrl });
    await goTo(3);
    expect(await state()).to.equal("OK");
  });
});
