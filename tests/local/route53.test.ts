import {
  ChangeTagsForResourceCommand,
  CreateHealthCheckCommand,
  DeleteHealthCheckCommand,
  GetHealthCheckCommand,
  GetHealthCheckCountCommand,
  GetHealthCheckStatusCommand,
  type HealthCheckConfig,
  ListHealthChecksCommand,
  ListTagsForResourceCommand,
  Route53Client,
  UpdateHealthCheckCommand,
} from "@aws-sdk/client-route-53";
import { expect } from "chai";
import { startEndpoint } from "../../local/cloud/endpoint/server.ts";
import { parseXml, writeXml } from "../../local/cloud/endpoint/xml.ts";
import { createRoute53 } from "../../local/cloud/route53/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import { setUpAlarms } from "./alarms-support.ts";

const AlarmIdentifier = { Region: "us-east-1", Name: "failed" };

/** Alarms and health checks, at 14:30 on a clock that is driven. */
function setUp() {
  const bench = setUpAlarms();
  const { cloud, clock, monitoring, metrics } = bench;
  const route53 = cloud.add((surroundings) =>
    createRoute53(surroundings, { metrics, alarm: monitoring.alarmSettings }),
  );
  let count = 0;
  const call = (operation: string, input: Json = {}) => bench.call("route53", operation, input);
  const make = async (config: Json = {}): Promise<string> => {
    count += 1;
    const HealthCheckConfig = { Type: "CLOUDWATCH_METRIC", AlarmIdentifier, ...config };
    const { HealthCheck } = await call("CreateHealthCheck", {
      CallerReference: `${count}`,
      HealthCheckConfig,
    });
    return String((HealthCheck as Json).Id);
  };
  const calculated = (ChildHealthChecks: string[], HealthThreshold: number, more: Json = {}) =>
    make({ Type: "CALCULATED", ChildHealthChecks, HealthThreshold, AlarmIdentifier: undefined, ...more });
  /** A minute with a failure in it, and so much time after it that it has been looked at. */
  const fail = async () => {
    bench.record(1);
    await clock.advance(70_000);
  };
  return { ...bench, route53, call, make, calculated, fail };
}

async function refusalOf(work: Promise<unknown>): Promise<{ code: string; message: string; status: number }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string; status: number };
  }
  throw new Error("It was not refused");
}

