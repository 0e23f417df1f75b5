import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { createDynamoDb } from "../../local/cloud/dynamodb/service.ts";
import type { Call, Json } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { LambdaBench, REGION, ROLE } from "./lambda-support.ts";
import { refusal } from "./states-support.ts";

const STREAM = `arn:aws:dynamodb:${REGION}:000000000000:table/t/stream/2026-01-05T14:30:00.000`;
const QUEUE = `arn:aws:sqs:${REGION}:000000000000:work`;
const FAILED = `arn:aws:sqs:${REGION}:000000000000:failed`;
/** Logs the numbers of a batch; fails if one of them is bad. */
const RECORDS = `export const handler = async ({ Records }) => {
  const numbers = Records.map(({ dynamodb, body }) => dynamodb?.NewImage?.n?.N ?? JSON.parse(body).n);
  console.log(numbers.join(" "));
  if (numbers.includes("bad")) throw new Error("bad record");
  return Records[0].dynamodb === undefined ? Records[0] : undefined;
};`;

/** A stream of one shard, whose sequence numbers count from 1. */
class Stream {
  readonly records: Json[] = [];
  readonly callers = new Set<string>();
  readonly clock: DrivenClock;
  constructor(clock: DrivenClock) {
    this.clock = clock;
  }
  add(n: string, key = n): void {
    this.records.push({
      ...{
        eventID: n,
        eventName: "INSERT",
        eventVersion: "1.1",
        eventSource: "aws:dynamodb",
        awsRegion: REGION,
      },
      dynamodb: {
        ApproximateCreationDateTime: this.clock.now() / 1_000,
        Keys: { id: { S: key } },
        NewImage: { n: { N: n } },
        SequenceNumber: String(this.records.length + 1),
      },
    });
  }
  get operations() {
    const by = ({ principal }: Call) => this.callers.add(principal);
    return {
      DescribeStream: (_input: Json, call: Call) => {
        by(call);
        return { StreamDescription: { Shards: [{ ShardId: "shard-1" }] } };
      },
      GetShardIterator: ({ ShardIteratorType, SequenceNumber }: Json) => ({
        ShardIterator: String(
          { TRIM_HORIZON: 0, LATEST: this.records.length }[String(ShardIteratorType)] ?? SequenceNumber,
        ),
      }),
      GetRecords: ({ ShardIterator, Limit }: Json, call: Call) => {
        by(call);
        const Records = this.records.slice(Number(ShardIterator), Number(ShardIterator) + Number(Limit));
        return { Records, NextShardIterator: String(Number(ShardIterator) + Records.length) };
      },
    };
  }
}

