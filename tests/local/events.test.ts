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
    expect(bench.metrics.sum("Invocations")).to.equal(1);
    expect(bench.metrics.sum("MatchedEvents")).to.equal(1);
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
    expect(bench.metrics.sum("PutEventsEntriesCount")).to.equal(7);
    expect(bench.metrics.sum("PutEventsFailedEntriesCount")).to.equal(6);
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

  it("refuses a global endpoint by name", async () => {
    const error = await refusal(bench.call("PutEvents", { EndpointId: "x.y", Entries: [] }));
    expect(error.message).to.contain("EndpointId");
  });

  it("tries again after a passing error, with the same execution name", async () => {
    await bench.rule({ ...machine, RetryPolicy: { MaximumRetryAttempts: 2 } });
    bench.cloud.faults.add({ service: "states", effect: { kind: "throttle" }, when: "after", times: 1 });
    await bench.put();
    expect(bench.events.pendingDeliveries(REGION)).to.equal(1);
    await bench.clock.advance();
    expect(bench.events.pendingDeliveries(REGION)).to.equal(0);
    expect(bench.started).to.have.length(2);
    expect(bench.started[0]?.name).to.equal(bench.started[1]?.name);
    expect(bench.metrics.sum("RetryInvocationAttempts")).to.equal(1);
    expect(bench.metrics.sum("FailedInvocations")).to.equal(0);
  });

  it("takes an execution that an earlier attempt started for delivered", async () => {
    await bench.rule(machine);
    fault("states", "ExecutionAlreadyExists", 400);
    await bench.put();
    expect(bench.events.pendingDeliveries()).to.equal(0);
    expect(bench.metrics.sum("FailedInvocations")).to.equal(0);
  });

  it("dead-letters when the retries are exhausted, with AWS's attributes", async () => {
    await bench.rule({ ...machine, ...dlq, RetryPolicy: { MaximumRetryAttempts: 2 } });
    fault("states", "ServiceUnavailable", 503);
    await bench.put();
    await bench.clock.advance();
    expect(bench.sent).to.have.length(0);
    await bench.clock.advance();
    expect(bench.sent).to.have.length(1);
    expect(bench.attributes()).to.deep.equal({
      RULE_ARN: `arn:aws:events:${REGION}:000000000000:rule/rule`,
      TARGET_ARN: MACHINE,
      ERROR_CODE: "ERROR_FROM_TARGET",
      ERROR_MESSAGE: "Injected fault",
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
      RETRY_ATTEMPTS: "2",
    });
    expect(bench.sent[0]).to.include({
      by: "events.amazonaws.com",
      QueueUrl: `https://sqs.${REGION}.amazonaws.com/000000000000/dlq`,
    });
    expect(JSON.parse(String(bench.sent[0]?.MessageBody)).source).to.equal("trading.system1");
    expect(bench.metrics.sum("FailedInvocations")).to.equal(1);
    expect(bench.metrics.sum("InvocationsSentToDlq")).to.equal(1);
  });

  it("dead-letters an event that has become too old while it was tried", async () => {
    await bench.rule({ ...machine, ...dlq, RetryPolicy: { MaximumEventAgeInSeconds: 60 } });
    fault("states", "TooManyRequestsException", 429);
    await bench.put();
    const began = bench.clock.now();
    while (bench.sent.length === 0) await bench.clock.advance();
    expect(bench.clock.now() - began).to.equal(60_000);
    expect(bench.attributes()).to.include({
      ERROR_CODE: "THROTTLING",
      EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds",
    });
    expect(Number(bench.attributes().RETRY_ATTEMPTS)).to.be.greaterThan(5);
  });

  for (const [code, reported] of [
    ["AccessDeniedException", "NO_PERMISSIONS"],
    ["StateMachineDoesNotExist", "NO_RESOURCE"],
    ["ValidationException", "INVALID_PARAMETER"],
  ] as const)
    it(`dead-letters ${code} at once as ${reported}`, async () => {
      await bench.rule({ ...machine, ...dlq });
      fault("states", code, 400);
      await bench.put();
      expect(bench.attributes()).to.include({ ERROR_CODE: reported, RETRY_ATTEMPTS: "0" });
      expect(bench.attributes()).to.not.have.property("EXHAUSTED_RETRY_CONDITION");
    });

  it("drops and counts what cannot be delivered where there is no dead-letter queue", async () => {
    await bench.rule(machine);
    fault("states", "AccessDeniedException", 403);
    await bench.put();
    expect(bench.sent).to.have.length(0);
    expect(bench.metrics.sum("FailedInvocations")).to.equal(1);
    expect(bench.events.pendingDeliveries()).to.equal(0);
  });

  it("tries to write a dead letter again, and counts one that could not be written", async () => {
    await bench.rule({ ...machine, ...dlq });
    fault("states", "AccessDeniedException", 403);
    bench.cloud.faults.add({ service: "sqs", effect: { kind: "throttle" }, when: "before", times: 1 });
    await bench.put();
    await bench.clock.advance();
    expect(bench.sent).to.have.length(1);
    fault("sqs", "AccessDenied", 403);
    await bench.put();
    expect(bench.metrics.sum("InvocationsFailedToBeSentToDlq")).to.equal(1);
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

  it("keeps matching events in an archive for the days of its retention", async () => {
    const EventSourceArn = (await bench.call("DescribeEventBus", {})).Arn;
    const EventPattern = JSON.stringify({ source: ["trading.system1"] });
    const archive = { ArchiveName: "archive", EventSourceArn, EventPattern, RetentionDays: 1 };
    await bench.call("CreateArchive", archive);
    await bench.put();
    await bench.put({ Source: "other" });
    const count = async () => (await bench.call("DescribeArchive", { ArchiveName: "archive" })).EventCount;
    expect(await count()).to.equal(1);
    await bench.clock.advance(86_400_001);
    expect(await count()).to.equal(0);
    await bench.call("DeleteArchive", { ArchiveName: "archive" });
    const error = await refusal(bench.call("DescribeArchive", { ArchiveName: "archive" }));
    expect(error.code).to.equal("ResourceNotFoundException");
    expect((await refusal(bench.call("StartReplay", {}))).message).to.contain("StartReplay");
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
    ["another kind of target", { Arn: `arn:aws:lambda:${REGION}:000000000000:function:f` }, "lambda"],
    ["a state machine without a role", { Arn: MACHINE }, "RoleArn"],
    ["an input transformer", { ...machine, InputTransformer: { InputTemplate: "x" } }, "InputTransformer"],
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

  function fault(service: string, code: string, status: number): void {
    bench.cloud.faults.add({ service, effect: { kind: "error", code, status }, when: "before" });
  }
});