describe("a health check on an alarm", () => {
  it("is healthy at first, unhealthy after data that breach, and healthy again after data that do not", async () => {
    const { route53, put, make, fail, clock } = setUp();
    await put();
    const id = await make();
    const reports: unknown[] = [];
    route53.onChange((report) => reports.push(report));
    expect(route53.isHealthy(id)).to.equal(true);
    await fail();
    expect(route53.isHealthy(id)).to.equal(false);
    // As long as the evaluation range reaches, an older data point stands for the missing ones.
    await clock.advance(3 * 60_000);
    expect(route53.isHealthy(id)).to.equal(true);
    expect(reports).to.deep.equal([
      { id, isHealthy: false, isByHand: false },
      { id, isHealthy: true, isByHand: false },
    ]);
  });

  it("counts a minute's data once the minute is over, and within ten seconds of that", async () => {
    const { route53, put, make, record, clock } = setUp();
    await put();
    const id = await make();
    await clock.advance(5_000);
    record(1);
    await clock.advance(54_999);
    expect(route53.isHealthy(id)).to.equal(true);
    await clock.advance(10_000);
    expect(route53.isHealthy(id)).to.equal(false);
  });

  it("goes by the data and not by the alarm's state, which SetAlarmState can change", async () => {
    const { route53, put, make, clock, state, call: _call, ...bench } = setUp();
    await put();
    const id = await make();
    await clock.advance(70_000);
    await bench.cloud.call(
      { service: "monitoring", operation: "SetAlarmState", region: "us-east-1", principal: "test" },
      { AlarmName: "failed", StateValue: "ALARM", StateReason: "a drill" },
    );
    expect(await state()).to.equal("ALARM");
    await clock.advance(30_000);
    expect(route53.isHealthy(id)).to.equal(true);
  });

  it("keeps the alarm's settings of its own making until it is updated with the alarm once more", async () => {
    const { route53, put, make, fail, call } = setUp();
    await put();
    const id = await make();
    await put({ Threshold: 100 });
    await fail();
    expect(route53.isHealthy(id)).to.equal(false);
    await call("UpdateHealthCheck", { HealthCheckId: id, AlarmIdentifier });
    await fail();
    expect(route53.isHealthy(id)).to.equal(true);
    const { HealthCheck } = await call("GetHealthCheck", { HealthCheckId: id });
    expect((HealthCheck as Json).CloudWatchAlarmConfiguration).to.deep.equal({
      ...{ EvaluationPeriods: 1, Threshold: 100, ComparisonOperator: "GreaterThanOrEqualToThreshold" },
      ...{ Period: 60, MetricName: "ExecutionsFailed", Namespace: "AWS/States", Statistic: "Sum" },
      Dimensions: [{ Name: "StateMachineArn", Value: "machine" }],
    });
  });

  for (const [TreatMissingData, expected] of [
    ["breaching", false],
    ["notBreaching", true],
  ] as const)
    it(`treats missing data as the alarm does: ${TreatMissingData}`, async () => {
      const { route53, put, make, clock } = setUp();
      await put({ TreatMissingData });
      const id = await make();
      await clock.advance(70_000);
      expect(route53.isHealthy(id)).to.equal(expected);
    });

  for (const [InsufficientDataHealthStatus, expected] of [
    ["Healthy", true],
    ["Unhealthy", false],
    ["LastKnownStatus", false],
    [undefined, false],
  ] as const)
    it(`is, with too little data after a breach, ${InsufficientDataHealthStatus ?? "by default the last known status"}`, async () => {
      const { route53, put, make, fail, clock } = setUp();
      await put({ TreatMissingData: "missing" });
      const id = await make({ InsufficientDataHealthStatus });
      await fail();
      expect(route53.isHealthy(id)).to.equal(false);
      await clock.advance(10 * 60_000);
      expect(route53.isHealthy(id)).to.equal(expected);
    });

  it("is healthy while it has no last known status", async () => {
    const { route53, put, make, clock } = setUp();
    await put({ TreatMissingData: "missing" });
    const id = await make();
    await clock.advance(70_000);
    expect(route53.isHealthy(id)).to.equal(true);
  });

  it("keeps what it was where the alarm ignores missing data", async () => {
    const { route53, put, make, fail, clock } = setUp();
    await put({ TreatMissingData: "ignore" });
    const id = await make({ InsufficientDataHealthStatus: "Healthy" });
    await fail();
    await clock.advance(10 * 60_000);
    expect(route53.isHealthy(id)).to.equal(false);
  });

  it("has too little data while its region is lost, whatever the alarm makes of missing data", async () => {
    const { route53, put, make, clock, cloud } = setUp();
    await put({ TreatMissingData: "notBreaching" });
    const unhealthy = await make({ InsufficientDataHealthStatus: "Unhealthy" });
    const last = await make();
    await clock.advance(70_000);
    const restore = cloud.faults.loseRegion("us-east-1");
    await clock.advance(10_000);
    expect([unhealthy, last].map(route53.isHealthy)).to.deep.equal([false, true]);
    restore();
    await clock.advance(10_000);
    expect(route53.isHealthy(unhealthy)).to.equal(true);
  });

  it("is the other way round if it is inverted, from the start", async () => {
    const { route53, put, make, fail } = setUp();
    await put();
    const id = await make({ Inverted: true });
    expect(route53.isHealthy(id)).to.equal(false);
    await fail();
    expect(route53.isHealthy(id)).to.equal(true);
  });

  it("looks at nothing while it is disabled, and again ten seconds after it is not", async () => {
    const { route53, put, make, fail, call, clock } = setUp();
    await put();
    const id = await make({ Disabled: true });
    await fail();
    await call("UpdateHealthCheck", { HealthCheckId: id, Disabled: false });
    expect(route53.isHealthy(id)).to.equal(true);
    await clock.advance(10_000);
    expect(route53.isHealthy(id)).to.equal(false);
  });

  it("is always healthy while it is disabled, or never if it is inverted too", async () => {
    const { route53, put, make, fail, call } = setUp();
    await put();
    const id = await make({ Disabled: true });
    await fail();
    expect(route53.isHealthy(id)).to.equal(true);
    await call("UpdateHealthCheck", { HealthCheckId: id, Inverted: true });
    expect(route53.isHealthy(id)).to.equal(false);
  });

  const UNFIT: readonly (readonly [string, Json, RegExp])[] = [
    [
      "metric math",
      {
        Metrics: [
          {
            Id: "m",
            ReturnData: false,
            MetricStat: { Metric: { Namespace: "N", MetricName: "M" }, Period: 60, Stat: "Sum" },
          },
          { Id: "e", Expression: "m * 2" },
        ],
      },
      /metric math is not supported/,
    ],
    ["an extended statistic", { Statistic: undefined, ExtendedStatistic: "p99" }, /extended statistics/],
    ["high resolution", { Period: 10 }, /high-resolution/],
  ];
  for (const [what, change, message] of UNFIT)
    it(`is refused on an alarm with ${what}`, async () => {
      const { put, make } = setUp();
      const ofOne = ["Namespace", "MetricName", "Dimensions", "Statistic", "Period"];
      const without = change.Metrics ? Object.fromEntries(ofOne.map((member) => [member, undefined])) : {};
      await put({ ...without, ...change });
      const { code, message: said } = await refusalOf(make());
      expect(code).to.equal("InvalidInput");
      expect(said).to.match(message);
    });

  it("is refused on an alarm that does not exist, and without one", async () => {
    const { make } = setUp();
    expect(await refusalOf(make())).to.include({ code: "InvalidInput" });
    expect(await refusalOf(make({ AlarmIdentifier: undefined }))).to.include({ code: "InvalidInput" });
  });
});

