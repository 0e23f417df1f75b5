import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { expect } from "chai";
import fc from "fast-check";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
import { createMonitoring } from "../../local/cloud/monitoring/service.ts";
import {
  addStatistics,
  emptyStatistics,
  statisticOf,
  statisticsOf,
} from "../../local/cloud/monitoring/statistics.ts";
import type { Json } from "../../local/cloud/service.ts";
import { clientSettings, refusal, serve } from "./endpoint-support.ts";

// Expectations: Amazon CloudWatch API Reference.
describe("the local CloudWatch metrics over the wire", () => {
  const clock = new DrivenClock();
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
    clock.skip(60_000);
    await put(2);
    clock.skip(120_000);
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

  it("lists as recently active what had values in the past three hours", async () => {
    await client.send(
      new PutMetricDataCommand({ Namespace: "Aged", MetricData: [{ MetricName: "Old", Value: 1 }] }),
    );
    clock.skip(3 * 3_600_000 + 1);
    await client.send(
      new PutMetricDataCommand({ Namespace: "Aged", MetricData: [{ MetricName: "New", Value: 1 }] }),
    );
    const names = async (RecentlyActive?: "PT3H") => {
      const { Metrics } = await client.send(
        new ListMetricsCommand({ Namespace: "Aged", ...(RecentlyActive ? { RecentlyActive } : {}) }),
      );
      return Metrics?.map(({ MetricName }) => MetricName);
    };
    expect(await names()).to.deep.equal(["Old", "New"]);
    expect(await names("PT3H")).to.deep.equal(["New"]);
    clock.skip(14 * 86_400_000);
    expect(await names()).to.deep.equal(["New"]);
  });

  it("gives percentiles of values, and none of statistic sets of different values", async () => {
    await client.send(
      new PutMetricDataCommand({
        Namespace,
        MetricData: [
          { MetricName: "Spread", Values: [10, 20, 30, 40], Counts: [90, 8, 1, 1] },
          { MetricName: "Set", StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } },
          { MetricName: "Mixed", Value: 5 },
          { MetricName: "Mixed", StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } },
          { MetricName: "Mixed", Value: 5 },
        ],
      }),
    );
    const percentiles = async (MetricName: string) => {
      const { Datapoints } = await client.send(
        new GetMetricStatisticsCommand({
          ...{ Namespace, MetricName, ...span(), Period: 60 },
          ExtendedStatistics: ["p10", "p50", "p90", "p95", "p99", "p99.9", "p100"],
        }),
      );
      return Datapoints?.[0]?.ExtendedStatistics;
    };
    expect(await percentiles("Spread")).to.deep.equal({
      ...{ p10: 10, p50: 10, p90: 10, p95: 20, p99: 30, "p99.9": 40, p100: 40 },
    });
    expect(await percentiles("Set")).to.deep.equal({});
    expect(await percentiles("Mixed")).to.deep.equal({});
  });

  it("gives values of a period below a minute only of high-resolution metrics", async () => {
    clock.skip(60_000 - (clock.now() % 60_000) + 20_000);
    for (const StorageResolution of [1, 60])
      await client.send(
        new PutMetricDataCommand({
          Namespace,
          MetricData: [{ MetricName: `Every${StorageResolution}`, Value: 1, StorageResolution }],
        }),
      );
    const seconds = async (MetricName: string) => {
      const Metric = { Namespace, MetricName };
      const { MetricDataResults } = await client.send(
        new GetMetricDataCommand({
          ...span(),
          MetricDataQueries: [{ Id: "m1", MetricStat: { Metric, Period: 10, Stat: "Sum" } }],
        }),
      );
      return MetricDataResults?.[0]?.Timestamps?.map((time) => time.getUTCSeconds());
    };
    expect(await seconds("Every1")).to.deep.equal([20]);
    expect(await seconds("Every60")).to.deep.equal([0]);
  });

  // API Reference, MetricDatum: two weeks back, two hours ahead; 30 dimensions, 150 values; -2^360 to 2^360.
  for (const [what, datum] of Object.entries({
    "no value": () => ({}),
    "a value too large": () => ({ Value: 2 ** 361 }),
    "a time more than two weeks ago": () => ({ Value: 1, Timestamp: new Date(clock.now() - 1_209_601_000) }),
    "a time more than two hours ahead": () => ({ Value: 1, Timestamp: new Date(clock.now() + 7_201_000) }),
    "an unknown unit": () => ({ Value: 1, Unit: "Parsecs" as "Count" }),
    "a resolution that is not 1 or 60": () => ({ Value: 1, StorageResolution: 10 }),
    "151 values": () => ({ Values: Array.from({ length: 151 }, (_, n) => n) }),
    "31 dimensions": () => ({
      Value: 1,
      Dimensions: Array.from({ length: 31 }, (_, n) => ({ Name: `d${n}`, Value: "v" })),
    }),
  }))
    it(`refuses ${what}`, async () => {
      const MetricData = [{ MetricName: "Refused", ...datum() }];
      const error = await refusal(client.send(new PutMetricDataCommand({ Namespace, MetricData })));
      expect(error.name).to.equal("InvalidParameterValueException");
    });
});