/** "How Lambda processes records from stream and queue-based event sources", "Using AWS Lambda with Amazon DynamoDB". */
describe("Event source mappings of streams, locally", function () {
  this.timeout(15_000);
  let bench: LambdaBench;
  let clock: DrivenClock;
  let stream: Stream;
  beforeEach(() => {
    clock = new DrivenClock();
    stream = new Stream(clock);
    bench = new LambdaBench({ clock, random: () => 1 }, { dynamodb: stream.operations });
  });
  afterEach(() => bench.close());

  const map = (more: Json = {}) =>
    bench.call("CreateEventSourceMapping", {
      ...{ FunctionName: "f", EventSourceArn: STREAM, StartingPosition: "TRIM_HORIZON" },
      ...more,
    });
  const batches = () => bench.lines.map(({ message }) => message).filter((text) => /^[\w ]+$/.test(text));
  const show = (UUID: unknown) => bench.call("GetEventSourceMapping", { UUID });
  const destination = { DestinationConfig: { OnFailure: { Destination: FAILED } } };

  it("becomes enabled after a while and hands on what the stream holds and gets, in order, as the role", async () => {
    await bench.create("f", RECORDS);
    for (const n of ["1", "2", "3"]) stream.add(n);
    const made = await map({ BatchSize: 2 });
    expect(made).to.include({
      State: "Creating",
      BatchSize: 2,
      MaximumRetryAttempts: -1,
      EventSourceArn: STREAM,
    });
    await clock.advance(2_000);
    expect(await show(made.UUID)).to.include({ State: "Enabled", LastProcessingResult: "OK" });
    stream.add("4");
    await clock.advance(1_000);
    expect(batches()).to.deep.equal(["1 2", "3", "4"]);
    expect([...stream.callers]).to.deep.equal([ROLE]);
    expect(bench.metrics.points.some(({ name }) => name === "IteratorAge")).to.equal(true);
  });

  it("begins with what comes later when it starts at LATEST", async () => {
    await bench.create("f", RECORDS);
    stream.add("1");
    await map({ StartingPosition: "LATEST" });
    await clock.advance(2_000);
    stream.add("2");
    await clock.advance(1_000);
    expect(batches()).to.deep.equal(["2"]);
  });

  it("waits for a full batch no longer than its window", async () => {
    await bench.create("f", RECORDS);
    await map({ BatchSize: 3, MaximumBatchingWindowInSeconds: 10 });
    await clock.advance(2_000);
    stream.add("1");
    stream.add("2");
    await clock.advance(5_000);
    expect(batches()).to.deep.equal([]);
    await clock.advance(6_000);
    expect(batches()).to.deep.equal(["1 2"]);
    for (const n of ["3", "4", "5"]) stream.add(n);
    await clock.advance(1_000);
    expect(batches()).to.deep.equal(["1 2", "3 4 5"]);
  });

  it("tries a failing batch as often as it may, tells the destination its place, and goes on", async () => {
    await bench.create("f", RECORDS);
    for (const n of ["1", "bad", "3", "4"]) stream.add(n);
    await map({ BatchSize: 2, MaximumRetryAttempts: 2, ...destination });
    await clock.advance(30_000);
    expect(batches()).to.deep.equal(["1 bad", "1 bad", "1 bad", "3 4"]);
    const [{ QueueUrl, MessageBody, by } = {}, ...more] = bench.sent;
    expect(more).to.deep.equal([]);
    expect({ QueueUrl, by }).to.deep.equal({
      QueueUrl: `https://sqs.${REGION}.amazonaws.com/000000000000/failed`,
      by: ROLE,
    });
    const record = JSON.parse(String(MessageBody));
    expect(record.requestContext).to.include({
      functionArn: `arn:aws:lambda:${REGION}:000000000000:function:f`,
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 3,
    });
    expect(record.responseContext).to.deep.equal({
      ...{ statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    });
    expect(record.DDBStreamBatchInfo).to.deep.equal({
      ...{
        shardId: "shard-1",
        startSequenceNumber: "1",
        endSequenceNumber: "2",
        batchSize: 2,
        streamArn: STREAM,
      },
      approximateArrivalOfFirstRecord: "2026-01-05T14:30:00.000Z",
      approximateArrivalOfLastRecord: "2026-01-05T14:30:00.000Z",
    });
    expect(JSON.stringify(record)).to.not.contain("NewImage");
  });

  it("halves a failing batch without using up attempts, down to the bad record", async () => {
    await bench.create("f", RECORDS);
    for (const n of ["1", "bad", "3", "4"]) stream.add(n);
    await map({ BatchSize: 4, MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true, ...destination });
    await clock.advance(60_000);
    expect(batches()).to.deep.equal(["1 bad 3 4", "1 bad", "1", "bad", "3 4"]);
    expect(JSON.parse(String(bench.sent[0]?.MessageBody)).DDBStreamBatchInfo).to.include({
      startSequenceNumber: "2",
      endSequenceNumber: "2",
    });
  });

  it("tries again from the lowest sequence number that the function reports", async () => {
    await bench.create(
      "f",
      `const seen = new Set();
      export const handler = async ({ Records }) => {
        console.log(Records.map(({ dynamodb }) => dynamodb.SequenceNumber).join(" "));
        const late = Records.filter(({ dynamodb: { SequenceNumber: n } }) => n > 2 && !seen.has(n));
        for (const { dynamodb } of late) seen.add(dynamodb.SequenceNumber);
        return { batchItemFailures: late.reverse().map(({ dynamodb }) => ({ itemIdentifier: dynamodb.SequenceNumber })) };
      };`,
    );
    for (const n of ["1", "2", "3", "4"]) stream.add(n);
    await map({ FunctionResponseTypes: ["ReportBatchItemFailures"] });
    await clock.advance(30_000);
    expect(batches()).to.deep.equal(["1 2 3 4", "3 4"]);
  });

  it("gives up records that have become too old while the function is throttled", async () => {
    await bench.create("f", RECORDS);
    await bench.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 0 });
    stream.add("1");
    await map({ MaximumRecordAgeInSeconds: 60, MaximumRetryAttempts: 0, ...destination });
    await clock.advance(50_000);
    expect(bench.sent).to.deep.equal([]);
    await clock.advance(100_000);
    expect(JSON.parse(String(bench.sent[0]?.MessageBody)).requestContext).to.include({
      ...{ condition: "RecordAgeExceeded", approximateInvokeCount: 0 },
    });
    await bench.call("DeleteFunctionConcurrency", { FunctionName: "f" });
    stream.add("2");
    await clock.advance(5_000);
    expect(batches()).to.deep.equal(["2"]);
  });

  it("hands on only what a filter takes", async () => {
    await bench.create("f", RECORDS);
    for (const n of ["1", "2", "3"]) stream.add(n);
    const Pattern = JSON.stringify({ dynamodb: { NewImage: { n: { N: ["2"] } } } });
    await map({ FilterCriteria: { Filters: [{ Pattern }] } });
    await clock.advance(2_000);
    expect(batches()).to.deep.equal(["2"]);
  });

  it("keeps the changes of an item in order in each of a shard's lanes, while a lane fails", async () => {
    await bench.create("f", RECORDS);
    for (const round of ["1", "2", "3"])
      for (const key of ["a", "b", "c", "d", "e", "f"]) stream.add(`${key}${round}`, key);
    stream.add("bad", "a");
    stream.add("a4", "a");
    await map({ ParallelizationFactor: 4, BatchSize: 1 });
    await clock.advance(3_000);
    stream.add("b4", "b");
    await clock.advance(3_000);
    const order = (key: string) => batches().filter((text) => text.startsWith(key));
    expect(order("a")).to.deep.equal(["a1", "a2", "a3"]);
    expect(order("b").slice(0, 3)).to.deep.equal(["b1", "b2", "b3"]);
    expect(batches().filter((text) => text === "bad").length).to.be.greaterThan(1);
    expect(batches()).to.include("c3").and.to.include("f3");
  });

  it("stops when it is disabled, and goes away when it is deleted", async () => {
    await bench.create("f", RECORDS);
    const { UUID } = await map();
    await clock.advance(2_000);
    expect(await bench.call("UpdateEventSourceMapping", { UUID, Enabled: false })).to.include({
      State: "Disabling",
    });
    stream.add("1");
    await clock.advance(5_000);
    expect(await show(UUID)).to.include({ State: "Disabled" });
    expect(batches()).to.deep.equal([]);
    expect(await bench.call("DeleteEventSourceMapping", { UUID })).to.include({ State: "Deleting" });
    await clock.advance(1_000);
    expect((await refusal(show(UUID))).code).to.equal("ResourceNotFoundException");
  });

  it("neither skips nor repeats records when it is changed, at whatever it was", async () => {
    await bench.create("f", RECORDS);
    const { UUID } = await map({ StartingPosition: "LATEST", BatchSize: 2 });
    await clock.advance(2_000);
    // One batch is done, one waits to be tried again, one has not been tried, and one comes while nobody reads.
    for (const n of ["1", "2", "3", "bad", "5"]) stream.add(n);
    await clock.advance(500);
    await bench.call("UpdateEventSourceMapping", { UUID, Enabled: false });
    const before = batches();
    expect(before.slice(0, 2)).to.deep.equal(["1 2", "3 bad"]);
    stream.add("6");
    await clock.advance(60_000);
    expect(batches()).to.deep.equal(before);
    await bench.call("UpdateEventSourceMapping", {
      UUID,
      Enabled: true,
      MaximumRetryAttempts: 0,
      BatchSize: 3,
    });
    stream.add("7");
    await clock.advance(60_000);
    const after = ["3 bad 5", "6 7"];
    expect(batches().slice(before.length)).to.deep.equal(after);
    await bench.call("UpdateEventSourceMapping", { UUID, BatchSize: 1 });
    await clock.advance(60_000);
    expect(batches().slice(before.length)).to.deep.equal(after);
  });

  it("begins at LATEST only once, also if nothing had come before a change", async () => {
    await bench.create("f", RECORDS);
    const { UUID } = await map({ StartingPosition: "LATEST" });
    await clock.advance(2_000);
    await bench.call("UpdateEventSourceMapping", { UUID, BatchSize: 5 });
    stream.add("1");
    await clock.advance(2_000);
    expect(batches()).to.deep.equal(["1"]);
  });

  it("tries a batch again that met a fault on Invoke", async () => {
    await bench.create("f", RECORDS);
    stream.add("1");
    const on = { service: "lambda", operation: "Invoke", when: "before", times: 2 } as const;
    bench.cloud.faults.add({ ...on, effect: { kind: "throttle" } });
    const { UUID } = await map({ MaximumRetryAttempts: 0 });
    await clock.advance(1_500);
    expect(await show(UUID)).to.include({ LastProcessingResult: "PROBLEM: TooManyRequestsException" });
    await clock.advance(10_000);
    expect(batches()).to.deep.equal(["1"]);
  });

  for (const [what, more, named] of [
    ["a tumbling window", { TumblingWindowInSeconds: 30 }, "TumblingWindowInSeconds"],
    ["a source of another kind", { EventSourceArn: "arn:aws:kinesis:x:1:stream/s" }, "EventSourceArn"],
    ["no starting position", { StartingPosition: null }, "StartingPosition"],
    ["a filter that is no pattern", { FilterCriteria: { Filters: [{ Pattern: '{"a":1}' }] } }, "pattern"],
    [
      "a FIFO queue as destination",
      { DestinationConfig: { OnFailure: { Destination: `${FAILED}.fifo` } } },
      "OnFailure",
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      await bench.create("f", RECORDS);
      const error = await refusal(map(more));
      expect(error.code).to.equal("InvalidParameterValueException");
      expect(error.message).to.contain(named);
    });

  it("refuses a stream that the role may not read", async () => {
    await bench.close();
    const DescribeStream = () => {
      throw new ServiceError("AccessDeniedException", "no");
    };
    bench = new LambdaBench({ clock }, { dynamodb: { DescribeStream } });
    await bench.create("f", RECORDS);
    expect((await refusal(map())).message).to.equal(
      "The provided execution role does not have permissions to call DescribeStream on DYNAMODB",
    );
  });
});

