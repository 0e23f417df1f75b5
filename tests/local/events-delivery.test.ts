import { expect } from "chai";
import { ServiceError } from "../../local/cloud/service.ts";
import {
  EventsBench,
  FUNCTION,
  MACHINE,
  queueArn,
  REGION,
  ROLE,
  RULE,
  settle,
  TOPIC,
} from "./events-support.ts";

// EventBridge User Guide, "How EventBridge retries delivering events" and "Using dead-letter queues to process
// undelivered events in EventBridge"; metrics: "Monitoring Amazon EventBridge".
describe("EventBridge's deliveries, locally", () => {
  let bench: EventsBench;
  const dlq = { DeadLetterConfig: { Arn: queueArn("dlq") } };
  const machine = { Arn: MACHINE, RoleArn: ROLE };

  beforeEach(() => {
    bench = new EventsBench();
  });
  afterEach(() => bench.cloud.close());

  it("invokes a function asynchronously and publishes to a topic, in its own name for the rule", async () => {
    await bench.rule({ Arn: FUNCTION });
    await bench.call("PutTargets", { Rule: "rule", Targets: [{ Id: "topic", Arn: TOPIC }] });
    await bench.put();
    const inItsName = { by: "events.amazonaws.com", sourceArn: RULE };
    const [invoked, published] = [bench.invoked[0], bench.published[0]];
    expect(invoked).to.include({ ...inItsName, FunctionName: FUNCTION, InvocationType: "Event" });
    expect(JSON.parse(String(invoked?.Payload)).detail).to.deep.equal({ a: 1 });
    expect(published).to.include({ ...inItsName, TopicArn: TOPIC });
    expect(JSON.parse(String(published?.Message)).detail).to.deep.equal({ a: 1 });
  });

  it("calls as the target's role where there is one, and in its own name elsewhere, always for the rule", async () => {
    await bench.rule({ ...machine, ...dlq });
    await bench.call("PutTargets", { Rule: "rule", Targets: [{ Id: "queue", Arn: queueArn("q") }] });
    await bench.put();
    expect(bench.started[0]).to.include({ by: ROLE, sourceArn: RULE });
    expect(bench.sent[0]).to.include({ by: "events.amazonaws.com", sourceArn: RULE });
    bench.fault("states", "AccessDeniedException", 403);
    await bench.put();
    const dead = bench.sent.find(({ QueueUrl }) => String(QueueUrl).endsWith("/dlq"));
    expect(dead).to.include({ by: "events.amazonaws.com", sourceArn: RULE });
  });

  it("tries again after a passing error, with the same execution name", async () => {
    await bench.rule({ ...machine, RetryPolicy: { MaximumRetryAttempts: 2 } });
    bench.cloud.faults.add({ service: "states", effect: { kind: "throttle" }, when: "after", times: 1 });
    await bench.put();
    expect(bench.events.pendingDeliveries(REGION)).to.equal(1);
    await bench.clock.step();
    expect(bench.events.pendingDeliveries(REGION)).to.equal(0);
    expect(bench.started).to.have.length(2);
    expect(bench.started[0]?.name).to.equal(bench.started[1]?.name);
    expect(bench.sum("RetryInvocationAttempts")).to.equal(1);
    expect(bench.sum("FailedInvocations")).to.equal(0);
  });

  it("takes an execution that an earlier attempt started for delivered", async () => {
    await bench.rule(machine);
    bench.fault("states", "ExecutionAlreadyExists", 400);
    await bench.put();
    expect(bench.events.pendingDeliveries()).to.equal(0);
    expect(bench.sum("FailedInvocations")).to.equal(0);
  });

  it("dead-letters when the retries are exhausted, with AWS's attributes", async () => {
    await bench.rule({ ...machine, ...dlq, RetryPolicy: { MaximumRetryAttempts: 2 } });
    bench.fault("states", "ServiceUnavailable", 503);
    await bench.put();
    await bench.clock.step();
    expect(bench.sent).to.have.length(0);
    await bench.clock.step();
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
    expect(bench.sum("FailedInvocations")).to.equal(1);
    expect(bench.sum("InvocationsSentToDlq")).to.equal(1);
  });

  it("dead-letters an event that has become too old while it was tried", async () => {
    await bench.rule({ ...machine, ...dlq, RetryPolicy: { MaximumEventAgeInSeconds: 60 } });
    bench.fault("states", "TooManyRequestsException", 429);
    await bench.put();
    const began = bench.clock.now();
    while (bench.sent.length === 0) await bench.clock.step();
    expect(bench.clock.now() - began).to.equal(60_000);
    expect(bench.attributes()).to.include({
      ERROR_CODE: "THROTTLING",
      EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds",
    });
    expect(Number(bench.attributes().RETRY_ATTEMPTS)).to.be.greaterThan(5);
  });

  it("drops and counts what cannot be delivered where there is no dead-letter queue", async () => {
    await bench.rule(machine);
    bench.fault("states", "AccessDeniedException", 403);
    await bench.put();
    expect(bench.sent).to.have.length(0);
    expect(bench.sum("FailedInvocations")).to.equal(1);
    expect(bench.events.pendingDeliveries()).to.equal(0);
  });

  it("tries to write a dead letter again, and counts one that could not be written", async () => {
    await bench.rule({ ...machine, ...dlq });
    bench.fault("states", "AccessDeniedException", 403);
    bench.cloud.faults.add({ service: "sqs", effect: { kind: "throttle" }, when: "before", times: 1 });
    await bench.put();
    await bench.clock.step();
    expect(bench.sent).to.have.length(1);
    bench.fault("sqs", "AccessDenied", 403);
    await bench.put();
    expect(bench.sum("InvocationsFailedToBeSentToDlq")).to.equal(1);
  });

  it("tries to write a dead letter for a day while its queue is throttled", async () => {
    await bench.rule({ ...machine, ...dlq });
    bench.fault("states", "AccessDeniedException", 403);
    const end = bench.cloud.faults.add({ service: "sqs", effect: { kind: "throttle" }, when: "before" });
    await bench.put();
    await bench.clock.advance(86_000_000);
    expect(bench.events.pendingDeliveries()).to.equal(1);
    end();
    await bench.clock.advance(60_000);
    expect(bench.sent).to.have.length(1);
    expect(bench.sum("InvocationsFailedToBeSentToDlq")).to.equal(0);
    bench.cloud.faults.add({ service: "sqs", effect: { kind: "throttle" }, when: "before" });
    await bench.put();
    await bench.clock.advance(86_460_000);
    expect(bench.sum("InvocationsFailedToBeSentToDlq")).to.equal(1);
    expect(bench.events.pendingDeliveries()).to.equal(0);
  });

  it("tries 185 times again by default", async () => {
    await bench.rule({ ...machine, ...dlq });
    bench.fault("states", "ServiceUnavailable", 503);
    await bench.put();
    await bench.clock.runUntil(() => bench.sent.length > 0);
    expect(bench.attributes()).to.include({
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
      RETRY_ATTEMPTS: "185",
    });
    expect(bench.sum("InvocationAttempts")).to.equal(186);
  });

  it("tries for 24 hours at most by default", async () => {
    await bench.cloud.close();
    bench = new EventsBench({ longestRetryMilliseconds: 3_600_000 });
    await bench.rule({ ...machine, ...dlq });
    bench.fault("states", "ServiceUnavailable", 503);
    await bench.put();
    const began = bench.clock.now();
    await bench.clock.runUntil(() => bench.sent.length > 0);
    expect(bench.clock.now() - began).to.equal(86_400_000);
    expect(bench.attributes()).to.include({ EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds" });
  });

  it("waits about twice as long before each retry", async () => {
    await bench.rule(machine);
    bench.fault("states", "ServiceUnavailable", 503);
    const times: number[] = [];
    await bench.put();
    let before = bench.clock.now();
    for (let count = 0; count < 5; count += 1) {
      await bench.clock.step();
      times.push(bench.clock.now() - before);
      before = bench.clock.now();
    }
    // Half of the pause is jitter, and chance is one half here.
    expect(times).to.deep.equal([75, 150, 300, 600, 1_200]);
  });

  for (const [code, status, reported] of [
    ["AccessDeniedException", 403, "NO_PERMISSIONS"],
    ["StateMachineDoesNotExist", 400, "NO_RESOURCE"],
    ["ValidationException", 400, "INVALID_PARAMETER"],
    ["SomethingElse", 400, "ERROR_FROM_TARGET"],
    ["ResourceAlreadyExistsException", 400, "RESOURCE_ALREADY_EXISTS"],
  ] as const)
    it(`dead-letters ${code} at once as ${reported}`, async () => {
      await bench.rule({ ...machine, ...dlq });
      bench.fault("states", code, status);
      await bench.put();
      expect(bench.attributes()).to.include({ ERROR_CODE: reported, RETRY_ATTEMPTS: "0" });
      expect(bench.attributes()).to.not.have.property("EXHAUSTED_RETRY_CONDITION");
      expect(bench.clock.pending).to.equal(0);
    });

  for (const [code, status, reported] of [
    ["ThrottlingException", 400, "THROTTLING"],
    ["ExecutionLimitExceeded", 400, "RESOURCE_LIMIT_EXCEEDED"],
    ["ResourceConflictException", 409, "RESOURCE_MODIFICATION_COLLISION"],
    ["RequestTimeout", 408, "TIMEOUT"],
    ["InternalServerError", 500, "ERROR_FROM_TARGET"],
  ] as const)
    it(`tries again after ${code}, which is ${reported} in a dead letter`, async () => {
      await bench.rule({ ...machine, ...dlq, RetryPolicy: { MaximumRetryAttempts: 1 } });
      bench.fault("states", code, status);
      await bench.put();
      await bench.clock.step();
      expect(bench.attributes()).to.include({
        ...{ ERROR_CODE: reported, RETRY_ATTEMPTS: "1" },
        EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
      });
    });

  it("dead-letters what the caller itself could not do as SDK_CLIENT_ERROR, after retries", async () => {
    await bench.rule({ ...machine, ...dlq, RetryPolicy: { MaximumRetryAttempts: 0 } });
    bench.cloud.authorize = ({ service }) => {
      if (service === "states") throw new Error("no connection");
    };
    await bench.put();
    expect(bench.attributes()).to.include({
      ERROR_CODE: "SDK_CLIENT_ERROR",
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
    });
  });

  it("dead-letters a role that it cannot assume as FAILED_TO_ASSUME_ROLE, at once", async () => {
    await bench.rule({ ...machine, ...dlq });
    bench.cloud.authorize = ({ service }) => {
      // The message of IAM's "Troubleshoot access denied error messages".
      const message = `User: events.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
      if (service === "states") throw new ServiceError("AccessDeniedException", message);
    };
    await bench.put();
    expect(bench.attributes()).to.include({ ERROR_CODE: "FAILED_TO_ASSUME_ROLE", RETRY_ATTEMPTS: "0" });
  });

  it("dead-letters an event that InputPath does not fit as INVALID_JSON, with the whole event", async () => {
    await bench.rule({ ...machine, ...dlq, InputPath: "$.detail.absent" });
    await bench.put();
    expect(bench.attributes()).to.include({ ERROR_CODE: "INVALID_JSON", RETRY_ATTEMPTS: "0" });
    expect(bench.bodies()[0]?.detail).to.deep.equal({ a: 1 });
  });

  it("hands events on to a bus of another region with their own region, and from there to no third one", async () => {
    const bus = "arn:aws:events:eu-west-1:000000000000:event-bus/default";
    await bench.rule({ Arn: bus, RoleArn: ROLE });
    const EventPattern = JSON.stringify({ source: ["trading.system1"] });
    await bench.call("PutRule", { Name: "far", EventPattern }, "eu-west-1");
    const far = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;
    const third = "arn:aws:events:us-west-2:000000000000:event-bus/default";
    const Targets = [
      { Id: "queue", Arn: far("far") },
      { Id: "bus", Arn: third, RoleArn: ROLE, DeadLetterConfig: { Arn: far("dlq") } },
    ];
    await bench.call("PutTargets", { Rule: "far", Targets }, "eu-west-1");
    await bench.put();
    await settle();
    const [received, dead] = bench.sent;
    expect(JSON.parse(String(received?.MessageBody)).region).to.equal(REGION);
    expect(dead?.QueueUrl).to.equal("https://sqs.eu-west-1.amazonaws.com/000000000000/dlq");
    expect(bench.attributes(1).ERROR_CODE).to.equal("THIRD_REGION_HOP_DETECTED");
  });

  it("dead-letters an event for a bus that is not there as NO_RESOURCE", async () => {
    const Arn = `arn:aws:events:${REGION}:000000000000:event-bus/absent`;
    await bench.rule({ Arn, RoleArn: ROLE, ...dlq });
    await bench.put();
    expect(bench.attributes()).to.include({ ERROR_CODE: "NO_RESOURCE", TARGET_ARN: Arn });
  });

  it("counts under the dimensions that AWS documents", async () => {
    await bench.rule({ ...machine, ...dlq, RetryPolicy: { MaximumRetryAttempts: 1 } });
    bench.fault("states", "ServiceUnavailable", 503, 3);
    await bench.put();
    await bench.clock.step();
    await bench.put();
    await bench.clock.step();
    const counts = (name: string) =>
      [{}, { EventBusName: "default" }, { RuleName: "rule" }].map((each) => bench.sum(name, each));
    expect({
      MatchedEvents: counts("MatchedEvents"),
      TriggeredRules: counts("TriggeredRules"),
      InvocationsCreated: counts("InvocationsCreated"),
      InvocationAttempts: counts("InvocationAttempts"),
      SuccessfulInvocationAttempts: counts("SuccessfulInvocationAttempts"),
      RetryInvocationAttempts: counts("RetryInvocationAttempts"),
      Invocations: counts("Invocations"),
      FailedInvocations: counts("FailedInvocations"),
      InvocationsSentToDlq: counts("InvocationsSentToDlq"),
      IngestionToInvocationSuccessLatency: counts("IngestionToInvocationSuccessLatency"),
      IngestionToInvocationStartLatency: counts("IngestionToInvocationStartLatency"),
      PutEventsApproximateCallCount: counts("PutEventsApproximateCallCount"),
      PutEventsApproximateSuccessCount: counts("PutEventsApproximateSuccessCount"),
      PutEventsEntriesCount: counts("PutEventsEntriesCount"),
      PutEventsRequestSize: counts("PutEventsRequestSize"),
    }).to.deep.equal({
      MatchedEvents: [0, 2, 2],
      TriggeredRules: [2, 2, 2],
      InvocationsCreated: [2, 0, 0],
      InvocationAttempts: [4, 4, 4],
      SuccessfulInvocationAttempts: [1, 1, 1],
      RetryInvocationAttempts: [2, 2, 2],
      Invocations: [2, 0, 2],
      FailedInvocations: [0, 0, 1],
      InvocationsSentToDlq: [0, 0, 1],
      // The second event was delivered after one pause of 75 ms.
      IngestionToInvocationSuccessLatency: [75, 75, 75],
      IngestionToInvocationStartLatency: [0, 0, 0],
      PutEventsApproximateCallCount: [2, 0, 0],
      PutEventsApproximateSuccessCount: [2, 0, 0],
      PutEventsEntriesCount: [2, 0, 0],
      // Source, detail type and detail: 15 + 11 + 7 bytes each ("Calculating PutEvents event entry size").
      PutEventsRequestSize: [66, 0, 0],
    });
  });

  it("names the bus of a rule in the metrics of a custom bus", async () => {
    await bench.call("CreateEventBus", { Name: "custom" });
    await bench.rule(machine, { EventBusName: "custom" });
    await bench.put({ EventBusName: "custom" });
    expect(bench.sum("Invocations", { EventBusName: "custom", RuleName: "rule" })).to.equal(1);
    expect(bench.sum("MatchedEvents", { EventBusName: "custom" })).to.equal(1);
    expect(bench.sum("Invocations")).to.equal(0);
  });
});
