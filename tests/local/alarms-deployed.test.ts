import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import { ROOT_PRINCIPAL } from "../../local/cloud/endpoint/dispatch.ts";
import type { Json } from "../../local/cloud/service.ts";
import { deploy } from "../../local/deploy.ts";
import { type LocalServices, startServices } from "../../local/services.ts";

const REGIONS = ["us-east-1", "eu-west-1"];
const MINUTE = 60_000;
/**
 * What no event brings about here: state transitions are not throttled locally, and the workflow's own limits end
 * every execution before the five minutes of EXPRESS. Executions that time out are measured in states.test.ts.
 */
const UNSEEN = ["ExecutionThrottled", "ExecutionsTimedOut"];

describe("the alarms of a deployed stack", function () {
  this.timeout(120_000);
  const clock = new DrivenClock();
  let cacheDirectory: string;
  let services: LocalServices;
  const call = (
    region: string,
    service: string,
    operation: string,
    input: Json = {},
    principal = ROOT_PRINCIPAL,
  ) => services.cloud.call({ service, operation, region, principal }, input);
  const alarms = async (region: string): Promise<Json[]> =>
    (await call(region, "monitoring", "DescribeAlarms")).MetricAlarms as Json[];
  const state = async (region: string, name: string): Promise<unknown> =>
    (await alarms(region)).find(({ AlarmName }) => AlarmName === name)?.StateValue;

  before(async () => {
    cacheDirectory = await mkdtemp(join(tmpdir(), "alarms-"));
    services = await startServices({ clock, cacheDirectory });
    // New tables and replicas take some time, which has to pass.
    const passing = setInterval(() => clock.skip(1_000), 20);
    await deploy(services, { stack: "dev", overrides: { alertEmail: "desk@example.com" } }).finally(() =>
      clearInterval(passing),
    );
    for (const region of REGIONS) {
      const [request] = services.sns.mail(region);
      await call(region, "sns", "ConfirmSubscription", {
        TopicArn: request?.topicArn,
        Token: request?.token,
      });
    }
  });
  after(async () => {
    await services.close();
    await rm(cacheDirectory, { recursive: true });
  });

  it("are all healthy at first, in both regions", async () => {
    await clock.advance(5 * MINUTE);
    for (const region of REGIONS) {
      const found = await alarms(region);
      expect(found.length).to.be.greaterThan(8);
      expect(found.filter(({ StateValue }) => StateValue !== "OK")).to.deep.equal([]);
    }
  });

  it("watch metrics that are emitted, with exactly their dimensions", async () => {
    const effect = { kind: "error", code: "Broken" } as const;
    for (const service of ["lambda", "dynamodb", "sqs"])
      services.cloud.faults.add({ service, effect, when: "before" });
    for (const region of REGIONS) {
      const stateMachineArn = `arn:aws:states:${region}:000000000000:stateMachine:trade-processing-dev`;
      await call(region, "states", "StartExecution", { stateMachineArn, input: "{}" }, OPERATOR);
    }
    await clock.advance(5 * MINUTE);
    services.cloud.faults.clear();
    for (const region of REGIONS) {
      const emitted = services.monitoring.metrics
        .metrics(region)
        .map(({ namespace, name, dimensions }) => JSON.stringify([namespace, name, dimensions]));
      for (const { Namespace, MetricName, Dimensions } of await alarms(region)) {
        if (UNSEEN.includes(String(MetricName))) continue;
        const dimensions = (Dimensions as Json[]).map(({ Name, Value }) => [Name, Value]);
        expect(emitted).to.include(
          JSON.stringify([Namespace, MetricName, Object.fromEntries(dimensions)]),
          region,
        );
      }
    }
  });

  it("tell the desk of the first message in a dead-letter queue, past the topic's policy and key", async () => {
    await clock.advance(10 * MINUTE);
    const [home = ""] = REGIONS;
    const before = services.sns.mail(home).length;
    const QueueUrl = `https://sqs.${home}.amazonaws.com/000000000000/trade-validator-dlq-dev`;
    await call(home, "sqs", "SendMessage", { QueueUrl, MessageBody: "{}" });
    await clock.advance(MINUTE);
    expect(await state(home, "validator-dlq-alarm-dev")).to.equal("ALARM");
    expect(services.sns.mail(home).slice(before)).to.have.length(1);
    expect(services.sns.mail(home).at(-1)).to.include({
      to: "desk@example.com",
      subject: 'ALARM: "validator-dlq-alarm-dev" in US East (N. Virginia)',
    });
    const { AlarmHistoryItems } = await call(home, "monitoring", "DescribeAlarmHistory", {
      HistoryItemType: "Action",
    });
    const failed = (AlarmHistoryItems as Json[]).filter(({ HistorySummary }) =>
      /Failed/.test(String(HistorySummary)),
    );
    expect(failed).to.deep.equal([]);
  });
});
