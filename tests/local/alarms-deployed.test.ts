import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { METRICS_NAMESPACE } from "../../functions/contract.ts";
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
 * every execution before the five minutes of EXPRESS. Executions that time out are measured in states.test.ts, conflicts
 * between regions in replacements.test.ts.
 */
const UNSEEN = ["ExecutionThrottled", "ExecutionsTimedOut", "ReplacedByConflict"];

/** A metric's identity, whatever the order of its dimensions. */
function nameOf(namespace: unknown, name: unknown, dimensions: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

describe("the alarms of a deployed stack", function () {
  this.timeout(120_000);
  // Functions' processes have this machine's clock, and CloudWatch takes no data that is far from its own.
  const clock = new DrivenClock({ start: Math.floor(Date.now() / MINUTE) * MINUTE });
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
      // What functions count stays at this machine's time; tests of heartbeats and enrichment look at those alarms.
      const driven = found.filter(({ Namespace }) => Namespace !== METRICS_NAMESPACE);
      expect(driven.filter(({ StateValue }) => StateValue !== "OK")).to.deep.equal([]);
    }
  });

  it("watch metrics that are emitted, with exactly their dimensions", async () => {
    // Written twice, since the stream's reader is called for rows that change.
    for (const region of REGIONS)
      for (const [TableName, key] of [
        ["trades-dev", { tradeId: { S: region }, version: { N: "1" } }],
        ["trade-outcomes-dev", { event: { S: region }, attempt: { S: "1" } }],
      ] as const)
        for (const state of ["first", "second"])
          await call(region, "dynamodb", "PutItem", { TableName, Item: { ...key, state: { S: state } } });
    await clock.advance(MINUTE);
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
      const watched = (await alarms(region)).flatMap(({ Namespace, MetricName, Dimensions }) => {
        // The alarm on an expression has a test of its own.
        if (MetricName === undefined || UNSEEN.includes(String(MetricName))) return [];
        const dimensions = (Dimensions as Json[]).map(({ Name, Value }) => [Name, Value]);
        return nameOf(Namespace, MetricName, Object.fromEntries(dimensions));
      });
      const missing = () => {
        const emitted = services.monitoring.metrics
          .metrics(region)
          .map(({ namespace, name, dimensions }) => nameOf(namespace, name, dimensions));
        return watched.filter((metric) => !emitted.includes(metric));
      };
      // What processes write takes real time to come in.
      for (let polls = 0; polls < 200 && missing().length > 0; polls += 1)
        await new Promise((done) => setTimeout(done, 25));
      expect(missing(), region).to.deep.equal([]);
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