describe("a calculated health check", () => {
  it("is healthy while as many children are as its threshold says", async () => {
    const { route53, put, make, calculated, fail, clock } = setUp();
    await put();
    const children = [await make(), await make({ Inverted: true })];
    const one = await calculated(children, 1);
    const both = await calculated(children, 2);
    const none = await calculated(children, 0);
    const three = await calculated(children, 3);
    await clock.advance(10_000);
    const all = () => [one, both, none, three].map(route53.isHealthy);
    expect(all()).to.deep.equal([true, false, true, false]);
    await fail();
    expect(all()).to.deep.equal([true, false, true, false]);
  });

  it("follows its children at once, also one that is deleted", async () => {
    const { route53, put, make, calculated, fail, call, clock } = setUp();
    await put();
    const child = await make();
    const parent = await calculated([child], 1);
    await fail();
    expect(route53.isHealthy(parent)).to.equal(false);
    await clock.advance(3 * 60_000);
    expect(route53.isHealthy(parent)).to.equal(true);
    await call("DeleteHealthCheck", { HealthCheckId: child });
    await clock.advance(10_000);
    expect(route53.isHealthy(parent)).to.equal(false);
  });

  it("takes neither calculated checks nor unknown ones as children", async () => {
    const { put, make, calculated } = setUp();
    await put();
    const parent = await calculated([await make()], 1);
    expect((await refusalOf(calculated([parent], 1))).message).to.include("is itself a calculated");
    expect((await refusalOf(calculated(["none"], 1))).message).to.include("none does not exist");
  });
});

