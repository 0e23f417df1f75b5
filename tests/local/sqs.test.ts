import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  TagQueueCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { createSqs, type SqsService } from "../../local/cloud/sqs/service.ts";
import { clientSettings, ManualClock, refusal, serve } from "./endpoint-support.ts";

// Expectations: Amazon SQS Developer Guide and API Reference. The client verifies the MD5 of every body.
describe("the local SQS over the wire", () => {
  const clock = new ManualClock();
  let served: Awaited<ReturnType<typeof serve>>;
  let sqs: SQSClient;
  let service: SqsService;

  before(async () => {
    served = await serve([(surroundings) => (service = createSqs(surroundings))], { clock });
    sqs = new SQSClient(clientSettings(served.endpoint));
  });
  after(async () => {
    sqs.destroy();
    await served.close();
  });

  const create = async (name: string, attributes: Record<string, string> = {}): Promise<string> => {
    const created = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return created.QueueUrl ?? "";
  };
  const counts = async (QueueUrl: string) => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    return {
      visible: Number(Attributes?.ApproximateNumberOfMessages),
      inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(Attributes?.ApproximateNumberOfMessagesDelayed),
    };
  };
  const receive = async (QueueUrl: string, settings: object = {}) => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...settings }));
    return Messages ?? [];
  };

  it("gives out queue URLs in the form of AWS and finds a queue by name", async () => {
    const url = await create("named");
    expect(url).to.equal("https://sqs.us-east-1.amazonaws.com/000000000000/named");
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: "named" }))).QueueUrl).to.equal(url);
  });

  it("takes a queue URL whose host is the endpoint's", async () => {
    await create("by-endpoint");
    const QueueUrl = `${served.endpoint.url}/000000000000/by-endpoint`;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
    expect(await receive(QueueUrl)).to.have.length(1);
  });

  it("reaches the endpoint when only AWS_ENDPOINT_URL is set, once the queue URLs name it", async () => {
    process.env.AWS_ENDPOINT_URL = served.endpoint.url;
    const { endpoint: _endpoint, ...settings } = clientSettings(served.endpoint);
    const client = new SQSClient(settings);
    service.queueUrlBase = served.endpoint.url;
    try {
      const QueueUrl = await create("by-environment");
      expect(QueueUrl).to.equal(`${served.endpoint.url}/000000000000/by-environment`);
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
      expect((await counts(QueueUrl)).visible).to.equal(1);
    } finally {
      delete process.env.AWS_ENDPOINT_URL;
      service.queueUrlBase = undefined;
      client.destroy();
    }
  });

  it("keeps regions apart", async () => {
    await create("regional");
    const elsewhere = new SQSClient(clientSettings(served.endpoint, "eu-west-1"));
    const error = await refusal(elsewhere.send(new GetQueueUrlCommand({ QueueName: "regional" })));
    expect(error.name).to.equal("QueueDoesNotExist");
    elsewhere.destroy();
  });

  it("carries body and attributes so that both digests agree with the client's", async () => {
    const QueueUrl = await create("digests");
    const MessageAttributes = {
      stage: { DataType: "String", StringValue: "validator é" },
      attempt: { DataType: "Number", StringValue: "3" },
      raw: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 7]) },
    };
    const sent = await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: "Börse 📈", MessageAttributes }),
    );
    const [message] = await receive(QueueUrl, {
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
    });
    expect(message?.Body).to.equal("Börse 📈");
    expect(message?.MessageAttributes?.raw?.BinaryValue).to.deep.equal(new Uint8Array([0, 255, 7]));
    expect(message?.MD5OfMessageAttributes).to.equal(sent.MD5OfMessageAttributes);
    expect(message?.Attributes?.ApproximateReceiveCount).to.equal("1");
    expect(message?.Attributes?.SentTimestamp).to.equal(String(clock.now()));
  });

  it("has the attribute digest of an implementation that is not this one", async () => {
    // As fauxqs 2.4.1 and Python's hashlib compute it for {"k": String "v"}.
    const QueueUrl = await create("digest-vector");
    const sent = await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "x",
        MessageAttributes: { k: { DataType: "String", StringValue: "v" } },
      }),
    );
    expect(sent.MD5OfMessageAttributes).to.equal("0a77b0642718c3d9dd47090567d11e0d");
  });

  it("hides a received message until its visibility timeout has passed", async () => {
    const QueueUrl = await create("visibility", { VisibilityTimeout: "10" });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const [first] = await receive(QueueUrl);
    expect(await receive(QueueUrl)).to.deep.equal([]);
    expect(await counts(QueueUrl)).to.deep.equal({ visible: 0, inFlight: 1, delayed: 0 });
    clock.advance(10_000);
    const [second] = await receive(QueueUrl);
    expect(second?.MessageId).to.equal(first?.MessageId);
    expect(second?.ReceiptHandle).not.to.equal(first?.ReceiptHandle);
  });

  it("does not delete by a handle that a later receipt replaced, and does by the latest even when visible", async () => {
    const QueueUrl = await create("handles", { VisibilityTimeout: "10" });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const [first] = await receive(QueueUrl);
    clock.advance(10_000);
    const [second] = await receive(QueueUrl);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    expect((await counts(QueueUrl)).inFlight).to.equal(1);
    clock.advance(10_000);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }));
    expect(await counts(QueueUrl)).to.deep.equal({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it("changes the visibility of a message in flight, and refuses it for one that is not", async () => {
    const QueueUrl = await create("change");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const [message] = await receive(QueueUrl);
    const ReceiptHandle = message?.ReceiptHandle;
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 60 }));
    clock.advance(59_000);
    expect((await counts(QueueUrl)).visible).to.equal(0);
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    expect((await counts(QueueUrl)).visible).to.equal(1);
    const error = await refusal(
      sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 5 })),
    );
    expect(error.message).to.match(/not available for visibility timeout change/);
  });

  it("delays messages by the queue's delay unless the message has its own", async () => {
    const QueueUrl = await create("delayed", { DelaySeconds: "30" });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "queue's" }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "own", DelaySeconds: 5 }));
    expect(await counts(QueueUrl)).to.deep.equal({ visible: 0, inFlight: 0, delayed: 2 });
    clock.advance(5_000);
    expect((await receive(QueueUrl, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).to.deep.equal([
      "own",
    ]);
    clock.advance(25_000);
    expect((await counts(QueueUrl)).delayed).to.equal(0);
  });

  it("drops messages that are older than the retention period", async () => {
    const QueueUrl = await create("retention", { MessageRetentionPeriod: "60" });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "old" }));
    clock.advance(30_000);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "new" }));
    clock.advance(30_000);
    expect((await receive(QueueUrl, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).to.deep.equal([
      "new",
    ]);
  });

  it("moves a message that was received maxReceiveCount times to the dead-letter queue", async () => {
    const deadUrl = await create("orders-dlq");
    const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:orders-dlq";
    const QueueUrl = await create("orders", {
      VisibilityTimeout: "1",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
    });
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await receive(QueueUrl)).to.have.length(1);
      clock.advance(1_000);
    }
    expect(await receive(QueueUrl)).to.deep.equal([]);
    const [dead] = await receive(deadUrl, { MessageSystemAttributeNames: ["All"] });
    expect(dead?.MessageId).to.equal(sent.MessageId);
    expect(dead?.Attributes?.DeadLetterQueueSourceArn).to.equal("arn:aws:sqs:us-east-1:000000000000:orders");
  });

  it("refuses a redrive policy to a queue that is not there", async () => {
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:nowhere",
      maxReceiveCount: 2,
    });
    const error = await refusal(create("lost", { RedrivePolicy }));
    expect(error.message).to.match(/Dead letter target/);
  });

  it("ends a long poll when a message comes, and without one after the wait", async () => {
    const QueueUrl = await create("polled");
    const poll = receive(QueueUrl, { WaitTimeSeconds: 20 });
    await new Promise((done) => setTimeout(done, 50));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "now" }));
    expect((await poll).map(({ Body }) => Body)).to.deep.equal(["now"]);

    let ended = false;
    const empty = receive(QueueUrl, { WaitTimeSeconds: 3 }).then((messages) => {
      ended = true;
      return messages;
    });
    await new Promise((done) => setTimeout(done, 50));
    clock.advance(2_900);
    await new Promise((done) => setTimeout(done, 50));
    expect(ended).to.equal(false);
    clock.advance(100);
    expect(await empty).to.deep.equal([]);
  });

  it("gives a long poll a message that becomes visible while it waits", async () => {
    const QueueUrl = await create("polled-delay");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "later", DelaySeconds: 5 }));
    const poll = receive(QueueUrl, { WaitTimeSeconds: 20 });
    await new Promise((done) => setTimeout(done, 50));
    clock.advance(5_000);
    expect(await poll).to.have.length(1);
  });

  it("gives each of two consumers different messages", async () => {
    const QueueUrl = await create("shared");
    const polls = [receive(QueueUrl, { WaitTimeSeconds: 20 }), receive(QueueUrl, { WaitTimeSeconds: 20 })];
    await new Promise((done) => setTimeout(done, 50));
    for (const MessageBody of ["a", "b"]) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const bodies = (await Promise.all(polls)).flat().map(({ Body }) => Body);
    expect(bodies.sort()).to.deep.equal(["a", "b"]);
  });

  it("accepts messages up to 1 MiB and refuses what exceeds the queue's maximum", async () => {
    const QueueUrl = await create("large", { MaximumMessageSize: "1048576" });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_576) }));
    const over = await refusal(
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_577) })),
    );
    expect(over.message).to.match(/must be shorter than 1048576 bytes/);
    const small = await create("small", { MaximumMessageSize: "1024" });
    const error = await refusal(
      sqs.send(new SendMessageCommand({ QueueUrl: small, MessageBody: "é".repeat(513) })),
    );
    expect(error.message).to.match(/shorter than 1024 bytes/);
  });

  it("fails only the entries of a batch that cannot be sent", async () => {
    const QueueUrl = await create("batched", { MaximumMessageSize: "1024" });
    const result = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "good", MessageBody: "fine" },
          { Id: "long", MessageBody: "x".repeat(2000) },
          { Id: "foreign", MessageBody: "\u0001" },
        ],
      }),
    );
    expect(result.Successful?.map(({ Id }) => Id)).to.deep.equal(["good"]);
    expect(result.Failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault])).to.deep.equal([
      ["long", "InvalidParameterValue", true],
      ["foreign", "InvalidMessageContents", true],
    ]);
    expect((await counts(QueueUrl)).visible).to.equal(1);
  });

  it("refuses batches that are empty, have equal ids or are too long as a whole", async () => {
    const QueueUrl = await create("whole-batches");
    const send = (Entries: { Id: string; MessageBody: string }[]) =>
      refusal(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
    expect((await send([])).name).to.equal("EmptyBatchRequest");
    const twice = { Id: "same", MessageBody: "x" };
    expect((await send([twice, twice])).name).to.equal("BatchEntryIdsNotDistinct");
    const half = "x".repeat(600_000);
    expect(
      (
        await send([
          { Id: "a", MessageBody: half },
          { Id: "b", MessageBody: half },
        ])
      ).name,
    ).to.equal("BatchRequestTooLong");
    expect((await counts(QueueUrl)).visible).to.equal(0);
  });

  it("keeps tags, key and policy, and changes attributes", async () => {
    const QueueUrl = await create("kept", { KmsMasterKeyId: "alias/queues", Policy: '{"Statement":[]}' });
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { owner: "desk" } }));
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "77" } }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    expect(Attributes).to.include({
      KmsMasterKeyId: "alias/queues",
      Policy: '{"Statement":[]}',
      VisibilityTimeout: "77",
      MessageRetentionPeriod: "345600",
      QueueArn: "arn:aws:sqs:us-east-1:000000000000:kept",
    });
    expect((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).to.deep.equal({ owner: "desk" });
  });

  it("names attribute and bounds when an attribute is out of range, and refuses unknown ones", async () => {
    const range = await refusal(create("bad", { VisibilityTimeout: "43201" }));
    expect(range.message).to.match(/43201 for parameter VisibilityTimeout .* from 0 to 43200/);
    expect((await refusal(create("bad", { FifoQueue: "true" }))).name).to.equal("InvalidAttributeName");
    expect((await refusal(create("bad.fifo"))).message).to.match(/standard queues only/);
  });

  it("makes a queue again only with the same attributes", async () => {
    const url = await create("again", { DelaySeconds: "5" });
    expect(await create("again", { DelaySeconds: "5" })).to.equal(url);
    expect((await refusal(create("again", { DelaySeconds: "6" }))).name).to.equal("QueueNameExists");
  });

  it("purges, lists by prefix and deletes queues; a deleted queue does not exist", async () => {
    const QueueUrl = await create("zz-purged");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "gone" }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect((await counts(QueueUrl)).visible).to.equal(0);
    const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "zz-" }));
    expect(listed.QueueUrls).to.deep.equal([QueueUrl]);
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    const error = await refusal(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" })));
    expect(error.name).to.equal("QueueDoesNotExist");
  });
});