// CloudWatch User Guide, "Using math expressions with CloudWatch metrics": the tables of operators and of IF.
describe("metric math", () => {
  const clock = new DrivenClock();
  const cloud = new Cloud({ clock });
  const { metrics } = cloud.add((surroundings) => createMonitoring(surroundings));
  const start = clock.now();
  const SERIES: Record<string, readonly (number | undefined)[]> = {
    a: [30, 20, 0, 0],
    b: [20, undefined, 20, undefined],
    c: [1, 1, 0, 0, undefined],
    d: [30, undefined, 0, 0, 30],
    e: [0, 0, 20, undefined, 20],
    f: [60, undefined, 0],
  };
  before(() => {
    for (const [name, values] of Object.entries(SERIES))
      values.forEach((value, minute) => {
        if (value !== undefined)
          metrics.record("us-east-1", "Math", name, {}, value, "None", start + minute * 60_000);
      });
  });

  const get = async (Expression: string, more: Json[] = []) =>
    cloud.call(
      { service: "monitoring", operation: "GetMetricData", region: "us-east-1", principal: "test" },
      {
        ...{ StartTime: start / 1000, EndTime: start / 1000 + 300, ScanBy: "TimestampAscending" },
        MetricDataQueries: [
          ...Object.keys(SERIES).map((name) => ({
            ...{ Id: name, ReturnData: false },
            MetricStat: { Metric: { Namespace: "Math", MetricName: name }, Period: 60, Stat: "Sum" },
          })),
          { Id: "result", Expression },
          ...more,
        ],
      },
    );
  /** Values of five minutes, `-` where there is none. */
  const minutes = async (expression: string, more: Json[] = []): Promise<string> => {
    const [result] = (await get(expression, more)).MetricDataResults as {
      Timestamps: number[];
      Values: number[];
    }[];
    return [0, 1, 2, 3, 4]
      .map((minute) => result?.Values[result.Timestamps.indexOf(start / 1000 + minute * 60)] ?? "-")
      .join(" ");
  };

  for (const [expression, values] of [
    ["a < b", "0 0 1 0 -"],
    ["a >= 30", "1 0 0 0 -"],
    ["a > 15 AND b > 15", "1 0 0 0 -"],
    ["IF(c, d, e)", "30 0 20 - -"],
    ["IF(c, 5, e)", "5 5 20 - -"],
    ["IF(c, d, 5)", "30 0 5 5 -"],
    ["IF(a < 25, a)", "- 20 0 0 -"],
    ["a + b", "50 20 20 0 -"],
    ["-2 * (a - 10) / 4", "-10 -5 5 5 -"],
    ["a / b", "1.5 - 0 - -"],
    ["SUM([a, b])", "50 20 20 0 -"],
    ["AVG([a, b])", "25 10 10 0 -"],
    ["MAX([a, b])", "30 20 20 0 -"],
    ["a - MIN(a) + MAX(a)", "60 50 30 30 -"],
    ["FILL(b, 7)", "20 7 20 7 7"],
    ["FILL(b, REPEAT)", "20 20 20 20 20"],
    ["RATE(f)", "- - -0.5 - -"],
    ['SUM(METRICS("a"))', "30 20 0 0 -"],
  ] as const)
    it(`${expression} gives ${values}`, async () => {
      expect(await minutes(expression)).to.equal(values);
    });

  it("takes results of other expressions, and gives each series of an array", async () => {
    expect(await minutes("other * 2", [{ Id: "other", Expression: "a + 1", ReturnData: false }])).to.equal(
      "62 42 2 2 -",
    );
    expect((await get("[a, b] / 2")).MetricDataResults).to.have.length(2);
  });

  for (const [expression, named] of [
    ["ANOMALY_DETECTION_BAND(a)", /ANOMALY_DETECTION_BAND is not carried out/],
    ["SEARCH('{AWS}', 'Sum')", /cannot read "'/],
    ['SELECT MAX(x) FROM "Math"', /did not expect "MAX"/],
    ["FILL(a, LINEAR)", /LINEAR is not carried out/],
    ["AVG(a)", /must be of time series, not a scalar/],
    ["a + nothing", /"nothing", which no query has/],
    ["result + 1", /"result" refers to itself/],
    ["(a + b", /its end/],
  ] as const)
    it(`refuses ${expression}, saying why`, async () => {
      const error = await refusal(get(expression));
      expect(error.name).to.equal("InvalidParameterValueException");
      expect(error.message).to.match(named);
    });
});

describe("the metric store", () => {
  it("sums exactly over everything and by second over the recent past", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(800), fc.integer()), { maxLength: 50 }),
        fc.nat(800),
        (values, cut) => {
          const clock = new DrivenClock();
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
    const store = new MetricStore(new DrivenClock());
    store.record("us-east-1", "N", "m", { a: "1", b: "2" }, 5);
    expect(store.sum("us-east-1", "N", "m", { b: "2", a: "1" })).to.equal(5);
    expect(store.sum("us-east-1", "N", "m", { a: "1" })).to.equal(0);
    expect(store.sum("eu-west-1", "N", "m", { a: "1", b: "2" })).to.equal(0);
  });

  it("keeps a day's total and at most 2,400 points for a metric that never pauses", () => {
    const clock = new DrivenClock();
    const store = new MetricStore(clock);
    for (let second = 0; second < 100_000; second += 1) {
      store.record("us-east-1", "N", "m", {}, 1);
      clock.skip(1000);
    }
    expect(store.sum("us-east-1", "N", "m", {})).to.equal(100_000);
    const span = { from: 0, to: Number.POSITIVE_INFINITY, periodSeconds: 1 };
    expect(store.periods("us-east-1", "N", "m", {}, span).length).to.be.lessThan(2400);
    expect(store.sum("us-east-1", "N", "m", {}, clock.now() - 60_000)).to.equal(60);
  });

  it("counts what it drops when there are too many metrics", () => {
    const store = new MetricStore(new DrivenClock());
    for (let series = 0; series < 20_005; series += 1)
      store.record("us-east-1", "N", "m", { id: String(series) }, 1);
    expect(store.dropped).to.equal(5);
  });
});

describe("percentiles", () => {
  it("are values that occurred, or within 5 % of one where there are many different ones", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const parts = [emptyStatistics(), emptyStatistics()] as const;
          values.forEach((value, index) => {
            addStatistics(parts[index % 2 === 0 ? 0 : 1], statisticsOf(value));
          });
          addStatistics(...parts);
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.ceil((percent / 100) * values.length) - 1] ?? 0;
          const given = statisticOf(parts[0], `p${percent}`) ?? Number.NaN;
          if (new Set(values).size <= 100) expect(given).to.equal(exact);
          else expect(Math.abs(given - exact) / exact).to.be.at.most(0.05);
        },
      ),
      { numRuns: 300 },
    );
  });
});
