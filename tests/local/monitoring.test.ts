import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { expect } from "chai";
import fc from "fast-check";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
import { createMonitoring } from "../../local/cloud/monitoring/service.ts";
import { clientSettings, ManualClock, refusal, serve } from "./endpoint-support.ts";

// Expectations: Amazon CloudWatch API Reference.
describe("the local CloudWatch metrics over the wire", () => {
  const clock = new ManualClock();
  const Namespace = "TradingSystem";
  let served: Awaited<ReturnType<typeof serve>>;
  let client: CloudWatchClient;

  before(async () => {
    served = await serve([createMonitoring], { clock });
    client = new CloudWatchClient(clientSettings(served.endpoint));
  });
  after(async () => {
    client.destroy();
    await served.close();
  });

  const span = () => ({
    StartTime: new Date(clock.now() - 600_000),
    EndTime: new Date(clock.now() + 60_000),
  });

  it("gives statistics of single values, of counted values and of statistic sets together", async () => {
    const Dimensions = [{ Name: "system", Value: "system1" }];
    await client.send(
      new PutMetricDataCommand({
        Namespace,
        MetricData: [
          { MetricName: "Latency", Dimensions, Value: 5, Unit: "Milliseconds" },
          { MetricName: "Latency", Dimensions, Values: [1, 10], Counts: [2, 1] },
          {
            MetricName: "Latency",
            Dimensions,
            StatisticValues: { SampleCount: 4, Sum: 80, Minimum: 15, Maximum: 30 },
          },
        ],
      }),
    );
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName: "Latency",
        Dimensions,
        ...span(),
        Period: 60,
        Statistics: ["SampleCount", "Sum", "Minimum", "Maximum", "Average"],
      }),
    );
    expect(Datapoints).to.have.length(1);
    expect(Datapoints?.[0]).to.include({
      SampleCount: 8,
      Sum: 97,
      Minimum: 1,
      Maximum: 30,
      Average: 97 / 8,
      Unit: "Milliseconds",
    });
    expect(Datapoints?.[0]?.Timestamp).to.deep.equal(new Date(clock.now()));
  });

  it("gives metric data by period, newest first unless asked otherwise, and leaves empty periods out", async () => {
    const put = (Value: number) =>
      client.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: "Count", Value }] }));
    await put(1);
    clock.advance(60_000);
    await put(2);
    clock.advance(120_000);
    await put(3);
    const get = async (ScanBy?: "TimestampAscending") => {
      const { MetricDataResults } = await client.send(
        new GetMetricDataCommand({
          ...span(),
          ...(ScanBy ? { ScanBy } : {}),
          MetricDataQueries: [
            { Id: "m1", MetricStat: { Metric: { Namespace, MetricName: "Count" }, Period: 60, Stat: "Sum" } },
          ],
        }),
      );
      return MetricDataResults?.[0]?.Values;
    };
    expect(await get()).to.deep.equal([3, 2, 1]);
    expect(await get("TimestampAscending")).to.deep.equal([1, 2, 3]);
  });

  it("lists metrics by namespace, name and dimension", async () => {
    const Dimensions = [{ Name: "reason", Value: "currency.unknown" }];
    await client.send(
      new PutMetricDataCommand({
        Namespace: "Listed",
        MetricData: [
          { MetricName: "Rejected", Dimensions, Value: 1 },
          { MetricName: "Other", Value: 1 },
        ],
      }),
    );
    const { Metrics } = await client.send(
      new ListMetricsCommand({ Namespace: "Listed", Dimensions: [{ Name: "reason" }] }),
    );
    expect(Metrics).to.deep.equal([{ Namespace: "Listed", MetricName: "Rejected", Dimensions }]);
  });

  it("refuses expressions, percentiles and values that are no numbers", async () => {
    const expression = await refusal(
      client.send(
        new GetMetricDataCommand({ ...span(), MetricDataQueries: [{ Id: "e1", Expression: "m1 / 2" }] }),
      ),
    );
    expect(expression.message).to.match(/MetricStat queries only; "e1" has an Expression/);
    const percentile = await refusal(
      client.send(
        new GetMetricStatisticsCommand({
          Namespace,
          MetricName: "Latency",
          ...span(),
          Period: 60,
          ExtendedStatistics: ["p99"],
        }),
      ),
    );
    expect(percentile.message).to.match(/percentiles/);
    const missing = await refusal(
      client.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: "Nothing" }] })),
    );
    expect(missing.name).to.equal("InvalidParameterValueException");
  });
});

describe("the metric store", () => {
  it("sums exactly over everything and by second over the recent past", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(800), fc.integer()), { maxLength: 50 }),
        fc.nat(800),
        (values, cut) => {
          const clock = new ManualClock();
          const start = clock.now();
          const store = new MetricStore(clock);
          for (const [second, value] of values)
            store.record("us-east-1", "N", "m", { a: "1" }, value, "None", start + second * 1000);
          const total = (from: number, to: number) =>
            values
              .filter(([second]) => second >= from && second < to)
              .reduce((sum, [, value]) => sum + value, 0);
          const sum = (from?: number, to?: number) => store.sum("us-east-1", "N", "m", { a: "1" }, from, to);
          expect(sum()).to.equal(total(0, 801));
          expect(sum(start, start + cut * 1000)).to.equal(total(0, cut));
          expect(sum(start + cut * 1000)).to.equal(total(cut, 801));
        },
      ),
    );
  });

  it("does not care about the order of dimensions, and keeps metrics apart by all else", () => {
    const store = new MetricStore(new ManualClock());
    store.record("us-east-1", "N", "m", { a: "1", b: "2" }, 5);
    expect(store.sum("us-east-1", "N", "m", { b: "2", a: "1" })).to.equal(5);
    expect(store.sum("us-east-1", "N", "m", { a: "1" })).to.equal(0);
    expect(store.sum("eu-west-1", "N", "m", { a: "1", b: "2" })).to.equal(0);
  });

  it("keeps a day's total and at most 2,400 points for a metric that never pauses", () => {
    const clock = new ManualClock();
    const store = new MetricStore(clock);
    for (let second = 0; second < 100_000; second += 1) {
      store.record("us-east-1", "N", "m", {}, 1);
      clock.advance(1000);
    }
    expect(store.sum("us-east-1", "N", "m", {})).to.equal(100_000);
    const span = { from: 0, to: Number.POSITIVE_INFINITY, periodSeconds: 1 };
    expect(store.periods("us-east-1", "N", "m", {}, span).length).to.be.lessThan(2400);
    expect(store.sum("us-east-1", "N", "m", {}, clock.now() - 60_000)).to.equal(60);
  });

  it("counts what it drops when there are too many metrics", () => {
    const store = new MetricStore(new ManualClock());
    for (let series = 0; series < 20_005; series += 1)
      store.record("us-east-1", "N", "m", { id: String(series) }, 1);
    expect(store.dropped).to.equal(5);
  });
});