describe("An event source mapping of a table, locally", function () {
  this.timeout(15_000);

  it("hands the table's changes on in the documented form, also after the stream could not be read", async () => {
    const clock = new DrivenClock();
    const bench = new LambdaBench({ clock });
    bench.cloud.add(createDynamoDb);
    const dynamodb = (operation: string, input: Json) =>
      bench.cloud.call({ service: "dynamodb", operation, region: REGION, principal: "tester" }, input);
    try {
      const made = await dynamodb("CreateTable", {
        ...{
          TableName: "changes",
          BillingMode: "PAY_PER_REQUEST",
          KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        },
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
      });
      await clock.advance(10_000);
      const EventSourceArn = (made.TableDescription as Json).LatestStreamArn;
      await bench.create(
        "f",
        "export const handler = async ({ Records }) => console.log(JSON.stringify(Records));",
      );
      const request = { FunctionName: "f", EventSourceArn, StartingPosition: "LATEST" };
      const { UUID } = await bench.call("CreateEventSourceMapping", request);
      await clock.advance(2_000);
      bench.cloud.faults.add({
        ...{ service: "dynamodb", operation: "GetRecords", when: "before", times: 3 },
        effect: { kind: "error", code: "InternalServerError", status: 500 },
      });
      await dynamodb("PutItem", { TableName: "changes", Item: { id: { S: "a" }, n: { N: "1" } } });
      await clock.advance(2_000);
      expect((await bench.call("GetEventSourceMapping", { UUID })).LastProcessingResult).to.contain(
        "InternalServer",
      );
      await clock.advance(5_000);
      const [record, ...more] = JSON.parse(bench.lines[0]?.message ?? "[]");
      expect(more).to.deep.equal([]);
      expect(record).to.include({
        eventName: "INSERT",
        eventSource: "aws:dynamodb",
        eventSourceARN: EventSourceArn,
      });
      expect(record.dynamodb).to.deep.include({
        ...{ Keys: { id: { S: "a" } }, NewImage: { id: { S: "a" }, n: { N: "1" } } },
        StreamViewType: "NEW_AND_OLD_IMAGES",
      });
    } finally {
      await bench.close();
    }
  });
});

