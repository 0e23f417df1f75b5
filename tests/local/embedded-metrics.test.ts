import { MetricResolution, Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { expect } from "chai";
import fc from "fast-check";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { recordEmbeddedMetrics } from "../../local/cloud/logs/embedded-metrics.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
import type { Json } from "../../local/cloud/service.ts";

const clock = new DrivenClock();
const REGION = "eu-west-1";

function extract(...messages: (string | Json)[]) {
  const metrics = new MetricStore(clock);
  for (const message of messages)
    recordEmbeddedMetrics(
      metrics,
      { region: REGION, logGroup: "group" },
      typeof message === "string" ? message : JSON.stringify(message),
    );
  const errors = (name: string) => metrics.sum(REGION, "AWS/Logs", name, { LogGroupName: "group" });
  return {
    metrics,
    found: metrics.metrics(REGION).filter(({ namespace }) => namespace !== "AWS/Logs"),
    sum: (name: string, dimensions: Record<string, string> = {}, namespace = "N") =>
      metrics.sum(REGION, namespace, name, dimensions),
    errors: { parsing: errors("EMFParsingErrors"), validation: errors("EMFValidationErrors") },
  };
}

/** A document of one directive with one metric. */
function document(directive: Json = {}, members: Json = {}, metadata: Json = {}): Json {
  const usual = { Namespace: "N", Dimensions: [[]], Metrics: [{ Name: "m" }] };
  return {
    _aws: { Timestamp: clock.now(), CloudWatchMetrics: [{ ...usual, ...directive }], ...metadata },
    m: 1,
    ...members,
  };
}

const NONE = { parsing: 0, validation: 0 };

// CloudWatch User Guide, "Specification: Embedded metric format".
describe("a document in embedded metric format", () => {
  it("gives every metric under every dimension set of its own directive", () => {
    const directive = (Namespace: string, Dimensions: string[][], ...names: string[]) => ({
      ...{ Namespace, Dimensions, Metrics: names.map((Name) => ({ Name, Unit: "Count" })) },
    });
    const { sum, found, errors } = extract({
      _aws: {
        Timestamp: clock.now(),
        CloudWatchMetrics: [
          directive("N", [[], ["a"], ["a", "b"]], "m", "n"),
          directive("Other", [["b"]], "n"),
        ],
      },
      ...{ a: "1", b: "2", m: 5, n: 7, unrelated: { m: 9 } },
    });
    expect(found).to.have.length(7);
    expect([sum("m"), sum("m", { a: "1" }), sum("m", { b: "2", a: "1" })]).to.deep.equal([5, 5, 5]);
    expect(sum("n", { b: "2" }, "Other")).to.equal(7);
    expect(sum("m", { b: "2" }, "Other")).to.equal(0);
    expect(errors).to.deep.equal(NONE);
  });

  it("gives every value of an array, in its unit, at its time and in its resolution", () => {
    const at = clock.now() - 90_000;
    const { metrics, found } = extract(
      document(
        { Metrics: [{ Name: "m", Unit: "Milliseconds", StorageResolution: 1 }] },
        { m: [1, 2, 6] },
        { Timestamp: at },
      ),
    );
    expect(found[0]).to.include({ unit: "Milliseconds", isHighResolution: true });
    expect(metrics.statistics(REGION, "N", "m", {}, at, at + 1000)).to.include({
      count: 3,
      sum: 9,
      maximum: 6,
    });
  });

  it("counts after what Lambda writes before it", () => {
    const { sum } = extract(`2026-01-05T14:30:00.000Z\t1f2e\tINFO\t${JSON.stringify(document())}`);
    expect(sum("m")).to.equal(1);
  });

  it("is told from lines that only look like it, which count as nothing", () => {
    const { found, errors } = extract("plain", "{", '{"m":1}', '{"_aws":{}}', '["CloudWatchMetrics"]');
    expect(found).to.deep.equal([]);
    expect(errors).to.deep.equal(NONE);
  });

  it("that cannot be parsed is counted, not refused", () => {
    const text = JSON.stringify(document());
    const { found, errors } = extract(
      ...[text.slice(0, -1), `${text} trailing`, '{"_aws":{"CloudWatchMetrics":{}}}'],
    );
    expect(found).to.deep.equal([]);
    expect(errors).to.deep.equal({ parsing: 3, validation: 0 });
  });

  const names = (count: number) => Array.from({ length: count }, (_, n) => ({ Name: `m${n}` }));
  const valuesOf = (count: number) => Object.fromEntries(names(count).map(({ Name }) => [Name, 1]));
  const dimensions = (count: number) => Array.from({ length: count }, (_, n) => `d${n}`);
  for (const [what, directive, members, metadata] of [
    ["no timestamp", {}, {}, { Timestamp: undefined }],
    ["a timestamp that is text", {}, {}, { Timestamp: "2026-01-05" }],
    ["no namespace", { Namespace: undefined }, {}, {}],
    ["no dimension sets", { Dimensions: undefined }, {}, {}],
    ["an empty list of dimension sets", { Dimensions: [] }, {}, {}],
    ["more than 100 metrics", { Metrics: names(101) }, valuesOf(101), {}],
    ["a metric without a value", { Metrics: [{ Name: "absent" }] }, {}, {}],
    ["a value that is text", {}, { m: "1" }, {}],
    ["a value that is nested", { Metrics: [{ Name: "a.m" }] }, { a: { m: 1 } }, {}],
    ["more than 100 values", {}, { m: Array(101).fill(1) }, {}],
    ["an unknown unit", { Metrics: [{ Name: "m", Unit: "Parsecs" }] }, {}, {}],
    ["a resolution other than 1 and 60", { Metrics: [{ Name: "m", StorageResolution: 30 }] }, {}, {}],
    ["a dimension without a value", { Dimensions: [["absent"]] }, {}, {}],
    ["a dimension that is no text", { Dimensions: [["d"]] }, { d: 1 }, {}],
    [
      "more than 30 dimensions",
      { Dimensions: [dimensions(31)] },
      Object.fromEntries(dimensions(31).map((name) => [name, "v"])),
      {},
    ],
  ] as const)
    it(`with ${what} gives no metric and is counted`, () => {
      const { found, errors } = extract(document(directive, members, metadata));
      expect(found).to.deep.equal([]);
      expect(errors).to.deep.equal({ parsing: 0, validation: 1 });
    });

  it("gives what of it is right beside what is wrong", () => {
    const { found, errors } = extract(
      document({ Dimensions: [[], ["absent"]], Metrics: [{ Name: "m" }, { Name: "absent" }] }),
    );
    expect(found.map(({ name }) => name)).to.deep.equal(["m"]);
    expect(errors.validation).to.equal(2);
  });

  it("may have 100 metrics and 100 values", () => {
    const { found, errors } = extract(document({ Metrics: names(100) }, valuesOf(100)));
    expect(found).to.have.length(100);
    expect(extract(document({}, { m: Array(100).fill(1) })).sum("m")).to.equal(100);
    expect(errors).to.deep.equal(NONE);
  });
});

describe("the output of Powertools Metrics", () => {
  const name = fc.stringMatching(/^[a-z]\w{0,20}$/).filter((text) => text !== "service");
  const value = fc.integer({ min: -1000, max: 1000 });
  it("is extracted whole: every value of every metric under the dimensions that it was given", () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.array(value, { minLength: 1, maxLength: 4 }), { minKeys: 1, maxKeys: 8 }),
        fc.dictionary(name, fc.stringMatching(/^\w{1,10}$/), { maxKeys: 4 }),
        fc.boolean(),
        (values, dimensions, isFast) => {
          fc.pre(Object.keys(dimensions).every((each) => !Object.hasOwn(values, each)));
          const powertools = new Metrics({ namespace: "Trading", serviceName: "validator" });
          powertools.addDimensions(dimensions);
          const resolution = isFast ? MetricResolution.High : MetricResolution.Standard;
          for (const [each, all] of Object.entries(values))
            for (const one of all) powertools.addMetric(each, MetricUnit.Count, one, resolution);
          const { found, metrics, errors } = extract(JSON.stringify(powertools.serializeMetrics()));
          expect(errors).to.deep.equal(NONE);
          expect(found.map((each) => each.name)).to.have.members(Object.keys(values));
          for (const [each, all] of Object.entries(values)) {
            const of = found.find((metric) => metric.name === each);
            expect(of).to.include({ namespace: "Trading", unit: "Count", isHighResolution: isFast });
            expect(of?.dimensions).to.deep.equal({ service: "validator", ...dimensions });
            const set = metrics.statistics(REGION, "Trading", each, of?.dimensions ?? {});
            expect([set.count, set.sum]).to.deep.equal([all.length, all.reduce((sum, one) => sum + one, 0)]);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