describe("the operations on health checks", () => {
  it("refuse other types, foreign members and unknown ids by name", async () => {
    const { put, make, call } = setUp();
    await put();
    expect((await refusalOf(make({ Type: "HTTPS" }))).message).to.match(
      /"HTTPS" at 'Type'.*CLOUDWATCH_METRIC, CALCULATED/,
    );
    expect((await refusalOf(make({ HealthThreshold: 1 }))).message).to.include("HealthThreshold");
    expect((await refusalOf(make({ Port: 1 }))).message).to.include("'Port'");
    expect(await refusalOf(call("GetHealthCheck", { HealthCheckId: "x" }))).to.include({
      ...{ code: "NoSuchHealthCheck", status: 404 },
    });
  });

  it("make a check once for a CallerReference, and refuse another one for it", async () => {
    const { put, call } = setUp();
    await put();
    const config = { Type: "CLOUDWATCH_METRIC", AlarmIdentifier };
    const create = (HealthCheckConfig: Json) =>
      call("CreateHealthCheck", { CallerReference: "a", HealthCheckConfig });
    expect(await create(config)).to.deep.equal(await create(config));
    expect(await refusalOf(create({ ...config, Inverted: true }))).to.include({
      ...{ code: "HealthCheckAlreadyExists", status: 409 },
    });
  });

  it("refuse an update of another version than there is", async () => {
    const { put, make, call } = setUp();
    await put();
    const HealthCheckId = await make();
    await call("UpdateHealthCheck", { HealthCheckId, HealthCheckVersion: 1, Inverted: true });
    expect(
      await refusalOf(call("UpdateHealthCheck", { HealthCheckId, HealthCheckVersion: 1, Inverted: false })),
    ).to.include({ code: "HealthCheckVersionMismatch", status: 409 });
  });

  it("leave no timer behind once the last check is deleted", async () => {
    const { put, make, call, clock, cloud } = setUp();
    await put();
    const HealthCheckId = await make();
    const before = clock.pending;
    await call("DeleteHealthCheck", { HealthCheckId });
    expect(clock.pending).to.equal(before - 1);
    await cloud.close();
  });
});

