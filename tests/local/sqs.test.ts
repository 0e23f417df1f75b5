import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  TagQueueCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { Cloud } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { clientSettings, refusal } from "./endpoint-support.ts";
import { serveQueues } from "./sqs-support.ts";

// Expectations: Amazon SQS Developer Guide and API Reference. The client verifies the MD5 of every body.
describe("the local SQS over the wire", () => {
  let queues: Awaited<ReturnType<typeof serveQueues>>;

  before(async () => {
    queues = await serveQueues();
  });
  after(() => queues.close());

  it("gives out queue URLs that name the endpoint, and finds a queue by name", async () => {
    const url = await queues.create("named");
    expect(url).to.equal(`${queues.endpoint.url}/000000000000/named`);
    expect((await queues.sqs.send(new GetQueueUrlCommand({ QueueName: "named" }))).QueueUrl).to.equal(url);
  });

  it("gives out queue URLs in the form of AWS where there is no endpoint, and takes them anywhere", async () => {
    const cloud = new Cloud();
    cloud.add(createSqs);
    const call = (operation: string, input: Json) =>
      cloud.call({ service: "sqs", operation, region: "eu-west-1", principal: "test" }, input);
    expect((await call("CreateQueue", { QueueName: "plain" })).QueueUrl).to.equal(
      "https://sqs.eu-west-1.amazonaws.com/000000000000/plain",
    );
    await queues.create("by-aws-url");
    const QueueUrl = "https://sqs.us-east-1.amazonaws.com/000000000000/by-aws-url";
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
    expect(await queues.receive(QueueUrl)).to.have.length(1);
  });

  it("reaches the endpoint from a client that knows it only by AWS_ENDPOINT_URL", async () => {
    process.env.AWS_ENDPOINT_URL = queues.endpoint.url;
    const { endpoint: _endpoint, ...settings } = clientSettings(queues.endpoint);
    const client = new SQSClient(settings);
    try {
      const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "by-environment" }));
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
      expect((await queues.counts(QueueUrl ?? "")).visible).to.equal(1);
    } finally {
      delete process.env.AWS_ENDPOINT_URL;
      client.destroy();
    }
  });

  it("keeps regions apart", async () => {
    await queues.create("regional");
    const elsewhere = new SQSClient(clientSettings(queues.endpoint, "eu-west-1"));
    const error = await refusal(elsewhere.send(new GetQueueUrlCommand({ QueueName: "regional" })));
    expect(error.name).to.equal("QueueDoesNotExist");
    elsewhere.destroy();
  });

  it("carries body and attributes so that both digests agree with the client's", async () => {
    const QueueUrl = await queues.create("digests");
    const MessageAttributes = {
      stage: { DataType: "String", StringValue: "validator é" },
      attempt: { DataType: "Number", StringValue: "3" },
      raw: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 7]) },
    };
    const sent = await queues.sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: "Börse 📈", MessageAttributes }),
    );
    const [message] = await queues.receive(QueueUrl, {
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
    });
    expect(message?.Body).to.equal("Börse 📈");
    expect(message?.MessageAttributes?.raw?.BinaryValue).to.deep.equal(new Uint8Array([0, 255, 7]));
    expect(message?.MD5OfMessageAttributes).to.equal(sent.MD5OfMessageAttributes);
    expect(message?.Attributes?.ApproximateReceiveCount).to.equal("1");
    expect(message?.Attributes?.SentTimestamp).to.equal(String(queues.clock.now()));
  });

  it("has the attribute digest of an implementation that is not this one", async () => {
    // As fauxqs 2.4.1 and Python's hashlib compute it for {"k": String "v"}.
    const QueueUrl = await queues.create("digest-vector");
    const sent = await queues.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "x",
        MessageAttributes: { k: { DataType: "String", StringValue: "v" } },
      }),
    );
    expect(sent.MD5OfMessageAttributes).to.equal("0a77b0642718c3d9dd47090567d11e0d");
  });

  it("accepts messages up to 1 MiB and refuses what exceeds the queue's maximum", async () => {
    const QueueUrl = await queues.create("large", { MaximumMessageSize: "1048576" });
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_576) }));
    const over = await refusal(
      queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_577) })),
    );
    expect(over.message).to.match(/must be shorter than 1048576 bytes/);
    const small = await queues.create("small", { MaximumMessageSize: "1024" });
    const error = await refusal(
      queues.sqs.send(new SendMessageCommand({ QueueUrl: small, MessageBody: "é".repeat(513) })),
    );
    expect(error.message).to.match(/shorter than 1024 bytes/);
  });

  it("fails only the entries of a batch that cannot be sent", async () => {
    const QueueUrl = await queues.create("batched", { MaximumMessageSize: "1024" });
    const result = await queues.sqs.send(
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
    expect((await queues.counts(QueueUrl)).visible).to.equal(1);
  });

  it("refuses batches that are empty, have equal ids or are too long as a whole", async () => {
    const QueueUrl = await queues.create("whole-batches");
    const send = (Entries: { Id: string; MessageBody: string }[]) =>
      refusal(queues.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
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
    expect((await queues.counts(QueueUrl)).visible).to.equal(0);
  });

  it("keeps tags, key and policy, and changes attributes", async () => {
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::000000000000:root" },
          Action: "sqs:SendMessage",
          Resource: "arn:aws:sqs:us-east-1:000000000000:kept",
        },
      ],
    });
    const QueueUrl = await queues.create("kept", {
      KmsMasterKeyId: "alias/queues",
      Policy,
    });
    await queues.sqs.send(new TagQueueCommand({ QueueUrl, Tags: { owner: "desk" } }));
    await queues.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "77" } }),
    );
    const { Attributes } = await queues.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    expect(Attributes).to.include({
      KmsMasterKeyId: "alias/queues",
      Policy,
      VisibilityTimeout: "77",
      MessageRetentionPeriod: "345600",
      QueueArn: "arn:aws:sqs:us-east-1:000000000000:kept",
    });
    expect((await queues.sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).to.deep.equal({
      owner: "desk",
    });
  });

  it("names attribute and bounds when an attribute is out of range, and refuses unknown ones", async () => {
    const range = await refusal(queues.create("bad", { VisibilityTimeout: "43201" }));
    expect(range.message).to.match(/43201 for parameter VisibilityTimeout .* from 0 to 43200/);
    expect((await refusal(queues.create("bad", { FifoQueue: "true" }))).name).to.equal(
      "InvalidAttributeName",
    );
    expect((await refusal(queues.create("bad.fifo"))).message).to.match(/standard queues only/);
  });

  it("makes a queue again only with the same attributes", async () => {
    const url = await queues.create("again", { DelaySeconds: "5" });
    expect(await queues.create("again", { DelaySeconds: "5" })).to.equal(url);
    expect((await refusal(queues.create("again", { DelaySeconds: "6" }))).name).to.equal("QueueNameExists");
  });

  it("purges, lists by prefix and deletes queues; a deleted queue does not exist", async () => {
    const QueueUrl = await queues.create("zz-purged");
    await queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "gone" }));
    await queues.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect((await queues.counts(QueueUrl)).visible).to.equal(0);
    const listed = await queues.sqs.send(new ListQueuesCommand({ QueueNamePrefix: "zz-" }));
    expect(listed.QueueUrls).to.deep.equal([QueueUrl]);
    await queues.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    const error = await refusal(queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" })));
    expect(error.name).to.equal("QueueDoesNotExist");
  });
});
