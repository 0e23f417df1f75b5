import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { refusal } from "./endpoint-support.ts";
import {
  BUS,
  DEAD_LETTERS,
  FUNCTION,
  MINUTE,
  ROLE,
  SchedulerBench,
  START,
  schedule,
} from "./scheduler-support.ts";

const ARN = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/sweep";

describe("a schedule", () => {
  let bench: SchedulerBench;
  beforeEach(() => {
    bench = new SchedulerBench();
  });
  afterEach(() => bench.cloud.close());

  it("invokes a function's alias after each period, asynchronously, with its role", async () => {
    expect(await bench.call("CreateSchedule", schedule())).to.deep.equal({ ScheduleArn: ARN });
    await bench.clock.advance(5 * MINUTE - 1);
    expect(bench.calls).to.deep.equal([]);
    await bench.clock.advance(10 * MINUTE + 1);
    expect(bench.times).to.deep.equal([5 * MINUTE, 10 * MINUTE, 15 * MINUTE]);
    expect(bench.calls[0]).to.deep.include({
      operation: "Invoke",
      by: `${ROLE} for scheduler.amazonaws.com`,
      input: { FunctionName: FUNCTION, InvocationType: "Event", Payload: "{}" },
    });
    expect(bench.count("InvocationAttemptCount")).to.equal(3);
    expect(bench.count("TargetErrorCount")).to.equal(0);
  });

  // "Adding context attributes": times in whole seconds, attempts from 1.
  it("puts an event on a bus, with context attributes replaced in its detail", async () => {
    const Input = JSON.stringify({
      time: "<aws.scheduler.scheduled-time>",
      schedule: "<aws.scheduler.schedule-arn>",
      attempt: "<aws.scheduler.attempt-number>",
      id: "<aws.scheduler.execution-id>",
      other: "<aws.scheduler.nothing>",
    });
    const EventBridgeParameters = { DetailType: "Trade Event", Source: "trading.canary" };
    await bench.call("CreateSchedule", schedule({ Arn: BUS, Input, EventBridgeParameters }));
    await bench.clock.advance(10 * MINUTE);
    const entries = bench.calls.map(({ input }) => (input.Entries as Json[])[0] as Record<string, string>);
    expect(entries[0]).to.include({
      ...{ EventBusName: BUS, Source: "trading.canary", DetailType: "Trade Event" },
    });
    const [first, second] = entries.map(({ Detail = "" }) => JSON.parse(Detail));
    expect(first).to.include({ time: "2026-01-02T03:09:05Z", schedule: ARN, attempt: "1" });
    expect(first.other).to.equal("<aws.scheduler.nothing>");
    expect(first.id).to.match(/^[0-9a-f]{16}$/);
    expect(second.time).to.equal("2026-01-02T03:14:05Z");
    expect(second.id).to.not.equal(first.id);
  });

  it("does nothing while it is disabled, and goes on in the same rhythm", async () => {
    await bench.call("CreateSchedule", schedule());
    await bench.clock.advance(6 * MINUTE);
    await bench.call("UpdateSchedule", schedule({}, { State: "DISABLED" }));
    expect(await bench.call("GetSchedule", { Name: "sweep" })).to.include({ State: "DISABLED" });
    await bench.clock.advance(60 * MINUTE);
    expect(bench.times).to.deep.equal([5 * MINUTE]);
    expect(bench.clock.pending).to.equal(0);
    await bench.call("UpdateSchedule", schedule());
    await bench.clock.advance(5 * MINUTE);
    expect(bench.times).to.deep.equal([5 * MINUTE, 70 * MINUTE]);
  });

  it("counts anew from a change of its expression", async () => {
    await bench.call("CreateSchedule", schedule());
    await bench.clock.advance(3.5 * MINUTE);
    await bench.call("UpdateSchedule", schedule({}, { ScheduleExpression: "rate(2 minutes)" }));
    await bench.clock.advance(5 * MINUTE);
    expect(bench.times).to.deep.equal([5.5 * MINUTE, 7.5 * MINUTE]);
  });

  for (const [expression, period] of [
    ["rate(1 minute)", MINUTE],
    ["rate(3 hours)", 180 * MINUTE],
    ["rate(2 days)", 2_880 * MINUTE],
  ] as const)
    it(`runs by ${expression}`, async () => {
      await bench.call("CreateSchedule", schedule({}, { ScheduleExpression: expression }));
      await bench.clock.advance(2 * period);
      expect(bench.times).to.deep.equal([period, 2 * period]);
    });

  it("is of its region alone", async () => {
    const elsewhere = JSON.parse(JSON.stringify(schedule()).replaceAll("us-east-1", "eu-west-1"));
    await bench.call("CreateSchedule", elsewhere, "eu-west-1");
    const error = await refusal(bench.call("GetSchedule", { Name: "sweep" }));
    expect(error).to.include({ code: "ResourceNotFoundException", status: 404 });
    await bench.clock.advance(5 * MINUTE);
    expect(bench.calls.map(({ region }) => region)).to.deep.equal(["eu-west-1"]);
  });

  it("leaves no timer behind when it is deleted or the cloud closes, not even of a retry", async () => {
    await bench.call("CreateSchedule", schedule());
    bench.answers.push(new ServiceError("ServiceException", "down", 500));
    await bench.clock.advance(5 * MINUTE);
    expect(bench.clock.pending).to.equal(2);
    await bench.call("DeleteSchedule", { Name: "sweep" });
    expect(bench.clock.pending).to.equal(0);
    await bench.call("CreateSchedule", schedule());
    await bench.cloud.close();
    expect(bench.clock.pending).to.equal(0);
  });

  it("is shown as it is carried out, with defaults", async () => {
    await bench.call("CreateSchedule", schedule({}, { Description: "sweeps", ClientToken: "t" }));
    await bench.clock.advance(1_000);
    await bench.call("UpdateSchedule", schedule());
    expect(await bench.call("GetSchedule", { Name: "sweep", GroupName: "default" })).to.deep.equal({
      ...{ Name: "sweep", Arn: ARN, GroupName: "default", State: "ENABLED" },
      ...{ CreationDate: START / 1_000, LastModificationDate: START / 1_000 + 1 },
      ...{ ScheduleExpression: "rate(5 minutes)", ScheduleExpressionTimezone: "UTC" },
      ...{ FlexibleTimeWindow: { Mode: "OFF" }, ActionAfterCompletion: "NONE" },
      Target: {
        ...{ Arn: FUNCTION, RoleArn: ROLE, Input: "{}" },
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      },
    });
  });

  it("is listed by prefix and state, page by page", async () => {
    for (const Name of ["a-one", "b", "a-two"]) await bench.call("CreateSchedule", schedule({}, { Name }));
    await bench.call("UpdateSchedule", schedule({}, { Name: "b", State: "DISABLED" }));
    const names = async (input: Json) =>
      ((await bench.call("ListSchedules", input)).Schedules as Json[]).map(({ Name }) => Name);
    expect(await names({ NamePrefix: "a-" })).to.deep.equal(["a-one", "a-two"]);
    expect(await names({ State: "DISABLED" })).to.deep.equal(["b"]);
    const { NextToken, Schedules } = await bench.call("ListSchedules", { MaxResults: 2 });
    expect(Schedules).to.have.length(2);
    expect(await names({ NextToken })).to.deep.equal(["a-two"]);
  });

  it("is made once by the same request, and not again by another one", async () => {
    const request = schedule({}, { ClientToken: "token" });
    await bench.call("CreateSchedule", request);
    expect(await bench.call("CreateSchedule", request)).to.deep.equal({ ScheduleArn: ARN });
    const error = await refusal(bench.call("CreateSchedule", schedule({}, { ClientToken: "other" })));
    expect(error).to.include({ code: "ConflictException", status: 409 });
  });

  const REFUSED: readonly (readonly [string, RegExp, Json])[] = [
    [
      "cron expressions",
      /ScheduleExpression.*rate\(N minutes\)/,
      schedule({}, { ScheduleExpression: "cron(0 * * * ? *)" }),
    ],
    ["single times", /ScheduleExpression/, schedule({}, { ScheduleExpression: "at(2026-01-05T00:00:00)" })],
    ["rates of nothing", /ScheduleExpression/, schedule({}, { ScheduleExpression: "rate(0 minutes)" })],
    ["flexible windows", /'Mode'.*\[OFF\]/, schedule({}, { FlexibleTimeWindow: { Mode: "FLEXIBLE" } })],
    ["times of a beginning", /StartDate/, schedule({}, { StartDate: 1 })],
    [
      "other time zones",
      /ScheduleExpressionTimezone/,
      schedule({}, { ScheduleExpressionTimezone: "Europe/Berlin" }),
    ],
    ["other targets", /Arn.*function, an event bus/, schedule({ Arn: DEAD_LETTERS })],
    ["parameters of other targets", /SqsParameters/, schedule({ SqsParameters: { MessageGroupId: "g" } })],
    ["input that is no JSON", /Input.*JSON/, schedule({ Input: "now" })],
    ["a target without input", /Input/, schedule({ Input: undefined })],
    ["a bus without an event", /DetailType/, schedule({ Arn: BUS })],
    ["186 retries", /MaximumRetryAttempts/, schedule({ RetryPolicy: { MaximumRetryAttempts: 186 } })],
    ["targets elsewhere", /us-east-1/, schedule({ Arn: FUNCTION.replace("us-east", "us-west") })],
  ];
  for (const [what, message, request] of REFUSED)
    it(`cannot have ${what}`, async () => {
      const error = await refusal(bench.call("CreateSchedule", request));
      expect(error.code).to.equal("ValidationException");
      expect(error.message).to.match(message);
    });

  it("cannot be of a group that nothing here can make", async () => {
    const error = await refusal(bench.call("CreateSchedule", schedule({}, { GroupName: "other" })));
    expect(error.code).to.equal("ResourceNotFoundException");
  });
});