/** "Using Lambda with Amazon SQS", against the local cloud's own queues. */
describe("Event source mappings of queues, locally", function () {
  this.timeout(15_000);
  let bench: LambdaBench;
  let clock: DrivenClock;
  beforeEach(() => {
    clock = new DrivenClock();
    bench = new LambdaBench({ clock });
    bench.cloud.add(createSqs);
  });
  afterEach(() => bench.close());

  const sqs = (operation: string, input: Json) =>
    bench.cloud.call({ service: "sqs", operation, region: REGION, principal: "tester" }, input);
  const map = (more: Json = {}) =>
    bench.call("CreateEventSourceMapping", { FunctionName: "f", EventSourceArn: QUEUE, ...more });
  const batches = () => bench.lines.map(({ message }) => message).filter((text) => /^[\w ]+$/.test(text));

  async function makeQueue(): Promise<string> {
    const Attributes = { VisibilityTimeout: "30" };
    return String((await sqs("CreateQueue", { QueueName: "work", Attributes })).QueueUrl);
  }
  const send = (QueueUrl: string, n: string) =>
    sqs("SendMessage", { QueueUrl, MessageBody: JSON.stringify({ n }) });
  async function left(QueueUrl: string): Promise<number> {
    const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    const { Attributes } = await sqs("GetQueueAttributes", { QueueUrl, AttributeNames: names });
    return Object.values(Attributes as Json).reduce((sum: number, each) => sum + Number(each), 0);
  }

  it("hands messages on in the documented form and deletes them", async () => {
    await bench.create(
      "f",
      "export const handler = async ({ Records }) => console.log(JSON.stringify(Records[0]));",
    );
    const QueueUrl = await makeQueue();
    await map();
    const MessageAttributes = { kind: { DataType: "String", StringValue: "x" } };
    const { MessageId } = await sqs("SendMessage", { QueueUrl, MessageBody: "text", MessageAttributes });
    await clock.advance(25_000);
    const record = JSON.parse(bench.lines[0]?.message ?? "{}");
    expect(record).to.include({
      ...{
        messageId: MessageId,
        body: "text",
        eventSource: "aws:sqs",
        eventSourceARN: QUEUE,
        awsRegion: REGION,
      },
      md5OfBody: "1cb251ec0d568de6a929b520c4aed8d1",
    });
    expect(record.attributes).to.include({ ApproximateReceiveCount: "1" });
    expect(record.messageAttributes.kind).to.deep.equal({
      ...{ stringValue: "x", stringListValues: [], binaryListValues: [], dataType: "String" },
    });
    expect(await left(QueueUrl)).to.equal(0);
  });

  it("leaves a batch that fails to the visibility timeout, after which it comes again", async () => {
    await bench.create("f", RECORDS);
    const QueueUrl = await makeQueue();
    await map();
    await send(QueueUrl, "bad");
    await clock.advance(25_000);
    expect(batches()).to.deep.equal(["bad"]);
    expect(await left(QueueUrl)).to.equal(1);
    await clock.advance(30_000);
    expect(batches()).to.deep.equal(["bad", "bad"]);
  });

  it("keeps only those messages that the function reports as failed", async () => {
    await bench.create(
      "f",
      `export const handler = async ({ Records }) => ({
        batchItemFailures: Records.filter(({ body }) => JSON.parse(body).n === "bad").map(({ messageId }) => ({ itemIdentifier: messageId })),
      });`,
    );
    const QueueUrl = await makeQueue();
    for (const n of ["1", "bad", "3"]) await send(QueueUrl, n);
    await map({ FunctionResponseTypes: ["ReportBatchItemFailures"] });
    await clock.advance(20_000);
    expect(await left(QueueUrl)).to.equal(1);
  });

  it("keeps the whole batch if the function reports what is not in it", async () => {
    const module =
      "export const handler = async () => ({ batchItemFailures: [{ itemIdentifier: 'other' }] });";
    await bench.create("f", module);
    const QueueUrl = await makeQueue();
    for (const n of ["1", "2"]) await send(QueueUrl, n);
    await map({ FunctionResponseTypes: ["ReportBatchItemFailures"] });
    await clock.advance(20_000);
    expect(await left(QueueUrl)).to.equal(2);
  });

  it("deletes what no filter takes, and compares a body as JSON", async () => {
    await bench.create("f", RECORDS);
    const QueueUrl = await makeQueue();
    for (const n of ["1", "2"]) await send(QueueUrl, n);
    await map({ FilterCriteria: { Filters: [{ Pattern: '{"body":{"n":["2"]}}' }] } });
    await clock.advance(20_000);
    expect(batches()).to.deep.equal(["2"]);
    expect(await left(QueueUrl)).to.equal(0);
  });

  it("gathers more than ten messages in a window only", async () => {
    await bench.create("f", RECORDS);
    const QueueUrl = await makeQueue();
    expect((await refusal(map({ BatchSize: 25 }))).message).to.contain("batch window");
    for (let n = 10; n < 35; n += 1) await send(QueueUrl, String(n));
    await map({ BatchSize: 25, MaximumBatchingWindowInSeconds: 5, ScalingConfig: { MaximumConcurrency: 2 } });
    await clock.advance(30_000);
    expect(batches().join(" ").split(" ").sort()).to.deep.equal(
      Array.from({ length: 25 }, (_, index) => String(index + 10)),
    );
    expect(batches().length).to.be.at.most(2);
  });

  it("hands on what it has gathered when the queue then refuses: nothing counts as received for nothing", async () => {
    await bench.create("f", RECORDS);
    const QueueUrl = await makeQueue();
    await send(QueueUrl, "1");
    const on = { service: "sqs", operation: "ReceiveMessage", when: "before" } as const;
    bench.cloud.faults.add({ ...on, effect: { kind: "throttle" }, skip: 2, times: 2 });
    await map({ BatchSize: 25, MaximumBatchingWindowInSeconds: 5, ScalingConfig: { MaximumConcurrency: 2 } });
    await clock.advance(25_000);
    expect(batches()).to.deep.equal(["1"]);
    expect(await left(QueueUrl)).to.equal(0);
  });

  it("refuses a function that may run longer than the queue hides its messages, and a second mapping", async () => {
    await bench.create("f", RECORDS, { Timeout: 31 });
    await makeQueue();
    expect((await refusal(map())).message).to.equal(
      "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds",
    );
    await bench.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 30 });
    await map();
    expect((await refusal(map())).code).to.equal("ResourceConflictException");
  });
});
