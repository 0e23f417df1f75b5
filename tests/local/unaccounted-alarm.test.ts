import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  DATAPOINTS_TO_ALARM,
  EVALUATION_PERIODS,
  PERIOD_SECONDS,
  unaccountedExpression,
  unaccountedMetrics,
} from "../../components/monitoring/unaccounted-alarm.ts";
import { namesOf } from "../../components/naming.ts";
import type { Settings } from "../../components/settings.ts";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { ROOT_PRINCIPAL } from "../../local/cloud/endpoint/dispatch.ts";
import type { Json } from "../../local/cloud/service.ts";
import { deploy } from "../../local/deploy.ts";
import { type LocalServices, startServices } from "../../local/services.ts";

const [HOME, OTHER] = ["us-east-1", "eu-west-1"];
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ALARM = "unaccounted-trades-alarm-dev";

describe("the alarm on unaccounted trades", function () {
  this.timeout(240_000);
  const clock = new DrivenClock();
  let cacheDirectory: string;
  let services: LocalServices;
  let sent = 0;
  const call = (service: string, operation: string, input: Json = {}, region = HOME) =>
    services.cloud.call({ service, operation, region: region ?? "", principal: ROOT_PRINCIPAL }, input);
  const alarm = async (region = HOME): Promise<Json> => {
    const { MetricAlarms } = await call("monitoring", "DescribeAlarms", { AlarmNames: [ALARM] }, region);
    return (MetricAlarms as Json[])[0] ?? {};
  };
  const state = async (region?: string) => (await alarm(region)).StateValue;
  /** States that it went to since it was made. */
  const states = async (): Promise<unknown[]> => {
    const input = { AlarmName: ALARM, HistoryItemType: "StateUpdate", ScanBy: "TimestampAscending" };
    const { AlarmHistoryItems } = await call("monitoring", "DescribeAlarmHistory", input);
    return (AlarmHistoryItems as Json[]).map(({ HistorySummary }) => HistorySummary);
  };
  const put = (...details: Json[]) =>
    call("events", "PutEvents", {
      Entries: details.map((detail) => ({
        ...{ EventBusName: "trading-event-bus-dev", Source: "trading.system1", DetailType: "Trade Event" },
        Detail: JSON.stringify(detail),
      })),
    });
  const trade = (change: Json = {}): Json => {
    sent += 1;
    return { tradeId: `U-${sent}`, amount: "10", currency: "USD", sourceSystem: "system1", ...change };
  };

  before(async () => {
    cacheDirectory = await mkdtemp(join(tmpdir(), "unaccounted-"));
    services = await startServices({ clock, cacheDirectory });
    const { metrics } = services.monitoring;
    const recordSet = metrics.recordSet.bind(metrics);
    // A function's process has real time, and says so in its metrics; here they count at the driven time.
    metrics.recordSet = (identity, set, at) =>
      identity.namespace === "TradingSystem" ? recordSet(identity, set) : recordSet(identity, set, at);
    // New tables and replicas take some time, which has to pass.
    const passing = setInterval(() => clock.skip(SECOND), 20);
    await deploy(services, { stack: "dev" }).finally(() => clearInterval(passing));
  });
  after(async () => {
    await services.close();
    await rm(cacheDirectory, { recursive: true });
  });

  it("is there in both regions, tells the topic, and says what it is", async () => {
    for (const region of [HOME, OTHER]) {
      const { AlarmDescription, AlarmActions, OKActions, TreatMissingData, Metrics } = await alarm(region);
      expect(AlarmDescription).to.match(/An estimate .* npm run ops -- census/);
      const topics = [`arn:aws:sns:${region}:000000000000:topic-alarms-dev`];
      expect({ AlarmActions, OKActions }).to.deep.equal({ AlarmActions: topics, OKActions: topics });
      expect(TreatMissingData).to.equal("notBreaching");
      const measured = (Metrics as Json[]).filter(({ MetricStat }) => MetricStat !== undefined);
      // CloudWatch takes ten; there are three sources.
      expect(measured).to.have.length(10);
    }
  });

  it("stays quiet under a load that comes and goes, with duplicates and rejections", async () => {
    // A market that opens, is busy at the end of every minute, and closes: 6, 12, … trades a minute and back.
    for (const trades of [1, 2, 4, 6, 6, 6, 3, 2, 1, 0, 0, 0]) {
      const again = trade();
      await clock.advance(MINUTE - (clock.now() % MINUTE) - SECOND);
      if (trades > 0)
        await put(again, trade({ amount: "-1" }), ...Array.from({ length: trades }, () => trade()));
      await clock.advance(2 * SECOND);
      if (trades > 0) await put(again);
    }
    await clock.advance(10 * MINUTE);
    const outcomes = (await call("dynamodb", "Scan", { TableName: "trade-outcomes-dev" })).Items as Json[];
    const said = outcomes.map(({ outcome }) => (outcome as { S: string }).S).sort();
    // Nine minutes had trades, each one rejected and one duplicate.
    expect(said).to.deep.equal([...Array(9).fill("duplicate"), ...Array(9).fill("rejected")]);
    expect(await states()).to.deep.equal(["Alarm updated from INSUFFICIENT_DATA to OK"]);
  });

  it("alarms when executions vanish for longer, and only there", async () => {
    for (const service of ["lambda", "dynamodb", "sqs"])
      services.cloud.faults.add({ service, effect: { kind: "error", code: "Broken" }, when: "before" });
    const period = PERIOD_SECONDS * SECOND;
    await clock.advance(period - (clock.now() % period) + MINUTE);
    await put(trade(), trade());
    await clock.advance(period);
    expect(await state(), "after one period").to.equal("OK");
    for (let periods = 1; periods < DATAPOINTS_TO_ALARM; periods += 1) {
      await put(trade(), trade());
      await clock.advance(period);
    }
    services.cloud.faults.clear();
    expect(await state()).to.equal("ALARM");
    expect(await state(OTHER)).to.equal("OK");
  });

  it("is healthy again an hour after the last loss", async () => {
    await clock.advance((EVALUATION_PERIODS + 1) * PERIOD_SECONDS * SECOND);
    expect(await state()).to.equal("OK");
  });
});