describe("Route 53 over the wire", () => {
  it("serves the SDK's client, in whatever region it is", async () => {
    const { put, cloud, clock, record } = setUp();
    await put({ AlarmName: 'a <b> & "c"' });
    const endpoint = await startEndpoint(cloud);
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const client = new Route53Client({ region: "eu-west-1", endpoint: endpoint.url, credentials });
    try {
      const HealthCheckConfig: HealthCheckConfig = {
        ...{ Type: "CLOUDWATCH_METRIC", InsufficientDataHealthStatus: "Unhealthy", Inverted: true },
        AlarmIdentifier: { Region: "us-east-1", Name: 'a <b> & "c"' },
      };
      const made = await client.send(
        new CreateHealthCheckCommand({ CallerReference: "one", HealthCheckConfig }),
      );
      const HealthCheckId = String(made.HealthCheck?.Id);
      expect(HealthCheckId).to.match(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
      expect(made.$metadata.httpStatusCode).to.equal(201);
      expect(made.Location).to.equal(`https://route53.amazonaws.com/2013-04-01/healthcheck/${HealthCheckId}`);
      const parent = await client.send(
        new CreateHealthCheckCommand({
          CallerReference: "two",
          HealthCheckConfig: { Type: "CALCULATED", ChildHealthChecks: [HealthCheckId], HealthThreshold: 1 },
        }),
      );
      const { HealthCheck } = await client.send(new GetHealthCheckCommand({ HealthCheckId }));
      expect(HealthCheck?.HealthCheckConfig).to.deep.equal({ ...HealthCheckConfig, Disabled: false });
      expect(HealthCheck?.CloudWatchAlarmConfiguration?.Dimensions).to.deep.equal([
        { Name: "StateMachineArn", Value: "machine" },
      ]);
      record(1);
      await clock.advance(70_000);
      const status = await client.send(new GetHealthCheckStatusCommand({ HealthCheckId }));
      const [observation] = status.HealthCheckObservations ?? [];
      expect(observation?.StatusReport?.Status).to.equal("Success: found unhealthy, inverted");
      expect(observation?.StatusReport?.CheckedTime).to.deep.equal(
        new Date(Date.UTC(2026, 0, 5, 14, 31, 10)),
      );
      const update = { HealthCheckId, Inverted: false, HealthCheckVersion: 1 };
      const updated = await client.send(new UpdateHealthCheckCommand(update));
      expect(updated.HealthCheck).to.deep.include({ HealthCheckVersion: 2 });
      expect(updated.HealthCheck?.HealthCheckConfig?.Inverted).to.equal(false);
      const emptied = await client.send(
        new UpdateHealthCheckCommand({
          HealthCheckId: String(parent.HealthCheck?.Id),
          ResetElements: ["ChildHealthChecks"],
        }),
      );
      expect(emptied.HealthCheck?.HealthCheckConfig?.ChildHealthChecks).to.deep.equal([]);
      const of = { ResourceType: "healthcheck", ResourceId: HealthCheckId } as const;
      const AddTags = [
        { Key: "Name", Value: "primary" },
        { Key: "Owner", Value: "desk" },
      ];
      await client.send(new ChangeTagsForResourceCommand({ ...of, AddTags }));
      await client.send(new ChangeTagsForResourceCommand({ ...of, RemoveTagKeys: ["Owner"] }));
      const { ResourceTagSet } = await client.send(new ListTagsForResourceCommand(of));
      expect(ResourceTagSet).to.deep.equal({ ...of, Tags: [{ Key: "Name", Value: "primary" }] });
      const first = await client.send(new ListHealthChecksCommand({ MaxItems: 1 }));
      expect(first).to.deep.include({ IsTruncated: true, MaxItems: 1 });
      const second = await client.send(new ListHealthChecksCommand({ Marker: first.NextMarker ?? "" }));
      expect(second.HealthChecks?.map(({ CallerReference }) => CallerReference)).to.deep.equal(["two"]);
      expect(second.IsTruncated).to.equal(false);
      await client.send(new DeleteHealthCheckCommand({ HealthCheckId }));
      const { HealthCheckCount } = await client.send(new GetHealthCheckCountCommand({}));
      expect(HealthCheckCount).to.equal(1);
      const gone = await client
        .send(new GetHealthCheckCommand({ HealthCheckId }))
        .catch((error: Error & { $metadata: { httpStatusCode: number } }) => error);
      expect(gone).to.include({ name: "NoSuchHealthCheck" });
      expect(gone).to.have.nested.property("$metadata.httpStatusCode", 404);
    } finally {
      client.destroy();
      await endpoint.close();
      await cloud.close();
    }
  });

  it("reads the XML that requests are written in, and refuses every other", () => {
    const { name, children } = parseXml(
      '<?xml version="1.0"?>\n<A x="1"><B>1 &lt; &#50;&amp;</B><C/><B></B></A>\n',
    );
    expect(name).to.equal("A");
    expect(children.map((child) => [child.name, child.text])).to.deep.equal([
      ["B", "1 < 2&"],
      ["C", ""],
      ["B", ""],
    ]);
    for (const wrong of [
      "",
      "text",
      "<A>",
      "<A></B>",
      "<A/><B/>",
      "<A>&nbsp;</A>",
      "<A>&lt</A>",
      "<A",
      "<!DOCTYPE a><A/>",
      "<A>".repeat(40),
    ])
      expect(() => parseXml(wrong), wrong).to.throw(/not XML that is read here/);
    expect(writeXml("A", { B: ["<", undefined], C: true }, () => "D")).to.equal(
      "<A><B><D>&lt;</D></B><C>true</C></A>",
    );
  });
});
