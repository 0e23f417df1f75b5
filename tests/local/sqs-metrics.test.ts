import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
import type { Json } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function setUp() {
  const clock = new DrivenClock();
  const cloud = new Cloud({ clock });
  const metrics = new MetricStore(clock);
  cloud.add((surroundings) => createSqs(surroundings, metrics));
  const call = (operation: string, input: Json): Promise<Json> =>
    cloud.call({ service: "sqs", operation, region: "us-east-1", principal: "test" }, input);
  const of = (QueueName: string, name: string, from?: number) =>
    metrics.statistics("us-east-1", "AWS/SQS", name, { QueueName }, from);
  return {
    ...{ clock, cloud, call, of },
    create: async (QueueName: string, Attributes: Json = {}) =>
      String((await call("CreateQueue", { QueueName, Attributes })).QueueUrl),
    /** Receives what there is, for ten seconds. */
    receive: async (QueueUrl: string): Promise<string[]> => {
      const input = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 10 };
      const { Messages } = await call("ReceiveMessage", input);
      return ((Messages ?? []) as Json[]).map(({ ReceiptHandle }) => String(ReceiptHandle));
    },
    /** What was sampled in the last minute. */
    depths: (queue: string) =>
      ["Visible", "NotVisible", "Delayed"].map(
        (kind) => of(queue, `ApproximateNumberOfMessages${kind}`, clock.now() - MINUTE).maximum,
      ),
    age: (queue: string) => of(queue, "ApproximateAgeOfOldestMessage", clock.now() - MINUTE).maximum,
  };
}

// Expectations: Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
describe("the metrics of a queue", () => {
  it("are its depths once a minute", async () => {
    const { clock, create, call, receive, depths } = setUp();
    const QueueUrl = await create("work");
    for (let n = 0; n < 3; n += 1) await call("SendMessage", { QueueUrl, MessageBody: `${n}` });
    await call("SendMessage", { QueueUrl, MessageBody: "later", DelaySeconds: 900 });
    await clock.advance(55_000);
    await call("ReceiveMessage", { QueueUrl });
    await clock.advance(5_000);
    expect(depths("work")).to.deep.equal([2, 1, 1]);
    await clock.advance(MINUTE);
    expect(depths("work")).to.deep.equal([3, 0, 1]);
    for (const ReceiptHandle of await receive(QueueUrl))
      await call("DeleteMessage", { QueueUrl, ReceiptHandle });
    await clock.advance(MINUTE);
    expect(depths("work")).to.deep.equal([0, 0, 1]);
  });

  it("are what was sent, received and deleted, when it was", async () => {
    const { create, call, receive, of } = setUp();
    const QueueUrl = await create("work");
    const Entries = ["a", "bb"].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await call("SendMessageBatch", { QueueUrl, Entries });
    await call("SendMessage", { QueueUrl, MessageBody: "ccc" });
    const handles = await receive(QueueUrl);
    await receive(QueueUrl);
    await call("DeleteMessageBatch", {
      QueueUrl,
      Entries: handles.slice(1).map((ReceiptHandle, n) => ({ Id: `${n}`, ReceiptHandle })),
    });
    expect(of("work", "NumberOfMessagesSent").sum).to.equal(3);
    expect(of("work", "SentMessageSize")).to.include({ sum: 6, minimum: 1, maximum: 3 });
    expect(of("work", "NumberOfMessagesReceived").sum).to.equal(3);
    expect(of("work", "NumberOfEmptyReceives").sum).to.equal(1);
    expect(of("work", "NumberOfMessagesDeleted").sum).to.equal(2);
  });

  // Developer Guide, "Using dead-letter queues": the age of a moved message is counted from its move.
  it("count a message that moves to a dead-letter queue as visible there, not as sent, and as new", async () => {
    const { clock, create, call, receive, of, depths, age } = setUp();
    await create("dead");
    const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
    const QueueUrl = await create("work", { RedrivePolicy });
    await call("SendMessage", { QueueUrl, MessageBody: "poison" });
    await receive(QueueUrl);
    await clock.advance(10 * MINUTE);
    expect(age("work")).to.equal(599);
    await receive(QueueUrl);
    await clock.advance(MINUTE);
    expect(depths("dead")).to.deep.equal([1, 0, 0]);
    expect(depths("work")).to.deep.equal([0, 0, 0]);
    expect([age("dead"), age("work")]).to.deep.equal([59, 0]);
    expect(of("dead", "NumberOfMessagesSent").count).to.equal(0);
  });

  it("end six hours after the last call to an empty queue, and begin again with the next", async () => {
    const { clock, create, call, depths } = setUp();
    const QueueUrl = await create("work");
    const none = [1, 2, 3].map(() => Number.NEGATIVE_INFINITY);
    await clock.advance(6 * HOUR);
    expect(depths("work")).to.deep.equal([0, 0, 0]);
    await clock.advance(MINUTE);
    expect(depths("work")).to.deep.equal(none);
    expect(clock.pending).to.equal(0);
    await call("SendMessage", { QueueUrl, MessageBody: "m" });
    await clock.advance(24 * HOUR);
    expect(depths("work")).to.deep.equal([1, 0, 0]);
  });

  it("leave no timer when the cloud is closed", async () => {
    const { clock, cloud, create } = setUp();
    await create("work");
    expect(clock.pending).to.equal(1);
    await cloud.close();
    expect(clock.pending).to.equal(0);
  });
});
