import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { FIRST_FAILURE, OTHER_TOPIC, setUpAlarms, TOPIC } from "./alarms-support.ts";
import { refusal } from "./endpoint-support.ts";

// Expectations: CloudWatch API Reference; CloudWatch User Guide, "Using Amazon CloudWatch alarms".
describe("the state of an alarm that is set by hand", () => {
  it("carries its actions out and lasts until the next evaluation", async () => {
    const { put, call, state, goTo, subscribe, sns, history } = setUpAlarms();
    await subscribe("desk@example.com");
    await put();
    await goTo(1.5);
    const StateReason = "drill";
    await call("monitoring", "SetAlarmState", { AlarmName: "failed", StateValue: "ALARM", StateReason });
    await goTo(1.6);
    expect(await state()).to.equal("ALARM");
    expect(JSON.parse(sns.mail("us-east-1").at(-1)?.message ?? "").NewStateReason).to.equal("drill");
    await goTo(2);
    expect(await state()).to.equal("OK");
    expect(await history()).to.deep.equal([
      'Alarm "failed" created',
      "Alarm updated from INSUFFICIENT_DATA to OK",
      `Successfully executed action ${TOPIC}`,
      "Alarm updated from OK to ALARM",
      `Successfully executed action ${TOPIC}`,
      "Alarm updated from ALARM to OK",
      `Successfully executed action ${TOPIC}`,
    ]);
  });

  it("gets only another reason where it is the same state", async () => {
    const { put, call, alarm, goTo, history, clock } = setUpAlarms();
    await put();
    await goTo(1.5);
    const at = clock.now() / 1000;
    await call("monitoring", "SetAlarmState", { AlarmName: "failed", StateValue: "OK", StateReason: "calm" });
    expect(await alarm()).to.include({
      ...{ StateReason: "calm", StateUpdatedTimestamp: at, StateTransitionedTimestamp: at - 30 },
    });
    expect(await history("StateUpdate")).to.have.length(1);
  });

  it("of no alarm, or one that there is not, is refused", async () => {
    const { put, call } = setUpAlarms();
    await put();
    const set = (input: Json) =>
      refusal(call("monitoring", "SetAlarmState", { AlarmName: "failed", StateReason: "r", ...input }));
    expect((await set({ AlarmName: "none", StateValue: "OK" })).code).to.equal("ResourceNotFound");
    expect((await set({ StateValue: "FINE" })).code).to.equal("InvalidParameterValueException");
    expect((await set({ StateValue: "OK", StateReasonData: "{" })).code).to.equal("InvalidFormatFault");
  });
});

describe("an alarm's actions", () => {
  const drill = { AlarmName: "failed", StateValue: "ALARM", StateReason: "drill" };

  it("that fail are in its history, and the others are carried out", async () => {
    const { put, call, clock, subscribe, sns, history } = setUpAlarms();
    await subscribe("desk@example.com");
    await put({ AlarmActions: [OTHER_TOPIC, TOPIC] });
    await call("monitoring", "SetAlarmState", drill);
    await clock.settle();
    expect(await history("Action")).to.have.members([
      `Failed to execute action ${OTHER_TOPIC}. Received error: "Topic does not exist"`,
      `Successfully executed action ${TOPIC}`,
    ]);
    expect(sns.mail("us-east-1")).to.have.length(2);
  });

  it("are called as CloudWatch on behalf of the alarm", async () => {
    const { put, call, clock, cloud, subscribe, history } = setUpAlarms();
    await subscribe("desk@example.com");
    cloud.authorize = ({ service, principal, sourceArn }) => {
      if (service === "sns") throw new ServiceError("AuthorizationError", `${principal} ${sourceArn}`, 403);
    };
    await put();
    await call("monitoring", "SetAlarmState", drill);
    await clock.settle();
    expect(await history("Action")).to.deep.equal([
      `Failed to execute action ${TOPIC}. Received error: ` +
        '"cloudwatch.amazonaws.com arn:aws:cloudwatch:us-east-1:000000000000:alarm:failed"',
    ]);
  });

  it("rest while they are disabled, and a change of its settings leaves its state", async () => {
    const { put, call, clock, state, subscribe, sns, events } = setUpAlarms();
    await subscribe("desk@example.com");
    await put();
    await call("monitoring", "DisableAlarmActions", { AlarmNames: ["failed"] });
    await call("monitoring", "SetAlarmState", drill);
    await clock.settle();
    expect(sns.mail("us-east-1")).to.have.length(1);
    expect(events).to.have.length(1);
    await put({ Threshold: 5 });
    expect(await state()).to.equal("ALARM");
    await call("monitoring", "SetAlarmState", { ...drill, StateValue: "OK" });
    await clock.settle();
    expect(sns.mail("us-east-1").at(-1)?.subject).to.equal('OK: "failed" in US East (N. Virginia)');
  });
});