describe("what the alarm on unaccounted trades adds up", () => {
  const place = { busName: "bus", stateMachineArn: "machine" };
  const settings = (sources: number): Settings =>
    ({
      environmentSuffix: "dev",
      sources: Array.from({ length: sources }, (_, index) => ({ name: `s${index}`, source: `t.s${index}` })),
    }) as unknown as Settings;
  const metrics = (sources: number) =>
    unaccountedMetrics({ names: namesOf("dev"), settings: settings(sources) }, place);

  it("is what the source rules matched, as long as CloudWatch takes so many metrics", () => {
    const { entered, ended } = metrics(3);
    expect(entered.map(({ name, dimensions }) => [name, dimensions])).to.deep.equal(
      ["s0", "s1", "s2"].map((name) => [
        "MatchedEvents",
        { RuleName: `trades-${name}-dev`, EventBusName: "bus" },
      ]),
    );
    expect(ended.map(({ name, dimensions }) => [name, ...Object.values(dimensions)])).to.deep.equal([
      ["Recorded", "compliance-recorder", "dev"],
      ["Duplicate", "compliance-recorder", "dev"],
      ["Rejected", "compliance-recorder", "dev"],
      ["Rejected", "trade-validator", "dev"],
      ["NumberOfMessagesSent", "trade-validator-dlq-dev"],
      ["NumberOfMessagesSent", "compliance-recorder-dlq-dev"],
      ["NumberOfMessagesSent", "eventbridge-dlq-dev"],
    ]);
  });

  it("is the executions that were started with more sources, without what was never delivered", () => {
    const { entered, ended } = metrics(4);
    expect(entered).to.deep.equal([
      {
        ...{ namespace: "AWS/States", name: "ExecutionsStarted" },
        dimensions: { StateMachineArn: "machine" },
      },
    ]);
    expect(ended.map(({ dimensions }) => dimensions.QueueName)).not.to.include("eventbridge-dlq-dev");
    expect(entered.length + ended.length).to.be.at.most(10);
  });

  it("is a share of what entered", () => {
    expect(unaccountedExpression(2, 1)).to.equal(
      "100 * (SUM([i0, i1]) - SUM([FILL(o0, 0)])) / SUM([i0, i1])",
    );
  });
});
