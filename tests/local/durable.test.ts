import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { dataFolder, type Life, type LifeOptions, live } from "./durable-support.ts";
import { keyOf, trade, tradesTable } from "./dynamodb-support.ts";

const WEST = "eu-west-1";
const START = Date.UTC(2026, 0, 5, 14, 30);
const MINUTE = 60_000;
const QUEUE = "https://sqs.us-east-1.amazonaws.com/000000000000/dead";

/** What a program makes: a table with a replica, a queue, a bus with archive and rule, a parameter. */
const deploy: LifeOptions["deploy"] = async (call, clock) => {
  await call("dynamodb", "CreateTable", tradesTable("trades"));
  await clock.advance(1_000);
  await call("dynamodb", "UpdateTable", {
    TableName: "trades",
    ReplicaUpdates: [{ Create: { RegionName: WEST } }],
  });
  await clock.advance(1_000);
  await call("sqs", "CreateQueue", { QueueName: "dead", Attributes: { MessageRetentionPeriod: "600" } });
  await call("ssm", "PutParameter", { Name: "/threshold", Type: "String", Value: "1000" });
  const { EventBusArn } = await call("events", "CreateEventBus", { Name: "trades" });
  await call("events", "CreateArchive", { ArchiveName: "archive", EventSourceArn: EventBusArn });
  await call("events", "PutRule", {
    ...{ Name: "one", EventBusName: "trades", EventPattern: '{"source":["one"]}' },
  });
};