describe("a schedule whose target fails", () => {
  let bench: SchedulerBench;
  beforeEach(() => {
    bench = new SchedulerBench();
  });
  afterEach(() => bench.cloud.close());

  const down = () => new ServiceError("ServiceException", "down", 500);
  const attributes = () => {
    const sent = bench.calls.find(({ operation }) => operation === "SendMessage")?.input.MessageAttributes;
    return Object.fromEntries(
      Object.entries((sent ?? {}) as Record<string, Json>).map(([name, { StringValue }]) => [
        name,
        StringValue,
      ]),
    );
  };

  it("tries again with growing pauses under one execution id, and counts attempts", async () => {
    const Input = '{"n":"<aws.scheduler.attempt-number>","id":"<aws.scheduler.execution-id>"}';
    await bench.call("CreateSchedule", schedule({ Input }));
    bench.answers.push(down(), down(), down());
    await bench.clock.advance(6 * MINUTE);
    const due = 5 * MINUTE;
    expect(bench.times).to.deep.equal([due, due + 1_000, due + 3_000, due + 7_000]);
    const given = bench.calls.map(({ input }) => JSON.parse(String(input.Payload)));
    expect(given.map(({ n }) => n)).to.deep.equal(["1", "2", "3", "4"]);
    expect(new Set(given.map(({ id }) => id)).size).to.equal(1);
    expect(bench.count("InvocationAttemptCount")).to.equal(4);
    expect(bench.count("TargetErrorCount")).to.equal(3);
    expect(bench.count("InvocationDroppedCount")).to.equal(0);
  });

  it("takes an entry that PutEvents failed for a failure", async () => {
    const EventBridgeParameters = { DetailType: "d", Source: "s" };
    await bench.call("CreateSchedule", schedule({ Arn: BUS, EventBridgeParameters }));
    const failed = { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" };
    bench.answers.push({ FailedEntryCount: 1, Entries: [failed] });
    await bench.clock.advance(6 * MINUTE);
    expect(bench.times).to.deep.equal([5 * MINUTE, 5 * MINUTE + 1_000]);
    expect(bench.count("TargetErrorThrottledCount")).to.equal(1);
  });

  it("dead-letters what its retries do not deliver, as documented", async () => {
    const RetryPolicy = { MaximumRetryAttempts: 1 };
    const DeadLetterConfig = { Arn: DEAD_LETTERS };
    await bench.call("CreateSchedule", schedule({ RetryPolicy, DeadLetterConfig, Input: '{"a":1}' }));
    bench.answers.push(down(), new ServiceError("ResourceNotFoundException", "gone", 404));
    await bench.clock.advance(6 * MINUTE);
    const letter = bench.calls[2];
    expect(letter).to.deep.include({ operation: "SendMessage", by: `${ROLE} for scheduler.amazonaws.com` });
    expect(letter?.input).to.include({
      QueueUrl: "https://sqs.us-east-1.amazonaws.com/000000000000/dead",
      MessageBody: '{"a":1}',
    });
    const { EXECUTION_ID, ...others } = attributes();
    expect(EXECUTION_ID).to.match(/^[0-9a-f]{16}$/);
    expect(others).to.deep.equal({
      ...{ ERROR_CODE: "ResourceNotFoundException", ERROR_MESSAGE: "gone", RETRY_ATTEMPTS: "1" },
      ...{ EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts", IS_PAYLOAD_TRUNCATED: "false" },
      ...{ SCHEDULED_TIME: "2026-01-02T03:09:05Z", SCHEDULE_ARN: ARN, TARGET_ARN: FUNCTION },
    });
    expect(bench.count("InvocationDroppedCount")).to.equal(1);
    expect(bench.count("InvocationsSentToDeadLetterCount")).to.equal(1);
  });

  it("gives up when the event is too old", async () => {
    const RetryPolicy = { MaximumEventAgeInSeconds: 60 };
    await bench.call("CreateSchedule", schedule({ RetryPolicy, DeadLetterConfig: { Arn: DEAD_LETTERS } }));
    bench.answers.push(...Array.from({ length: 20 }, down));
    await bench.clock.advance(7 * MINUTE);
    // Pauses of 1, 2, 4, 8 and 16 seconds, and what is left of the minute.
    expect(bench.times.map((time) => time - 5 * MINUTE)).to.deep.equal([
      ...[0, 1_000, 3_000, 7_000, 15_000, 31_000],
      60_000,
    ]);
    expect(attributes()).to.include({
      ...{ EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds", RETRY_ATTEMPTS: "5" },
    });
  });

  it("drops it without a dead-letter queue, and counts that", async () => {
    await bench.call("CreateSchedule", schedule({ RetryPolicy: { MaximumRetryAttempts: 0 } }));
    bench.answers.push(down());
    await bench.clock.advance(6 * MINUTE);
    expect(bench.calls).to.have.length(1);
    expect(bench.count("InvocationDroppedCount")).to.equal(1);
    expect(bench.count("InvocationsSentToDeadLetterCount")).to.equal(0);
  });

  it("tells when the dead letter cannot be written either", async () => {
    const RetryPolicy = { MaximumRetryAttempts: 0 };
    await bench.call("CreateSchedule", schedule({ RetryPolicy, DeadLetterConfig: { Arn: DEAD_LETTERS } }));
    bench.answers.push(down());
    const effect = { kind: "error" as const, code: "AccessDenied", status: 403 };
    bench.cloud.faults.add({ service: "sqs", effect, when: "before" });
    await bench.clock.advance(6 * MINUTE);
    expect(bench.count("InvocationsFailedToBeSentToDeadLetterCount")).to.equal(1);
    expect(bench.count("InvocationsSentToDeadLetterCount")).to.equal(0);
  });
});
