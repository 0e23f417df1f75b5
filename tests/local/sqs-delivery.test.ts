import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { refusal } from "./endpoint-support.ts";
import { serveQueues } from "./sqs-support.ts";

// Expectations: Amazon SQS Developer Guide.
describe("delivery by local queues", () => {
  let queues: Awaited<ReturnType<typeof serveQueues>>;

  before(async () => {
    queues = await serveQueues();
  });
  after(() => queues.close());

  it("hides a received message until its visibility timeout has passed", async () => {
    const QueueUrl = await queues.create("visibility", { VisibilityTimeout: "10" });
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const [first] = await queues.receive(QueueUrl);
    expect(await queues.receive(QueueUrl)).to.deep.equal([]);
    expect(await queues.counts(QueueUrl)).to.deep.equal({ visible: 0, inFlight: 1, delayed: 0 });
    queues.clock.skip(10_000);
    const [second] = await queues.receive(QueueUrl);
    expect(second?.MessageId).to.equal(first?.MessageId);
    expect(second?.ReceiptHandle).not.to.equal(first?.ReceiptHandle);
  });

  it("does not delete by a handle that a later receipt replaced, and does by the latest even when visible", async () => {
    const QueueUrl = await queues.create("handles", { VisibilityTimeout: "10" });
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const [first] = await queues.receive(QueueUrl);
    queues.clock.skip(10_000);
    const [second] = await queues.receive(QueueUrl);
    await queues.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    expect((await queues.counts(QueueUrl)).inFlight).to.equal(1);
    queues.clock.skip(10_000);
    await queues.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }));
    expect(await queues.counts(QueueUrl)).to.deep.equal({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it("changes the visibility of a message in flight, and refuses it for one that is not", async () => {
    const QueueUrl = await queues.create("change");
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const [message] = await queues.receive(QueueUrl);
    const ReceiptHandle = message?.ReceiptHandle;
    await queues.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 60 }),
    );
    queues.clock.skip(59_000);
    expect((await queues.counts(QueueUrl)).visible).to.equal(0);
    await queues.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
    );
    expect((await queues.counts(QueueUrl)).visible).to.equal(1);
    const error = await refusal(
      queues.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 5 })),
    );
    expect(error.message).to.match(/not available for visibility timeout change/);
  });

  it("delays messages by the queue's delay unless the message has its own", async () => {
    const QueueUrl = await queues.create("delayed", { DelaySeconds: "30" });
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "queue's" }));
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "own", DelaySeconds: 5 }));
    expect(await queues.counts(QueueUrl)).to.deep.equal({ visible: 0, inFlight: 0, delayed: 2 });
    queues.clock.skip(5_000);
    expect(
      (await queues.receive(QueueUrl, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body),
    ).to.deep.equal(["own"]);
    queues.clock.skip(25_000);
    expect((await queues.counts(QueueUrl)).delayed).to.equal(0);
  });

  it("drops messages that are older than the retention period", async () => {
    const QueueUrl = await queues.create("retention", { MessageRetentionPeriod: "60" });
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "old" }));
    queues.clock.skip(30_000);
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "new" }));
    queues.clock.skip(30_000);
    expect(
      (await queues.receive(QueueUrl, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body),
    ).to.deep.equal(["new"]);
  });

  it("moves a message that was received maxReceiveCount times to the dead-letter queue", async () => {
    const deadUrl = await queues.create("orders-dlq");
    const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:orders-dlq";
    const QueueUrl = await queues.create("orders", {
      VisibilityTimeout: "1",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
    });
    const sent = await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await queues.receive(QueueUrl)).to.have.length(1);
      queues.clock.skip(1_000);
    }
    expect(await queues.receive(QueueUrl)).to.deep.equal([]);
    const [dead] = await queues.receive(deadUrl, { MessageSystemAttributeNames: ["All"] });
    expect(dead?.MessageId).to.equal(sent.MessageId);
    expect(dead?.Attributes?.DeadLetterQueueSourceArn).to.equal("arn:aws:sqs:us-east-1:000000000000:orders");
  });

  it("refuses a redrive policy to a queue that is not there", async () => {
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:nowhere",
      maxReceiveCount: 2,
    });
    const error = await refusal(queues.create("lost", { RedrivePolicy }));
    expect(error.message).to.match(/Dead letter target/);
  });

  it("ends a long poll when a message comes, and without one after the wait", async () => {
    const QueueUrl = await queues.create("polled");
    const poll = queues.receive(QueueUrl, { WaitTimeSeconds: 20 });
    await new Promise((done) => setTimeout(done, 50));
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "now" }));
    expect((await poll).map(({ Body }) => Body)).to.deep.equal(["now"]);

    let ended = false;
    const empty = queues.receive(QueueUrl, { WaitTimeSeconds: 3 }).then((messages) => {
      ended = true;
      return messages;
    });
    await new Promise((done) => setTimeout(done, 50));
    queues.clock.skip(2_900);
    await new Promise((done) => setTimeout(done, 50));
    expect(ended).to.equal(false);
    queues.clock.skip(100);
    expect(await empty).to.deep.equal([]);
  });

  it("gives a long poll a message that becomes visible while it waits", async () => {
    const QueueUrl = await queues.create("polled-delay");
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "later", DelaySeconds: 5 }));
    const poll = queues.receive(QueueUrl, { WaitTimeSeconds: 20 });
    await new Promise((done) => setTimeout(done, 50));
    queues.clock.skip(5_000);
    expect(await poll).to.have.length(1);
  });

  it("gives each of two consumers different messages", async () => {
    const QueueUrl = await queues.create("shared");
    const polls = [
      queues.receive(QueueUrl, { WaitTimeSeconds: 20 }),
      queues.receive(QueueUrl, { WaitTimeSeconds: 20 }),
    ];
    await new Promise((done) => setTimeout(done, 50));
    for (const MessageBody of ["a", "b"])
      await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const bodies = (await Promise.all(polls)).flat().map(({ Body }) => Body);
    expect(bodies.sort()).to.deep.equal(["a", "b"]);
  });
});