// What AWS would keep: items with the versions of "How DynamoDB global tables work" (last writer wins), messages until
// their retention ends, archives, parameters.
describe("the local cloud's data directory", () => {
  let directory: string;
  let end: () => void;
  let life: Life | undefined;
  beforeEach(() => {
    ({ directory, end } = dataFolder());
  });
  afterEach(async () => {
    await life?.die();
    life = undefined;
    end();
  });

  /** The services of the next life, `minutes` after the first began. */
  const next = async (minutes = 0, more: Partial<LifeOptions> = {}): Promise<Life> => {
    await life?.die();
    life = undefined;
    life = await live(directory, { deploy, start: START + minutes * MINUTE, ...more });
    return life;
  };
  const put = (call: Life["call"], id: string, amount: string, region?: string) =>
    call("dynamodb", "PutItem", { TableName: "trades", Item: trade(id, amount) }, region);
  const amount = async (call: Life["call"], id: string, region?: string) => {
    const got = await call("dynamodb", "GetItem", { TableName: "trades", Key: keyOf(id) }, region);
    return (got.Item as { amount: { S: string } } | undefined)?.amount.S;
  };

  describe("with tables", () => {
    it("has the items of both regions, also by their index", async () => {
      const first = await next();
      await put(first.call, "T1", "1");
      await put(first.call, "T2", "2");
      await first.clock.advance(1_000);
      await first.call("dynamodb", "DeleteItem", { TableName: "trades", Key: keyOf("T2") });
      await first.clock.advance(1_000);
      const { call } = await next(1);
      for (const region of ["us-east-1", WEST]) {
        expect(await amount(call, "T1", region)).to.equal("1");
        expect(await amount(call, "T2", region)).to.equal(undefined);
        const found = await call(
          "dynamodb",
          "Query",
          {
            ...{ TableName: "trades", IndexName: "SourceSystemIndex" },
            KeyConditionExpression: "sourceSystem = :s",
            ExpressionAttributeValues: { ":s": { S: "system1" } },
          },
          region,
        );
        expect(found.Count).to.equal(1);
      }
    });

    it("sends writes on that had not reached the replica, deletions too", async () => {
      const first = await next();
      await put(first.call, "T1", "old");
      await put(first.call, "T2", "gone");
      await first.clock.advance(1_000);
      first.dynamodb.replication.pause();
      await put(first.call, "T1", "new");
      await first.call("dynamodb", "DeleteItem", { TableName: "trades", Key: keyOf("T2") });
      const { call, clock, dynamodb } = await next(1);
      expect(await amount(call, "T1", WEST)).to.equal("old");
      expect(dynamodb.replication.pending()).to.equal(2);
      await clock.advance(1_000);
      expect(await amount(call, "T1", WEST)).to.equal("new");
      expect(await amount(call, "T2", WEST)).to.equal(undefined);
      expect(dynamodb.replication.pending()).to.equal(0);
    });

    it("lets the last writer win over both regions' writes of the life before", async () => {
      const first = await next();
      first.dynamodb.replication.pause();
      await put(first.call, "T1", "east");
      await first.clock.advance(10);
      await put(first.call, "T1", "west", WEST);
      // The clock of the next life is behind: a new write is later than what it replaces all the same.
      const second = await next(-10);
      await second.clock.advance(1_000);
      expect(await amount(second.call, "T1")).to.equal("west");
      await put(second.call, "T1", "again");
      await second.clock.advance(1_000);
      for (const region of ["us-east-1", WEST])
        expect(await amount(second.call, "T1", region)).to.equal("again");
    });

    it("keeps a third life as the second", async () => {
      await put((await next()).call, "T1", "1");
      await put((await next(1)).call, "T2", "2");
      const { call } = await next(2);
      expect([await amount(call, "T1"), await amount(call, "T2")]).to.deep.equal(["1", "2"]);
    });
  });

  describe("with queues", () => {
    const receive = async (call: Life["call"], more: object = {}): Promise<Json[]> => {
      const input = { QueueUrl: QUEUE, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"], ...more };
      const got = await call("sqs", "ReceiveMessage", { ...input, MessageSystemAttributeNames: ["All"] });
      return (got.Messages ?? []) as Json[];
    };

    it("has messages with their attributes, times and counts of receipt", async () => {
      const first = await next();
      const MessageAttributes = { RULE_ARN: { DataType: "String", StringValue: "rule" } };
      await first.call("sqs", "SendMessage", { QueueUrl: QUEUE, MessageBody: "letter", MessageAttributes });
      const [before] = await receive(first.call, { VisibilityTimeout: 0 });
      const [after] = await receive((await next(1)).call);
      expect(after).to.deep.include({ Body: "letter", MessageId: before?.MessageId, MessageAttributes });
      expect(after?.Attributes).to.deep.include({
        ...{ ApproximateReceiveCount: "2", SentTimestamp: String(START + 2_000) },
        ...{ SenderId: "test" },
      });
    });

    it("keeps a received message invisible until its time, and its receipt valid", async () => {
      const first = await next();
      await first.call("sqs", "SendMessage", { QueueUrl: QUEUE, MessageBody: "kept" });
      await first.call("sqs", "SendMessage", { QueueUrl: QUEUE, MessageBody: "deleted" });
      const received = await receive(first.call, { VisibilityTimeout: 120 });
      const second = await next(1);
      expect(await receive(second.call)).to.deep.equal([]);
      const ReceiptHandle = received.find(({ Body }) => Body === "deleted")?.ReceiptHandle;
      await second.call("sqs", "DeleteMessage", { QueueUrl: QUEUE, ReceiptHandle });
      await second.clock.advance(2 * MINUTE);
      expect((await receive(second.call)).map(({ Body }) => Body)).to.deep.equal(["kept"]);
    });

    it("has delayed messages after what is left of their delay, and none that was deleted or is too old", async () => {
      const first = await next();
      const send = (MessageBody: string, DelaySeconds = 0) =>
        first.call("sqs", "SendMessage", { QueueUrl: QUEUE, MessageBody, DelaySeconds });
      await send("too old");
      await send("deleted");
      const received = await receive(first.call, { VisibilityTimeout: 0 });
      const ReceiptHandle = received.find(({ Body }) => Body === "deleted")?.ReceiptHandle;
      await first.call("sqs", "DeleteMessage", { QueueUrl: QUEUE, ReceiptHandle });
      await first.clock.advance(6 * MINUTE);
      await send("delayed", 300);
      // Retention is ten minutes; the delay ends eleven minutes after the start.
      const second = await next(10.5);
      expect(await receive(second.call)).to.deep.equal([]);
      await second.clock.advance(MINUTE);
      expect((await receive(second.call)).map(({ Body }) => Body)).to.deep.equal(["delayed"]);
    });

    it("has nothing of a queue that was purged", async () => {
      const first = await next();
      await first.call("sqs", "SendMessage", { QueueUrl: QUEUE, MessageBody: "letter" });
      await first.call("sqs", "PurgeQueue", { QueueUrl: QUEUE });
      expect(await receive((await next(1)).call)).to.deep.equal([]);
    });
  });

  describe("with buses", () => {
    const entry = (Source: string) => ({
      Source,
      DetailType: "t",
      Detail: '{"amount":1.50}',
      EventBusName: "trades",
    });
    const facts = ({ events }: Life) => ({
      accepted: events.acceptedEvents("us-east-1", "trades"),
      taken: events
        .takenEvents("us-east-1", "trades")
        .map(({ rules, events: count }) => [rules.join(), count])
        .sort(),
    });
    const matches = ({ metrics }: Life) =>
      metrics.sum("us-east-1", "AWS/Events", "MatchedEvents", { EventBusName: "trades", RuleName: "one" });
    const archived = async ({ call }: Life) =>
      (await call("events", "DescribeArchive", { ArchiveName: "archive" })).EventCount;

    it("has archives, what was accepted, which rules took it, and their matches", async () => {
      const first = await next();
      await first.call("events", "PutEvents", { Entries: [entry("one"), entry("one"), entry("two")] });
      for (const minutes of [1, 2]) {
        const later = await next(minutes);
        expect(facts(later)).to.deep.equal({
          accepted: 3,
          taken: [
            ["", 1],
            ["one", 2],
          ],
        });
        expect([await archived(later), matches(later)]).to.deep.equal([3, 2]);
      }
    });

    it("counts an event that is replayed in a later life once", async () => {
      const first = await next();
      await first.call("events", "PutEvents", { Entries: [entry("one")] });
      const second = await next(1);
      const at = (what: string) => `arn:aws:events:us-east-1:000000000000:${what}`;
      await second.call("events", "StartReplay", {
        ...{ ReplayName: "again", EventSourceArn: at("archive/archive") },
        ...{ Destination: { Arn: at("event-bus/trades") } },
        ...{ EventStartTime: START / 1_000 - 60, EventEndTime: START / 1_000 + 60 },
      });
      await second.clock.advance(1_000);
      for (const life of [second, await next(2)]) {
        expect(facts(life)).to.deep.equal({ accepted: 1, taken: [["one", 1]] });
        expect([matches(life), await archived(life)]).to.deep.equal([2, 1]);
      }
    });
  });

  it("has an operator's parameters in place of the deployment's, with their versions", async () => {
    const first = await next();
    const change = { Name: "/threshold", Overwrite: true };
    await first.call("ssm", "PutParameter", { ...change, Value: "2000" });
    await first.call("ssm", "PutParameter", { Name: "/own", Type: "String", Value: "mine" });
    await first.call("ssm", "PutParameter", { Name: "/gone", Type: "String", Value: "mine" });
    await first.call("ssm", "DeleteParameter", { Name: "/gone" });
    const { call } = await next(1);
    const read = async (Name: string) => (await call("ssm", "GetParameter", { Name })).Parameter as Json;
    expect(await read("/threshold")).to.include({ Value: "2000", Version: 2 });
    expect(await read("/threshold:1")).to.include({ Value: "1000" });
    const { Parameters } = await call("ssm", "GetParameterHistory", { Name: "/threshold" });
    expect((Parameters as Json[]).map(({ Value }) => Value)).to.deep.equal(["1000", "2000"]);
    expect(await read("/own")).to.include({ Value: "mine" });
    const { InvalidParameters } = await call("ssm", "GetParameters", { Names: ["/gone"] });
    expect(InvalidParameters).to.deep.equal(["/gone"]);
  });

  describe("as a journal", () => {
    const file = () => join(directory, "journal.jsonl");
    const failure = async (more: Partial<LifeOptions> = {}): Promise<Error> => {
      try {
        await next(1, more);
      } catch (error) {
        return error as Error;
      }
      throw new Error("it was not refused");
    };
    const lastLife = async () => {
      await put((await next()).call, "T1", "1");
      await life?.die();
      life = undefined;
    };

    it("is read without a last line that was cut off", async () => {
      await lastLife();
      const text = readFileSync(file(), "utf8");
      writeFileSync(file(), text.slice(0, -20));
      expect(await amount((await next(1)).call, "T1")).to.equal(undefined);
      appendFileSync(file(), '["dynamodb",{"reg');
      await next(2);
    });

    it("is refused with the line's number if another line is broken", async () => {
      await lastLife();
      writeFileSync(file(), readFileSync(file(), "utf8").replace("\n", '\n["sqs",{"que\n'));
      const error = await failure();
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(/journal\.jsonl line 2 is no line of a journal/);
    });

    it("is refused by name if it is of another stack, form or program, or of a table that is not deployed", async () => {
      await lastLife();
      expect((await failure({ stack: "prod" })).message).to.include('stack is "dev", and has to be "prod"');
      expect((await failure({ deploy: async () => {} })).message).to.match(
        /kept state is of .*, which the stack does not deploy/,
      );
      const text = readFileSync(file(), "utf8");
      writeFileSync(file(), text.replace('"journal":1', '"journal":0'));
      expect((await failure()).message).to.include("journal is 0, and has to be 1");
      writeFileSync(file(), text.replace(/"program":"[^"]*"/, '"program":"0.0.0"'));
      expect((await failure()).message).to.include('program is "0.0.0"');
      writeFileSync(file(), "hello\n");
      expect((await failure()).message).to.include("is no journal of the local cloud");
      // It is left as it was, for whoever has the right stack.
      writeFileSync(file(), text);
      expect(await amount((await next(1)).call, "T1")).to.equal("1");
    });

    it("is one process's alone", async () => {
      await next();
      const other = await live(directory, { deploy }).catch((error: Error) => error);
      expect(other).to.be.instanceOf(UsageError);
      expect((other as Error).message).to.include(`is in use by process ${process.pid}`);
    });

    it("becomes short again at a start", async () => {
      const first = await next();
      for (let count = 0; count < 50; count += 1) await put(first.call, "T1", String(count));
      await first.clock.advance(1_000);
      const { length } = readFileSync(file(), "utf8").split("\n");
      await next(1);
      expect(length).to.be.greaterThan(50);
      expect(readFileSync(file(), "utf8").split("\n").length).to.be.lessThan(20);
    });
  });
});
