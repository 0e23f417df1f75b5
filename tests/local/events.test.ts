import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { EventsBench, MACHINE, queueArn, REGION, ROLE, settle } from "./events-support.ts";
import { refusal } from "./states-support.ts";

describe("EventBridge, locally", () => {
  let bench: EventsBench;
  const dlq = { DeadLetterConfig: { Arn: queueArn("dlq") } };
  const machine = { Arn: MACHINE, RoleArn: ROLE };

  beforeEach(() => {
    bench = new EventsBench();
  });
  afterEach(() => bench.cloud.close());

  it("starts the state machine with the envelope, as the target's role, under a name of the event's id", async () => {
    await bench.rule(machine);
    const { Entries, FailedEntryCount } = await bench.put({
      Detail: '{"amount":1.10,"text":"\\"ü\\u2028"}',
      Resources: ["r"],
      Time: 1_767_323_045.9,
    });
    expect(FailedEntryCount).to.equal(0);
    const [{ EventId }] = Entries as [{ EventId: string }];
    expect(bench.started).to.have.length(1);
    const [start] = bench.started;
    expect(start).to.include({ by: ROLE, stateMachineArn: MACHINE });
    expect(start?.name).to.match(new RegExp(`^${EventId}_`));
    expect(String(start?.name).length).to.be.at.most(80);
    expect(JSON.parse(String(start?.input))).to.deep.equal({
      version: "0",
      id: EventId,
      "detail-type": "Trade Event",
      source: "trading.system1",
      account: "000000000000",
      time: "2026-01-02T03:04:05Z",
      region: REGION,
      resources: ["r"],
      detail: { amount: 1.1, text: '"ü\u2028' },
    });
    expect(start?.input).to.contain('"amount":1.10');
    expect(bench.events.pendingDeliveries()).to.equal(0);
    expect(bench.sum("Invocations")).to.equal(1);
    expect(bench.sum("MatchedEvents")).to.equal(1);
  });

  it("sends the envelope to a queue and only what InputPath selects", async () => {
    await bench.rule({ Arn: queueArn("all") });
    await bench.call("PutTargets", {
      Rule: "rule",
      Targets: [{ Id: "part", Arn: queueArn("part"), InputPath: "$.detail.a" }],
    });
    await bench.put();
    const bodies = bench.sent.map(({ MessageBody }) => String(MessageBody));
    expect(JSON.parse(bodies[0] ?? "").detail).to.deep.equal({ a: 1 });
    expect(bodies[1]).to.equal("1");
    expect(bench.sent[0]).to.include({
      by: "events.amazonaws.com",
      QueueUrl: `https://sqs.${REGION}.amazonaws.com/000000000000/all`,
    });
  });

  it("delivers nothing of what no enabled rule matches", async () => {
    await bench.rule(machine);
    await bench.put({ Source: "other" });
    await bench.call("DisableRule", { Name: "rule" });
    await bench.put();
    expect(bench.started).to.have.length(0);
    await bench.call("EnableRule", { Name: "rule" });
    await bench.put();
    expect(bench.started).to.have.length(1);
  });

  it("refuses entries one by one and accepts the others", async () => {
    await bench.rule(machine);
    const good = { Source: "trading.system1", DetailType: "t", Detail: "{}" };
    const { Entries, FailedEntryCount } = await bench.call("PutEvents", {
      Entries: [
        good,
        { DetailType: "t", Detail: "{}" },
        { Source: "s", Detail: "{}" },
        { Source: "s", DetailType: "t" },
        { ...good, Detail: "[1]" },
        { ...good, Detail: "{" },
        { ...good, Source: "aws.ec2" },
      ],
    });
    expect(FailedEntryCount).to.equal(6);
    expect((Entries as Json[]).map(({ ErrorCode }) => ErrorCode)).to.deep.equal([
      undefined,
      "InvalidArgument",
      "InvalidArgument",
      "InvalidArgument",
      "MalformedDetail",
      "MalformedDetail",
      "NotAuthorizedForSource",
    ]);
    await settle();
    expect(bench.started).to.have.length(1);
    expect(bench.sum("PutEventsEntriesCount", {})).to.equal(7);
    expect(bench.sum("PutEventsFailedEntriesCount", {})).to.equal(6);
    expect(bench.events.acceptedEvents(REGION, "default")).to.equal(1);
  });

  it("accepts an event for a bus that does not exist, which then is lost, as in AWS", async () => {
    const { FailedEntryCount, Entries } = await bench.put({ EventBusName: "absent" });
    expect(FailedEntryCount).to.equal(0);
    expect((Entries as Json[])[0]).to.have.property("EventId");
  });

  for (const [what, Entries] of [
    ["no entries", []],
    ["eleven entries", Array.from({ length: 11 }, () => ({ Source: "s", DetailType: "t", Detail: "{}" }))],
    [
      "more than 1 MB",
      [{ Source: "s", DetailType: "t", Detail: JSON.stringify({ a: "x".repeat(1_048_576) }) }],
    ],
    ["an unknown field", [{ Source: "s", DetailType: "t", Detail: "{}", Sauce: "x" }]],
  ] as const)
    it(`refuses a request with ${what}`, async () => {
      expect((await refusal(bench.call("PutEvents", { Entries }))).code).to.equal("ValidationException");
    });

  it("takes a trace header and counts resources in an entry's size", async () => {
    await bench.rule({ Arn: queueArn("q") });
    await bench.put({ TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793", Resources: ["1234567"] });
    expect(bench.sent).to.have.length(1);
    // 15 + 11 + 7 bytes, and 7 of the resource; the header does not count ("Calculating PutEvents event entry size").
    expect(bench.sum("PutEventsRequestSize", {})).to.equal(40);
  });

  it("counts a request that is refused as a whole", async () => {
    await refusal(bench.call("PutEvents", { Entries: [] }));
    expect(bench.sum("PutEventsApproximateCallCount", {})).to.equal(1);
    expect(bench.sum("PutEventsApproximateFailedCount", {})).to.equal(1);
    expect(bench.sum("PutEventsApproximateSuccessCount", {})).to.equal(0);
  });

  it("hands an event on to another bus as it is, and from there to no third one", async () => {
    const custom = { EventBusName: "custom" };
    const arn = String((await bench.call("CreateEventBus", { Name: "custom" })).EventBusArn);
    const third = String((await bench.call("CreateEventBus", { Name: "third" })).EventBusArn);
    await bench.rule({ Arn: arn, RoleArn: ROLE });
    await bench.rule({ Arn: queueArn("custom") }, custom);
    await bench.call("PutTargets", {
      ...{ Rule: "rule", ...custom },
      Targets: [{ Id: "third", Arn: third, RoleArn: ROLE, ...dlq }],
    });
    const { Entries } = await bench.put();
    await settle();
    const [received, dead] = bench.sent;
    expect(JSON.parse(String(received?.MessageBody)).id).to.equal((Entries as Json[])[0]?.EventId);
    expect(dead?.QueueUrl).to.contain("/dlq");
    expect(bench.attributes(1)).to.include({
      ERROR_CODE: "THIRD_ACCOUNT_HOP_DETECTED",
      RULE_ARN: `arn:aws:events:${REGION}:000000000000:rule/custom/rule`,
    });
  });

  it("keeps regions apart", async () => {
    await bench.rule(machine);
    const entry = { Source: "trading.system1", DetailType: "t", Detail: "{}" };
    await bench.call("PutEvents", { Entries: [entry] }, "eu-west-1");
    await settle();
    expect(bench.started).to.have.length(0);
    expect((await bench.call("ListRules", {}, "eu-west-1")).Rules).to.deep.equal([]);
  });

  it("gives back rules and targets as they were put", async () => {
    await bench.rule({ ...machine, ...dlq }, { Description: "d" });
    expect(await bench.call("DescribeRule", { Name: "rule" })).to.deep.include({
      ...{ Name: "rule", State: "ENABLED", EventBusName: "default", Description: "d" },
      EventPattern: '{"source":["trading.system1"]}',
    });
    const { Targets } = await bench.call("ListTargetsByRule", { Rule: "rule" });
    expect(Targets).to.deep.equal([{ Id: "target", ...machine, ...dlq }]);
    expect((await refusal(bench.call("DeleteRule", { Name: "rule" }))).code).to.equal("ValidationException");
    const removed = await bench.call("RemoveTargets", { Rule: "rule", Ids: ["target", "absent"] });
    expect(removed.FailedEntryCount).to.equal(1);
    await bench.call("DeleteRule", { Name: "rule" });
    const error = await refusal(bench.call("DescribeRule", { Name: "rule" }));
    expect(error.code).to.equal("ResourceNotFoundException");
  });

  it("tests a pattern against an event", async () => {
    const Event = JSON.stringify({
      ...{ id: "1", account: "0", source: "s", time: "t", region: REGION, resources: [], "detail-type": "d" },
    });
    const test = (pattern: object) =>
      bench.call("TestEventPattern", { Event, EventPattern: JSON.stringify(pattern) });
    expect(await test({ source: ["s"] })).to.deep.equal({ Result: true });
    expect(await test({ source: ["t"] })).to.deep.equal({ Result: false });
    expect((await refusal(test({ source: "s" }))).code).to.equal("InvalidEventPatternException");
  });

  for (const [what, target, named] of [
    [
      "another kind of target",
      { Arn: `arn:aws:firehose:${REGION}:000000000000:deliverystream/s` },
      "firehose",
    ],
    [
      "an input for a bus",
      { Arn: `arn:aws:events:${REGION}:000000000000:event-bus/other`, RoleArn: ROLE, Input: "{}" },
      "Input",
    ],
    ["a state machine without a role", { Arn: MACHINE }, "RoleArn"],
    ["a member that would have no effect", { ...machine, EcsParameters: {} }, "EcsParameters"],
    ["a queue of another region", { Arn: "arn:aws:sqs:eu-west-1:000000000000:q" }, "eu-west-1"],
    [
      "an age below a minute",
      { ...machine, RetryPolicy: { MaximumEventAgeInSeconds: 59 } },
      "MaximumEventAge",
    ],
    ["a misspelt retry policy", { ...machine, RetryPolicy: { MaximumEventAge: 3_600 } }, "MaximumEventAge"],
  ] as const)
    it(`refuses ${what} by name`, async () => {
      const error = await refusal(bench.rule(target));
      expect(error.code).to.equal("ValidationException");
      expect(error.message).to.contain(named);
    });

  it("refuses a schedule and a rule on a bus that does not exist", async () => {
    const schedule = await refusal(
      bench.call("PutRule", { Name: "r", ScheduleExpression: "rate(1 minute)" }),
    );
    expect(schedule.message).to.contain("ScheduleExpression");
    const absent = await refusal(bench.rule(machine, { EventBusName: "absent" }));
    expect(absent.code).to.equal("ResourceNotFoundException");
  });
});
