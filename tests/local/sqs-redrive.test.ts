import {
  AddPermissionCommand,
  CancelMessageMoveTaskCommand,
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  PurgeQueueCommand,
  RemovePermissionCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { refusal } from "./endpoint-support.ts";
import { serveQueues } from "./sqs-support.ts";

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

describe("redrive of local dead-letter queues", () => {
  let queues: Awaited<ReturnType<typeof serveQueues>>;

  before(async () => {
    queues = await serveQueues();
  });
  after(() => queues.close());

  /** A queue with a dead-letter queue that holds `count` messages which were received once too often. */
  async function failed(name: string, count: number) {
    const dead = await queues.create(`${name}-dlq`);
    const policy = { deadLetterTargetArn: arnOf(`${name}-dlq`), maxReceiveCount: 1 };
    const source = await queues.create(name, {
      VisibilityTimeout: "1",
      RedrivePolicy: JSON.stringify(policy),
    });
    for (let index = 0; index < count; index += 1)
      await queues.sqs.send(
        new SendMessageCommand({
          QueueUrl: source,
          MessageBody: `${name} ${index}`,
          MessageAttributes: { stage: { DataType: "String", StringValue: "recorder" } },
        }),
      );
    for (let left = count; left > 0; left -= 10)
      await queues.receive(source, { MaxNumberOfMessages: Math.min(10, left) });
    queues.clock.skip(1_000);
    await queues.receive(source);
    expect((await queues.counts(dead)).visible).to.equal(count);
    return { source, dead, SourceArn: arnOf(`${name}-dlq`) };
  }
  const start = (input: {
    SourceArn: string;
    DestinationArn?: string;
    MaxNumberOfMessagesPerSecond?: number;
  }) => queues.sqs.send(new StartMessageMoveTaskCommand(input));
  const list = async (SourceArn: string, MaxResults?: number) =>
    (await queues.sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults }))).Results ?? [];

  // Amazon SQS Developer Guide, "Configuring a dead-letter queue redrive using the Amazon SQS API".
  it("moves messages back to where they came from, as new messages with body and attributes", async () => {
    const { source, dead, SourceArn } = await failed("back", 2);
    const [before] = await queues.receive(dead, { VisibilityTimeout: 0, AttributeNames: ["All"] });
    const { TaskHandle } = await start({ SourceArn });
    expect(await list(SourceArn)).to.deep.include.members([
      {
        TaskHandle,
        Status: "RUNNING",
        SourceArn,
        ApproximateNumberOfMessagesMoved: 0,
        ApproximateNumberOfMessagesToMove: 2,
        StartedTimestamp: queues.clock.now(),
      },
    ]);
    await queues.clock.advance(0);
    expect(await queues.counts(dead)).to.deep.equal({ visible: 0, inFlight: 0, delayed: 0 });
    const [task] = await list(SourceArn);
    expect(task).to.include({ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 2 });
    expect(task).not.to.have.any.keys("TaskHandle", "DestinationArn", "MaxNumberOfMessagesPerSecond");
    const back = await queues.receive(source, {
      MaxNumberOfMessages: 10,
      AttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    expect(back.map(({ Body }) => Body).sort()).to.deep.equal(["back 0", "back 1"]);
    expect(back[0]?.MessageAttributes?.stage?.StringValue).to.equal("recorder");
    expect(back[0]?.Attributes?.ApproximateReceiveCount).to.equal("1");
    expect(Number(back[0]?.Attributes?.SentTimestamp)).to.be.above(Number(before?.Attributes?.SentTimestamp));
    expect(back.map(({ MessageId }) => MessageId)).not.to.include(before?.MessageId);
  });

  it("moves no more a second than it was told, until it is cancelled", async () => {
    const { dead, SourceArn } = await failed("slow", 7);
    await queues.create("elsewhere");
    const { TaskHandle } = await start({
      SourceArn,
      DestinationArn: arnOf("elsewhere"),
      MaxNumberOfMessagesPerSecond: 2,
    });
    await queues.clock.advance(0);
    expect((await queues.counts(dead)).visible).to.equal(5);
    await queues.clock.advance(999);
    expect((await queues.counts(dead)).visible).to.equal(5);
    const second = await refusal(start({ SourceArn }));
    expect(second.name).to.equal("InvalidParameterValue");
    expect(second.message).to.match(/already a task running/);
    await queues.clock.advance(1);
    expect((await queues.counts(dead)).visible).to.equal(3);
    const cancelled = await queues.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    expect(cancelled.ApproximateNumberOfMessagesMoved).to.equal(4);
    await queues.clock.advance(10_000);
    expect((await queues.counts(dead)).visible).to.equal(3);
    expect((await list(SourceArn))[0]).to.include({
      Status: "CANCELLED",
      DestinationArn: arnOf("elsewhere"),
      MaxNumberOfMessagesPerSecond: 2,
    });
    const again = await refusal(queues.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle })));
    expect(again.name).to.equal("InvalidParameterValue");
    await start({ SourceArn });
    await queues.clock.advance(0);
    expect((await list(SourceArn, 10)).map(({ Status }) => Status)).to.deep.equal(["COMPLETED", "CANCELLED"]);
    expect(await list(SourceArn)).to.have.length(1);
  });

  it("fails for messages that no queue sent there, whose source nobody knows", async () => {
    const { dead, SourceArn } = await failed("direct", 0);
    await queues.sqs.send(new SendMessageCommand({ QueueUrl: dead, MessageBody: "by a workflow" }));
    await start({ SourceArn });
    await queues.clock.advance(0);
    expect((await list(SourceArn))[0]).to.include({
      Status: "FAILED",
      FailureReason: "CouldNotDetermineMessageSource",
    });
    expect((await queues.counts(dead)).visible).to.equal(1);
  });

  it("is refused for queues that are no dead-letter queues, and for queues that are not there", async () => {
    await queues.create("plain");
    const plain = await refusal(start({ SourceArn: arnOf("plain") }));
    expect(plain.message).to.equal("Source queue must be configured as a Dead Letter Queue.");
    expect((await refusal(start({ SourceArn: arnOf("nowhere") }))).name).to.equal(
      "ResourceNotFoundException",
    );
    const { SourceArn } = await failed("lost", 0);
    const lost = await refusal(start({ SourceArn, DestinationArn: arnOf("nowhere") }));
    expect(lost.name).to.equal("ResourceNotFoundException");
    const fast = await refusal(start({ SourceArn, MaxNumberOfMessagesPerSecond: 501 }));
    expect(fast.message).to.match(/less than or equal to 500/);
  });

  it("tells which queues have a queue as their dead-letter queue", async () => {
    const { source, dead } = await failed("told", 0);
    const told = await queues.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
    expect(told.queueUrls).to.deep.equal([source]);
    const none = await queues.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: source }));
    expect(none.queueUrls).to.deep.equal([]);
  });

  // Amazon SQS API Reference, SetQueueAttributes, RedriveAllowPolicy.
  it("takes only the sources that a dead-letter queue's RedriveAllowPolicy allows", async () => {
    const allow = (policy: object) => ({ RedriveAllowPolicy: JSON.stringify(policy) });
    await queues.create("closed", allow({ redrivePermission: "denyAll" }));
    await queues.create(
      "chosen",
      allow({ redrivePermission: "byQueue", sourceQueueArns: [arnOf("friend")] }),
    );
    const to = (name: string) => ({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(name), maxReceiveCount: 3 }),
    });
    expect((await refusal(queues.create("any", to("closed")))).message).to.match(/RedriveAllowPolicy/);
    expect((await refusal(queues.create("stranger", to("chosen")))).message).to.match(/RedriveAllowPolicy/);
    await queues.create("friend", to("chosen"));
    const QueueUrl = await queues.create("wrong");
    for (const policy of [
      { redrivePermission: "some" },
      { redrivePermission: "byQueue" },
      { redrivePermission: "allowAll", sourceQueueArns: [arnOf("friend")] },
      { redrivePermission: "byQueue", sourceQueueArns: Array(11).fill(arnOf("friend")) },
    ])
      expect(
        (
          await refusal(
            queues.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: allow(policy) })),
          )
        ).name,
      ).to.equal("InvalidAttributeValue");
  });

  // Amazon SQS Developer Guide, "Understanding message retention periods for dead-letter queues".
  it("counts the retention of a message in a standard dead-letter queue from when it was first sent", async () => {
    const dead = await queues.create("aged-dlq", { MessageRetentionPeriod: "100" });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf("aged-dlq"), maxReceiveCount: 1 });
    const source = await queues.create("aged", { VisibilityTimeout: "60", RedrivePolicy });
    await queues.sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: "old" }));
    await queues.receive(source);
    queues.clock.skip(60_000);
    await queues.receive(source);
    queues.clock.skip(39_999);
    expect((await queues.counts(dead)).visible).to.equal(1);
    queues.clock.skip(1);
    expect((await queues.counts(dead)).visible).to.equal(0);
  });

  it("is purged at most once a minute", async () => {
    const QueueUrl = await queues.create("purged");
    await queues.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    queues.clock.skip(59_999);
    const early = await refusal(queues.sqs.send(new PurgeQueueCommand({ QueueUrl })));
    expect(early.name).to.equal("PurgeQueueInProgress");
    queues.clock.skip(1);
    await queues.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  });

  // Amazon SQS API Reference, AddPermission and RemovePermission.
  it("keeps permissions that are added under a label as statements of its policy", async () => {
    const QueueUrl = await queues.create("shared");
    const add = (Label: string) =>
      queues.sqs.send(
        new AddPermissionCommand({
          QueueUrl,
          Label,
          AWSAccountIds: ["111122223333"],
          Actions: ["SendMessage"],
        }),
      );
    const policy = async () => {
      const { Attributes } = await queues.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["Policy"] }),
      );
      return Attributes?.Policy && JSON.parse(Attributes.Policy).Statement;
    };
    await add("partner");
    expect(await policy()).to.deep.equal([
      {
        Sid: "partner",
        Effect: "Allow",
        Principal: { AWS: ["arn:aws:iam::111122223333:root"] },
        Action: ["SQS:SendMessage"],
        Resource: arnOf("shared"),
      },
    ]);
    expect((await refusal(add("partner"))).message).to.match(/Already exists/);
    const remove = () => queues.sqs.send(new RemovePermissionCommand({ QueueUrl, Label: "partner" }));
    await remove();
    expect(await policy()).to.equal(undefined);
    expect((await refusal(remove())).name).to.equal("InvalidParameterValue");
  });
});