describe("the alarms of a region", () => {
  it("are found by name, prefix, state, action and metric, and paged", async () => {
    const { put, call } = setUpAlarms();
    await put({ AlarmName: "b-1" });
    await put({ AlarmName: "a-2", AlarmActions: [OTHER_TOPIC], OKActions: [], Period: 300 });
    await put({ AlarmName: "a-1", MetricName: "Other" });
    const StateReason = "r";
    await call("monitoring", "SetAlarmState", { AlarmName: "a-1", StateValue: "OK", StateReason });
    const names = async (input: Json, operation = "DescribeAlarms") =>
      ((await call("monitoring", operation, input)).MetricAlarms as Json[]).map(({ AlarmName }) => AlarmName);
    expect(await names({})).to.deep.equal(["a-1", "a-2", "b-1"]);
    expect(await names({ AlarmNames: ["b-1", "none"] })).to.deep.equal(["b-1"]);
    expect(await names({ AlarmNamePrefix: "a-" })).to.deep.equal(["a-1", "a-2"]);
    expect(await names({ StateValue: "OK" })).to.deep.equal(["a-1"]);
    expect(await names({ ActionPrefix: OTHER_TOPIC })).to.deep.equal(["a-2"]);
    expect(await names({ AlarmTypes: ["CompositeAlarm"] })).to.deep.equal([]);
    const { Namespace, MetricName, Dimensions } = FIRST_FAILURE;
    const metric = { Namespace, MetricName, Dimensions };
    expect(await names(metric, "DescribeAlarmsForMetric")).to.have.members(["a-2", "b-1"]);
    expect(await names({ ...metric, Period: 300 }, "DescribeAlarmsForMetric")).to.deep.equal(["a-2"]);
    expect(await names({ ...metric, Dimensions: [] }, "DescribeAlarmsForMetric")).to.deep.equal([]);
    const first = await call("monitoring", "DescribeAlarms", { MaxRecords: 2 });
    expect(await names({ MaxRecords: 2, NextToken: first.NextToken })).to.deep.equal(["b-1"]);
    await call("monitoring", "DeleteAlarms", { AlarmNames: ["a-1", "none"] });
    expect(await names({})).to.deep.equal(["a-2", "b-1"]);
  });

  it("have tags", async () => {
    const { put, call, alarm } = setUpAlarms();
    await put({ Tags: [{ Key: "env", Value: "dev" }] });
    const ResourceARN = (await alarm()).AlarmArn;
    await call("monitoring", "TagResource", { ResourceARN, Tags: [{ Key: "desk", Value: "fx" }] });
    await call("monitoring", "UntagResource", { ResourceARN, TagKeys: ["env"] });
    expect(await call("monitoring", "ListTagsForResource", { ResourceARN })).to.deep.equal({
      Tags: [{ Key: "desk", Value: "fx" }],
    });
  });

  it("leave no timer once they are deleted or the cloud is closed", async () => {
    const { put, call, clock, cloud } = setUpAlarms();
    await put();
    expect(clock.pending).to.equal(1);
    await call("monitoring", "DeleteAlarms", { AlarmNames: ["failed"] });
    expect(clock.pending).to.equal(0);
    await put();
    await cloud.close();
    expect(clock.pending).to.equal(0);
  });

  const metric = {
    Id: "m1",
    MetricStat: { Metric: { Namespace: "N", MetricName: "m" }, Period: 60, Stat: "Sum" },
  };
  const noMetric = Object.fromEntries(
    ["Namespace", "MetricName", "Dimensions", "Statistic", "Period"].map((member) => [member, undefined]),
  );
  for (const [what, change, message] of [
    [
      "an action that is no topic",
      { AlarmActions: ["arn:aws:automate:us-east-1:ec2:stop"] },
      /AlarmActions.*topics/,
    ],
    ["six actions", { AlarmActions: Array(6).fill(TOPIC) }, /up to 5 actions/],
    ["an anomaly detector's threshold", { ThresholdMetricId: "ad1" }, /ThresholdMetricId/],
    ["more data points than periods", { DatapointsToAlarm: 2 }, /DatapointsToAlarm/],
    ["a period of 90 seconds", { Period: 90 }, /Period/],
    ["a period of one second", { Period: 1 }, /Period.*10, 20, 30/],
    ["more than a day", { Period: 3600, EvaluationPeriods: 25 }, /86400/],
    ["no statistic", { Statistic: undefined }, /either Statistic or ExtendedStatistic/],
    ["a percentile as basic statistic", { Statistic: "p90" }, /ExtendedStatistic percentiles/],
    ["a trimmed mean", { Statistic: undefined, ExtendedStatistic: "tm90" }, /tm90/],
    ["an unknown comparison", { ComparisonOperator: "GreaterThanUpperThreshold" }, /ComparisonOperator/],
    ["a metric and metrics", { Metrics: [metric] }, /either Metrics or Namespace/],
    [
      "metric math that cannot be evaluated",
      {
        ...noMetric,
        Metrics: [
          { ...metric, ReturnData: false },
          { Id: "e1", Expression: "ANOMALY_DETECTION_BAND(m1)" },
        ],
      },
      /ANOMALY_DETECTION_BAND/,
    ],
    ["two metrics returned", { ...noMetric, Metrics: [metric, { ...metric, Id: "m2" }] }, /ReturnData true/],
  ] as const)
    it(`cannot have ${what}`, async () => {
      const { put, call } = setUpAlarms();
      const error = await refusal(put(change));
      expect(error.code).to.equal("InvalidParameterValueException");
      expect(error.message).to.match(message);
      expect((await call("monitoring", "DescribeAlarms", {})).MetricAlarms).to.deep.equal([]);
    });

  it("are metric alarms only: a composite one is refused by name", async () => {
    const { call } = setUpAlarms();
    const error = await refusal(call("monitoring", "PutCompositeAlarm", { AlarmName: "all" }));
    expect(error.message).to.match(/does not carry out monitoring:PutCompositeAlarm/);
  });
});
