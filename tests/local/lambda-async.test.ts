import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import type { Call, Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { LambdaBench, REGION, ROLE } from "./lambda-support.ts";

const FAILS = "export const handler = async () => { throw new Error('always'); };";
const SUCCEEDS = "export const handler = async (event) => ({ got: event });";
const queue = (name: string) => `arn:aws:sqs:${REGION}:000000000000:${name}`;
const ARN = `arn:aws:lambda:${REGION}:000000000000:function:f`;

/** "How Lambda handles errors and retries with asynchronous invocation", "Capturing records of Lambda asynchronous invocations". */
describe("Asynchronous invocations, locally", function () {
  this.timeout(15_000);
  let bench: LambdaBench;
  let clock: DrivenClock;
  let published: { service: string; input: Json; call: Call }[];
  beforeEach(() => {
    clock = new DrivenClock();
    published = [];
    const keep = (service: string) => (input: Json, call: Call) => {
      published.push({ service, input, call });
      return {};
    };
    bench = new LambdaBench(
      { clock, random: () => 0 },
      { sns: { Publish: keep("sns") }, events: { PutEvents: keep("events") } },
    );
  });
  afterEach(() => bench.close());

  const send = (payload: unknown = { n: 1 }) => bench.invoke("f", payload, { InvocationType: "Event" });
  const done = () => clock.runUntil(() => bench.lambda.openInvocations() === 0);
  const bodies = () => bench.sent.map(({ MessageBody }) => JSON.parse(String(MessageBody)));

  it("tries an event that fails again after one minute and after two more, then dead-letters it", async () => {
    await bench.create("f", FAILS, { DeadLetterConfig: { TargetArn: queue("dlq") } });
    const start = clock.now();
    const starts: number[] = [];
    bench.metrics.record = (_region, _namespace, name, dimensions) => {
      if (name === "Invocations" && Object.keys(dimensions).length === 0) starts.push(clock.now() - start);
    };
    await send();
    await done();
    expect(starts).to.deep.equal([0, 60_000, 180_000]);
    expect(bench.sent).to.have.length(1);
    const [message] = bench.sent;
    expect(message).to.include({ MessageBody: '{"n":1}', by: ROLE });
    const attributes = message?.MessageAttributes as Record<string, Json>;
    expect(attributes.ErrorCode).to.deep.equal({ DataType: "Number", StringValue: "200" });
    expect(attributes.ErrorMessage).to.deep.equal({ DataType: "String", StringValue: "always" });
  });

  it("counts events, their ages and those that are dropped", async () => {
    await bench.create("f", FAILS);
    await send();
    await done();
    expect(bench.sum("AsyncEventsReceived", "f")).to.equal(1);
    expect(bench.sum("AsyncEventAge", "f")).to.equal(0 + 60_000 + 180_000);
    expect(bench.sum("AsyncEventsDropped", "f")).to.equal(1);
    expect(bench.sum("Errors", "f")).to.equal(3);
  });

  it("sends the record of an event that failed as often as it may to the on-failure destination", async () => {
    await bench.create("f", FAILS);
    const DestinationConfig = { OnFailure: { Destination: queue("failed") } };
    const request = { FunctionName: "f", MaximumRetryAttempts: 1, DestinationConfig };
    await bench.call("PutFunctionEventInvokeConfig", request);
    await send();
    await done();
    const [record, ...more] = bodies();
    expect(more).to.deep.equal([]);
    expect(record).to.deep.include({
      version: "1.0",
      timestamp: "2026-01-05T14:31:00.000Z",
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    });
    expect(record.requestContext).to.include({
      functionArn: `${ARN}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: 2,
    });
    expect(record.responsePayload).to.include({ errorMessage: "always" });
    expect(bench.sent[0]).to.include({ by: ROLE });
  });

  it("sends the record of a success to a bus, a topic or a function", async () => {
    await bench.create("f", SUCCEEDS);
    const bus = `arn:aws:events:${REGION}:000000000000:event-bus/records`;
    const topic = `arn:aws:sns:${REGION}:000000000000:records`;
    for (const Destination of [bus, topic]) {
      const DestinationConfig = { OnSuccess: { Destination } };
      await bench.call("PutFunctionEventInvokeConfig", { FunctionName: "f", DestinationConfig });
      await send();
      await done();
    }
    const [event, notice] = published;
    const [entry] = (event?.input.Entries ?? []) as Json[];
    expect(entry).to.deep.include({
      ...{ Source: "lambda", EventBusName: "records", Resources: [bus, ARN] },
      DetailType: "Lambda Function Invocation Result - Success",
    });
    expect(event?.call.principal).to.equal(ROLE);
    const record = JSON.parse(String(entry?.Detail));
    expect(record.requestContext.condition).to.equal("Success");
    expect(record.responsePayload).to.deep.equal({ got: { n: 1 } });
    expect(record.responseContext).to.deep.equal({ statusCode: 200, executedVersion: "$LATEST" });
    expect(notice?.input.TopicArn).to.equal(topic);
  });

  it("tries a throttled event again with growing pauses without counting attempts, until it is too old", async () => {
    // The running invocation holds the clock: it is not waited for long.
    await bench.close();
    clock = new DrivenClock({ patience: 50 });
    bench = new LambdaBench({ clock, random: () => 0 });
    const DeadLetterConfig = { TargetArn: queue("dlq") };
    await bench.create("f", "export const handler = () => new Promise(() => {});", {
      Timeout: 900,
      DeadLetterConfig,
    });
    const DestinationConfig = { OnFailure: { Destination: queue("failed") } };
    const request = { FunctionName: "f", MaximumEventAgeInSeconds: 60, DestinationConfig };
    await bench.call("PutFunctionEventInvokeConfig", request);
    await bench.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 1 });
    const blocking = bench.invoke("f");
    await send();
    await clock.runUntil(() => bench.sent.length === 2, { limit: 120_000 });
    const [record, letter] = bench.sent;
    const { requestContext } = JSON.parse(String(record?.MessageBody));
    expect(requestContext).to.include({ condition: "EventAgeExceeded", approximateInvokeCount: 0 });
    const attributes = letter?.MessageAttributes as Record<string, Json>;
    expect(attributes.ErrorCode?.StringValue).to.equal("429");
    // At 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s; at 63.5 s the event is too old.
    expect(bench.sum("Throttles", "f")).to.equal(7);
    expect(clock.now() - Date.UTC(2026, 0, 5, 14, 30)).to.equal(63_500);
    await bench.cloud.close();
    await blocking;
  });

  it("tries an event again whose attempts meet a fault on Invoke", async () => {
    await bench.create("f", SUCCEEDS, { DeadLetterConfig: { TargetArn: queue("dlq") } });
    // The first of the calls is the one that accepts the event.
    const on = { service: "lambda", operation: "Invoke", function: "f", skip: 1, times: 1 } as const;
    bench.cloud.faults.add({ ...on, effect: { kind: "throttle" }, when: "before" });
    const effect = { kind: "error", code: "ServiceException" } as const;
    bench.cloud.faults.add({ ...on, effect, when: "after" });
    await send();
    await done();
    // The second attempt ran, but Lambda did not learn of it.
    expect(bench.sum("Invocations", "f")).to.equal(2);
    expect(bench.sum("AsyncEventAge", "f")).to.equal(0 + 500 + 1_500);
    expect(bench.sent).to.deep.equal([]);
  });

  it("does not try at all what a reserved concurrency of 0 forbids", async () => {
    await bench.create("f", SUCCEEDS, { DeadLetterConfig: { TargetArn: queue("dlq") } });
    await bench.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 0 });
    await send();
    await done();
    expect(bench.sent).to.have.length(1);
    expect(clock.now()).to.equal(Date.UTC(2026, 0, 5, 14, 30));
  });

  it("counts dead letters and records that could not be sent", async () => {
    await bench.close();
    const SendMessage = () => {
      throw new ServiceError("AccessDeniedException", "refused");
    };
    bench = new LambdaBench({ clock }, { sqs: { SendMessage } });
    await bench.create("f", FAILS, { DeadLetterConfig: { TargetArn: queue("dlq") } });
    const DestinationConfig = { OnFailure: { Destination: queue("failed") } };
    await bench.call("PutFunctionEventInvokeConfig", { FunctionName: "f", DestinationConfig });
    await send();
    await done();
    expect(bench.sum("DeadLetterErrors", "f")).to.equal(1);
    expect(bench.sum("DestinationDeliveryFailures", "f")).to.equal(1);
  });
});
