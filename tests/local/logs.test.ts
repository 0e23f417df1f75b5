import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createLogs } from "../../local/cloud/logs/service.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
import type { Json } from "../../local/cloud/service.ts";
import { refusal } from "./endpoint-support.ts";

// Expectations: Amazon CloudWatch Logs API Reference and User Guide.
function setUp() {
  const clock = new DrivenClock();
  const cloud = new Cloud({ clock });
  const metrics = new MetricStore(clock);
  const service = cloud.add((surroundings) => createLogs(surroundings, metrics));
  const call = (operation: string, input: Json, region = "us-east-1"): Promise<Json> =>
    cloud.call({ service: "logs", operation, region, principal: "test" }, input);
  const messages = (result: Json): unknown[] => (result.events as Json[]).map(({ message }) => message);
  return { clock, metrics, service, call, messages };
}

const logGroupName = "/aws/lambda/trade-validator-dev";

describe("the local CloudWatch Logs", () => {
  it("needs group and stream before lines, and gives the lines in the order of their times", async () => {
    const { clock, call, messages } = setUp();
    const logEvents = [
      { timestamp: clock.now() + 1, message: "second" },
      { timestamp: clock.now(), message: "first" },
    ];
    const put = () => call("PutLogEvents", { logGroupName, logStreamName: "s", logEvents });
    expect((await refusal(put())).message).to.match(/log group does not exist/);
    await call("CreateLogGroup", { logGroupName });
    expect((await refusal(put())).message).to.match(/log stream does not exist/);
    await call("CreateLogStream", { logGroupName, logStreamName: "s" });
    await put();
    const lines = await call("GetLogEvents", { logGroupName, logStreamName: "s", startFromHead: true });
    expect(messages(lines)).to.deep.equal(["first", "second"]);
    expect((await refusal(call("CreateLogGroup", { logGroupName }))).name).to.equal(
      "ResourceAlreadyExistsException",
    );
  });

  it("takes and leaves a customer key", async () => {
    const { call } = setUp();
    const key = async () => ((await call("DescribeLogGroups", {})).logGroups as Json[])[0]?.kmsKeyId;
    await call("CreateLogGroup", { logGroupName });
    const kmsKeyId = "arn:aws:kms:us-east-1:000000000000:key/one";
    await call("AssociateKmsKey", { logGroupName, kmsKeyId });
    expect(await key()).to.equal(kmsKeyId);
    await call("DisassociateKmsKey", { logGroupName });
    expect(await key()).to.equal(undefined);
  });

  it("pages forwards through a stream until the token stays the same", async () => {
    const { service, call, messages } = setUp();
    service.append("us-east-1", logGroupName, "s", ["1", "2", "3"]);
    const get = (nextToken?: unknown) =>
      call("GetLogEvents", { logGroupName, logStreamName: "s", limit: 2, startFromHead: true, nextToken });
    const first = await get();
    const second = await get(first.nextForwardToken);
    const third = await get(second.nextForwardToken);
    expect([first, second, third].map(messages)).to.deep.equal([["1", "2"], ["3"], []]);
    expect(third.nextForwardToken).to.equal(second.nextForwardToken);
  });

  it("filters by terms: all of them, one of several, without one, and phrases", async () => {
    const { service, call, messages } = setUp();
    service.append("us-east-1", logGroupName, "a", ["ERROR timed out", "ERROR refused", "WARN slow"]);
    service.append("us-east-1", logGroupName, "b", ["ERROR elsewhere"]);
    const filter = async (filterPattern: string, more: Json = {}) =>
      messages(await call("FilterLogEvents", { logGroupName, filterPattern, ...more }));
    expect(await filter("ERROR out")).to.deep.equal(["ERROR timed out"]);
    expect(await filter("?refused ?slow")).to.deep.equal(["ERROR refused", "WARN slow"]);
    expect(await filter("ERROR -timed", { logStreamNames: ["a"] })).to.deep.equal(["ERROR refused"]);
    expect(await filter('"timed out"')).to.deep.equal(["ERROR timed out"]);
    for (const [pattern, reason] of [
      ["[ip, user, ...]", /space-delimited columns are not carried out/],
      ["%timed.out%", /regular expressions are not carried out/],
      ["{ $.message = %out% }", /does not carry out regular expressions/],
    ] as const) {
      const error = await refusal(filter(pattern));
      expect(error.name).to.equal("InvalidParameterException");
      expect(error.message).to.match(reason);
    }
  });

  // CloudWatch Logs User Guide, "Using filter patterns to match terms in JSON log events".
  describe("filters lines in JSON", () => {
    const { service, call, messages } = setUp();
    const lines = {
      error: { level: "ERROR", message: "not read", cause: { name: "Timeout", codes: [504, "x"] }, ms: 12.5 },
      warning: { level: "WARN", ms: 3000, cold_start: true, "xray-id": null, sourceIp: "123.123.1.2" },
      nested: { level: "ERROR", cold_start: false, ms: "3000", deep: { list: [{ id: 7 }] } },
    };
    const texts = Object.values(lines).map((line) => JSON.stringify(line));
    service.append("us-east-1", logGroupName, "s", [...texts, "ERROR { level: ERROR }", '"ERROR"']);
    const cases: [string, (keyof typeof lines)[]][] = [
      ['{ $.level = "ERROR" }', ["error", "nested"]],
      ["{ $.level = ERROR }", ["error", "nested"]],
      ['{ $.level != "ERROR" }', ["warning"]],
      ['{ $.level = "ERR*" && $.ms > 12 }', ["error"]],
      ['{ $.level = "*OR" && $.ms > 12.5 }', []],
      ["{ $.ms >= 12.5 && $.ms <= 3e3 }", ["error", "warning"]],
      ["{ $.ms < 3000 }", ["error"]],
      ["{ $.ms = 3000 }", ["warning", "nested"]],
      ["{ $.sourceIp = 123.123.* }", ["warning"]],
      ["{ $.sourceIp != 123.123.* }", []],
      ["{ $.cause.codes[0] = 504 }", ["error"]],
      ["{ $.deep.list[0].id = 7 }", ["nested"]],
      ["{ $.cause = * }", ["error"]],
      ["{ $.xray-id IS NULL }", ["warning"]],
      ["{ $.xray-id != some }", []],
      ["{ $.cold_start IS TRUE }", ["warning"]],
      ["{ $.cold_start IS FALSE }", ["nested"]],
      ["{ $.cold_start NOT EXISTS }", ["error"]],
      ["{ $.level = WARN || $.level = ERROR && $.cause.name = Timeout }", ["error", "warning"]],
      ["{ ($.level = WARN || $.level = ERROR) && $.cause.name = Timeout }", ["error"]],
      ['{ $.message = "not read" }', ["error"]],
    ];
    for (const [filterPattern, expected] of cases)
      it(`by ${filterPattern}`, async () => {
        const found = messages(await call("FilterLogEvents", { logGroupName, filterPattern }));
        expect(found).to.deep.equal(expected.map((name) => JSON.stringify(lines[name])));
      });

    for (const pattern of [
      "{ $.level }",
      "{ level = ERROR }",
      "{ $.level == ERROR }",
      "{ $.level = ERROR",
      "{ ($.level = ERROR }",
      "{ $.level IS MAYBE }",
      "{ $.ms > fast }",
      "{ $.level = ERROR $.ms = 1 }",
      "{ $.level = && }",
      "{}",
    ])
      it(`and refuses ${pattern}`, async () => {
        const error = await refusal(call("FilterLogEvents", { logGroupName, filterPattern: pattern }));
        expect(error.name).to.equal("InvalidParameterException");
        expect(error.message).to.match(/^Invalid filter pattern \{/);
      });
  });

  // CloudWatch Logs API Reference, DescribeLogStreams.
  it("lists streams by name or by their last line, in pages", async () => {
    const { clock, service, call } = setUp();
    for (const stream of ["b", "c", "a"]) {
      service.append("us-east-1", logGroupName, stream, ["line"]);
      clock.skip(1);
    }
    const list = async (input: Json) => {
      const { logStreams, nextToken } = await call("DescribeLogStreams", { logGroupName, ...input });
      return { names: (logStreams as Json[]).map(({ logStreamName }) => logStreamName).join(""), nextToken };
    };
    expect((await list({})).names).to.equal("abc");
    expect((await list({ descending: true })).names).to.equal("cba");
    const first = await list({ orderBy: "LastEventTime", descending: true, limit: 2 });
    expect(first.names).to.equal("ac");
    const { nextToken } = first;
    const second = await list({ orderBy: "LastEventTime", descending: true, limit: 2, nextToken });
    expect(second).to.deep.equal({ names: "b", nextToken: undefined });
    const error = await refusal(list({ orderBy: "LastEventTime", logStreamNamePrefix: "a" }));
    expect(error.message).to.match(/Cannot order by LastEventTime/);
  });

  // CloudWatch Logs API Reference, GetLogEvents and FilterLogEvents, endTime.
  it("ends before the end time in a stream, and with it when filtering", async () => {
    const { clock, service, call, messages } = setUp();
    for (const line of ["1", "2"]) {
      service.append("us-east-1", logGroupName, "s", [line]);
      clock.skip(1);
    }
    const times = { logGroupName, startTime: clock.now() - 2, endTime: clock.now() - 1 };
    expect(messages(await call("GetLogEvents", { ...times, logStreamName: "s" }))).to.deep.equal(["1"]);
    expect(messages(await call("FilterLogEvents", times))).to.deep.equal(["1", "2"]);
  });

  it("keeps at most 20,000 lines of a group, dropping and counting the oldest", async () => {
    const { service, call } = setUp();
    const lines = Array.from({ length: 20_010 }, (_, n) => `line ${n}`);
    service.append("us-east-1", logGroupName, "s", lines);
    expect(service.groups("us-east-1").get(logGroupName)?.dropped).to.equal(10);
    const { events } = await call("FilterLogEvents", { logGroupName, limit: 1 });
    expect((events as Json[])[0]?.message).to.equal("line 10");
  });

  it("drops lines past the retention, which must be one of the allowed numbers of days", async () => {
    const { clock, service, call, messages } = setUp();
    service.append("us-east-1", logGroupName, "s", ["old"]);
    await call("PutRetentionPolicy", { logGroupName, retentionInDays: 1 });
    clock.skip(86_400_000);
    service.append("us-east-1", logGroupName, "s", ["new"]);
    expect(messages(await call("FilterLogEvents", { logGroupName }))).to.deep.equal(["new"]);
    expect(
      (await refusal(call("PutRetentionPolicy", { logGroupName, retentionInDays: 2 }))).message,
    ).to.match(/Value 2 at 'retentionInDays'.*1, 3, 5, 7, 14/);
    const { logGroups } = await call("DescribeLogGroups", { logGroupNamePrefix: "/aws/lambda" });
    expect((logGroups as Json[])[0]).to.include({ logGroupName, retentionInDays: 1 });
  });

  it("refuses a batch above 1 MB, counting 26 bytes beside each message", async () => {
    const { clock, call } = setUp();
    await call("CreateLogGroup", { logGroupName });
    await call("CreateLogStream", { logGroupName, logStreamName: "s" });
    const put = (length: number) =>
      call("PutLogEvents", {
        logGroupName,
        logStreamName: "s",
        logEvents: [{ timestamp: clock.now(), message: "x".repeat(length) }],
      });
    await put(1_048_576 - 26);
    expect((await refusal(put(1_048_576 - 25))).message).to.match(/Upload too large: 1048577 bytes/);
  });

  // CloudWatch User Guide, "Specification: Embedded metric format".
  it("records the metrics of a line in embedded metric format under every dimension set", async () => {
    const { clock, service, metrics } = setUp();
    const line = {
      _aws: {
        Timestamp: clock.now(),
        CloudWatchMetrics: [
          {
            Namespace: "TradingSystem",
            Dimensions: [["service"], ["service", "reason"], ["absent"]],
            Metrics: [
              { Name: "Rejected", Unit: "Count" },
              { Name: "Latency", Unit: "Milliseconds" },
            ],
          },
        ],
      },
      service: "validator",
      reason: "currency.unknown",
      Rejected: 1,
      Latency: [5, 7],
    };
    service.append("eu-west-1", logGroupName, "s", [JSON.stringify(line), "not JSON", '{"plain":1}']);
    const sum = (name: string, dimensions: Record<string, string>) =>
      metrics.sum("eu-west-1", "TradingSystem", name, dimensions);
    expect(sum("Rejected", { service: "validator" })).to.equal(1);
    expect(sum("Rejected", { service: "validator", reason: "currency.unknown" })).to.equal(1);
    expect(sum("Latency", { service: "validator" })).to.equal(12);
    const extracted = metrics.metrics("eu-west-1").filter(({ namespace }) => namespace === "TradingSystem");
    expect(extracted).to.have.length(4);
    expect(metrics.metrics("eu-west-1").find(({ name }) => name === "Latency")?.unit).to.equal(
      "Milliseconds",
    );
  });
});
