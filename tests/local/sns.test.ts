import { expect } from "chai";
import { topicPolicy } from "../../components/monitoring/topic-policy.ts";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createAuthorizer } from "../../local/cloud/iam/authorizer.ts";
import { createIam } from "../../local/cloud/iam/service.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
import type { Json } from "../../local/cloud/service.ts";
import { createSns } from "../../local/cloud/sns/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { refusal, serve } from "./endpoint-support.ts";

const ACCOUNT = "000000000000";
const TopicArn = `arn:aws:sns:us-east-1:${ACCOUNT}:alarms`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:pager`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

function setUp() {
  const clock = new DrivenClock();
  const cloud = new Cloud({ clock });
  const metrics = new MetricStore(clock);
  const sns = cloud.add((surroundings) => createSns(surroundings, metrics));
  cloud.add((surroundings) => createSqs(surroundings));
  const call = (operation: string, input: Json = {}, service = "sns"): Promise<Json> =>
    cloud.call({ service, operation, region: "us-east-1", principal: ROOT }, input);
  return {
    ...{ clock, cloud, sns, call },
    mails: () => sns.mail("us-east-1"),
    create: (Attributes: Json = {}) => call("CreateTopic", { Name: "alarms", Attributes }),
    publish: (input: Json = {}) => call("Publish", { TopicArn, Message: "hello", ...input }),
    attributes: async () => (await call("GetTopicAttributes", { TopicArn })).Attributes as Json,
    /** Subscribes a new queue. */
    async queue(Attributes: Json = {}): Promise<string> {
      const { QueueUrl } = await call("CreateQueue", { QueueName: "pager" }, "sqs");
      await call("Subscribe", { TopicArn, Protocol: "sqs", Endpoint: QUEUE, Attributes });
      return String(QueueUrl);
    },
    async receive(QueueUrl: string): Promise<Json[]> {
      await clock.settle();
      const input = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] };
      return ((await call("ReceiveMessage", input, "sqs")).Messages ?? []) as Json[];
    },
    metric: (name: string) => metrics.sum("us-east-1", "AWS/SNS", name, { TopicName: "alarms" }),
  };
}

// Expectations: Amazon SNS API Reference and Developer Guide.
describe("a topic", () => {
  it("is made once by its name, and deleted without asking whether it exists", async () => {
    const { call, create } = setUp();
    expect(await create({ DisplayName: "Alarms" })).to.deep.equal({ TopicArn });
    expect(await create({ DisplayName: "Alarms" })).to.deep.equal({ TopicArn });
    const other = await refusal(create({ DisplayName: "Other" }));
    expect(other.message).to.equal(
      "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    );
    expect(await call("ListTopics")).to.deep.equal({ Topics: [{ TopicArn }] });
    await call("DeleteTopic", { TopicArn });
    await call("DeleteTopic", { TopicArn });
    const gone = await refusal(call("GetTopicAttributes", { TopicArn }));
    expect(gone).to.include({ code: "NotFound", status: 404, message: "Topic does not exist" });
  });

  it("has a policy for its owner's account until it gets another", async () => {
    const { call, create, attributes, sns } = setUp();
    await create({ KmsMasterKeyId: "key" });
    const [statement] = JSON.parse(String((await attributes()).Policy)).Statement;
    expect(statement).to.deep.include({
      ...{ Effect: "Allow", Principal: { AWS: "*" }, Resource: TopicArn },
      Condition: { StringEquals: { "AWS:SourceOwner": ACCOUNT } },
    });
    expect(statement.Action).to.include("SNS:Publish");
    const AttributeValue = JSON.stringify(
      topicPolicy({ topicArn: TopicArn, account: ACCOUNT, alarms: "arn:aws:cloudwatch:*:*:alarm:*" }),
    );
    await call("SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue });
    expect((await attributes()).Policy).to.equal(AttributeValue);
    expect(sns.resourcePolicy?.(TopicArn)).to.equal(AttributeValue);
    expect(sns.encryptionKey?.(TopicArn)).to.equal("key");
    expect(sns.resourcePolicy?.(`${TopicArn}x`)).to.equal(undefined);
  });

  it("has tags", async () => {
    const { call } = setUp();
    await call("CreateTopic", { Name: "alarms", Tags: [{ Key: "env", Value: "dev" }] });
    await call("TagResource", { ResourceArn: TopicArn, Tags: [{ Key: "desk", Value: "fx" }] });
    await call("UntagResource", { ResourceArn: TopicArn, TagKeys: ["env"] });
    expect(await call("ListTagsForResource", { ResourceArn: TopicArn })).to.deep.equal({
      Tags: [{ Key: "desk", Value: "fx" }],
    });
  });

  for (const [what, input, message] of [
    ["a FIFO topic by name", { Name: "alarms.fifo" }, /standard topics only/],
    ["a FIFO topic by attribute", { Name: "a", Attributes: { FifoTopic: "true" } }, /FifoTopic/],
    ["a delivery policy", { Name: "a", Attributes: { DeliveryPolicy: "{}" } }, /DeliveryPolicy/],
    ["a policy that is none", { Name: "a", Attributes: { Policy: "{" } }, /./],
    ["a data protection policy", { Name: "a", DataProtectionPolicy: "{}" }, /DataProtectionPolicy/],
  ] as const)
    it(`refuses ${what} by name`, async () => {
      const error = await refusal(setUp().call("CreateTopic", input));
      expect(error.code).to.equal("InvalidParameter");
      expect(error.message).to.match(message);
    });
});

describe("a subscription of an e-mail address", () => {
  it("is pending until its token confirms it, and gets only the request until then", async () => {
    const { call, create, publish, mails, attributes, clock } = setUp();
    await create();
    const Endpoint = "desk@example.com";
    const input = { TopicArn, Protocol: "email", Endpoint };
    expect(await call("Subscribe", input)).to.deep.equal({ SubscriptionArn: "pending confirmation" });
    await publish();
    expect(mails()).to.have.length(1);
    expect(mails()[0]).to.include({
      ...{ to: Endpoint, subject: "AWS Notification - Subscription Confirmation" },
      at: clock.now(),
    });
    expect(await attributes()).to.include({ SubscriptionsPending: "1", SubscriptionsConfirmed: "0" });
    const listed = async () =>
      ((await call("ListSubscriptionsByTopic", { TopicArn })).Subscriptions as Json[])[0];
    expect(await listed()).to.deep.equal({
      ...{ SubscriptionArn: "PendingConfirmation", Owner: ACCOUNT, TopicArn, Protocol: "email", Endpoint },
    });
    const wrong = await refusal(call("ConfirmSubscription", { TopicArn, Token: "wrong" }));
    expect(wrong.message).to.equal("Invalid parameter: Token");
    const { SubscriptionArn } = await call("ConfirmSubscription", { TopicArn, Token: mails()[0]?.token });
    expect(SubscriptionArn).to.match(/^arn:aws:sns:us-east-1:000000000000:alarms:[0-9a-f-]{36}$/);
    expect(await listed()).to.include({ SubscriptionArn });
    await publish({ Subject: "Fire" });
    await publish();
    expect(mails().slice(1)).to.deep.equal([
      { topicArn: TopicArn, to: Endpoint, subject: "Fire", message: "hello", at: clock.now() },
      {
        ...{ topicArn: TopicArn, to: Endpoint, subject: "AWS Notification Message", message: "hello" },
        at: clock.now(),
      },
    ]);
    await call("Unsubscribe", { SubscriptionArn });
    await publish();
    expect(mails()).to.have.length(3);
    expect(await attributes()).to.include({ SubscriptionsDeleted: "1" });
  });

  it("cannot be confirmed after two days", async () => {
    const { call, create, mails, clock } = setUp();
    await create();
    await call("Subscribe", { TopicArn, Protocol: "email", Endpoint: "desk@example.com" });
    clock.skip(2 * 86_400_000 + 1);
    const error = await refusal(call("ConfirmSubscription", { TopicArn, Token: mails()[0]?.token }));
    expect(error.code).to.equal("InvalidParameter");
  });

  it("keeps the latest thousand mails", async () => {
    const { call, create, publish, mails } = setUp();
    await create();
    await call("Subscribe", { TopicArn, Protocol: "email", Endpoint: "desk@example.com" });
    await call("ConfirmSubscription", { TopicArn, Token: mails()[0]?.token });
    for (let n = 0; n < 1001; n += 1) await publish({ Message: `${n}` });
    expect([mails().length, mails()[0]?.message, mails().at(-1)?.message]).to.deep.equal([1000, "1", "1000"]);
  });
});

describe("a subscription of a queue", () => {
  it("is confirmed at once, and gets notifications in their envelope", async () => {
    const { create, queue, publish, receive, clock, metric } = setUp();
    await create();
    const url = await queue();
    const at = new Date(clock.now()).toISOString();
    const { MessageId } = await publish({
      Subject: "Fire",
      MessageAttributes: { desk: { DataType: "String", StringValue: "fx" } },
    });
    const [message, ...more] = await receive(url);
    expect(more).to.deep.equal([]);
    expect(JSON.parse(String(message?.Body))).to.deep.equal({
      ...{ Type: "Notification", MessageId, TopicArn, Subject: "Fire", Message: "hello", Timestamp: at },
      MessageAttributes: { desk: { Type: "String", Value: "fx" } },
    });
    expect(metric("NumberOfMessagesPublished")).to.equal(1);
    expect(metric("NumberOfNotificationsDelivered")).to.equal(1);
  });

  it("is written to as SNS on behalf of the topic", async () => {
    const { create, queue, publish, cloud, clock } = setUp();
    await create();
    await queue();
    const calls: unknown[] = [];
    cloud.authorize = ({ operation, principal, sourceArn }) => calls.push([operation, principal, sourceArn]);
    await publish();
    await clock.settle();
    expect(calls.slice(1)).to.deep.equal([["SendMessage", "sns.amazonaws.com", TopicArn]]);
  });

  it("gets the bare message and its attributes where delivery is raw", async () => {
    const { create, queue, publish, receive } = setUp();
    await create();
    const url = await queue({ RawMessageDelivery: "true" });
    const MessageAttributes = { desk: { DataType: "String", StringValue: "fx" } };
    await publish({ MessageAttributes });
    const [message] = await receive(url);
    expect(message).to.deep.include({ Body: "hello", MessageAttributes });
  });

  it("gets the message for its protocol where there is one for each", async () => {
    const { create, queue, publish, receive } = setUp();
    await create();
    const url = await queue({ RawMessageDelivery: "true" });
    const MessageStructure = "json";
    await publish({ MessageStructure, Message: JSON.stringify({ default: "all", sqs: "queues" }) });
    await publish({ MessageStructure, Message: JSON.stringify({ default: "all", email: "people" }) });
    expect((await receive(url)).map(({ Body }) => Body)).to.deep.equal(["queues", "all"]);
    const error = await refusal(publish({ MessageStructure, Message: '{"sqs":"queues"}' }));
    expect(error.message).to.match(/No default entry/);
  });

  // Developer Guide, "Amazon SNS message delivery retries".
  it("is tried again after errors of the queue's side", async () => {
    const { create, queue, publish, receive, cloud, clock, metric } = setUp();
    await create();
    const url = await queue();
    const effect = { kind: "error", code: "InternalError", status: 500 } as const;
    cloud.faults.add({ service: "sqs", operation: "SendMessage", effect, when: "before", times: 7 });
    await publish();
    // Three times at once, twice after a second, then after one and two seconds.
    await clock.advance(4_900);
    expect(await receive(url)).to.have.length(0);
    await clock.advance(200);
    expect(await receive(url)).to.have.length(1);
    expect(metric("NumberOfNotificationsFailed")).to.equal(0);
  });

  it("goes to its dead-letter queue after an error of this side, which is not tried again", async () => {
    const { create, queue, publish, receive, call, clock, metric } = setUp();
    await create();
    const { QueueUrl } = await call("CreateQueue", { QueueName: "dead" }, "sqs");
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:${ACCOUNT}:dead`;
    const url = await queue({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn }) });
    await call("DeleteQueue", { QueueUrl: url }, "sqs");
    await publish();
    await clock.settle();
    expect(await receive(String(QueueUrl))).to.have.length(1);
    expect(metric("NumberOfNotificationsFailed")).to.equal(1);
    expect(metric("NumberOfNotificationsRedrivenToDlq")).to.equal(1);
  });

  it("ends, without another attempt or a timer, when the cloud is closed between two attempts", async () => {
    const { create, queue, publish, metric, cloud, clock } = setUp();
    await create();
    await queue();
    const effect = { kind: "error", code: "InternalError", status: 500 } as const;
    cloud.faults.add({ service: "sqs", operation: "SendMessage", effect, when: "before" });
    await publish();
    await clock.advance(5_000);
    expect(clock.pending).to.equal(1);
    await cloud.close();
    await clock.settle();
    expect(clock.pending).to.equal(0);
    expect(metric("NumberOfNotificationsDelivered") + metric("NumberOfNotificationsFailed")).to.equal(0);
  });

  it("is one for each queue, and has attributes of its own", async () => {
    const { create, queue, call } = setUp();
    await create();
    await queue();
    const again = { TopicArn, Protocol: "sqs", Endpoint: QUEUE };
    const { SubscriptionArn } = await call("Subscribe", again);
    expect((await call("ListSubscriptions")).Subscriptions).to.have.length(1);
    const change = { SubscriptionArn, AttributeName: "RawMessageDelivery", AttributeValue: "true" };
    await call("SetSubscriptionAttributes", change);
    expect((await call("GetSubscriptionAttributes", { SubscriptionArn })).Attributes).to.deep.equal({
      ...{ SubscriptionArn, TopicArn, Owner: ACCOUNT, Protocol: "sqs", Endpoint: QUEUE },
      ...{ RawMessageDelivery: "true", PendingConfirmation: "false", ConfirmationWasAuthenticated: "true" },
    });
  });
});

describe("what topics do not take", () => {
  for (const [what, operation, input, message] of [
    ["other protocols", "Subscribe", { Protocol: "sms", Endpoint: "+4400" }, /Protocol: sms/],
    ["an address without a domain", "Subscribe", { Protocol: "email", Endpoint: "desk" }, /Email address/],
    ["a queue by its URL", "Subscribe", { Protocol: "sqs", Endpoint: "https://q" }, /SQS endpoint ARN/],
    [
      "filter policies",
      "Subscribe",
      { Protocol: "sqs", Endpoint: QUEUE, Attributes: { FilterPolicy: "{}" } },
      /FilterPolicy/,
    ],
    ["an empty message", "Publish", { Message: "" }, /Empty message/],
    ["a message above 256 KiB", "Publish", { Message: "x".repeat(262_145) }, /Message too long/],
    ["a subject of 100 characters", "Publish", { Message: "m", Subject: "s".repeat(100) }, /Subject/],
    ["a subject of several lines", "Publish", { Message: "m", Subject: "a\nb" }, /Subject/],
    ["message groups", "Publish", { Message: "m", MessageGroupId: "g" }, /MessageGroupId/],
    ["permissions by call", "AddPermission", {}, /does not carry out sns:AddPermission/],
    ["batches", "PublishBatch", {}, /does not carry out sns:PublishBatch/],
  ] as const)
    it(`are ${what}`, async () => {
      const { call, create } = setUp();
      await create();
      expect((await refusal(call(operation, { TopicArn, ...input }))).message).to.match(message);
    });
});

describe("a topic's policy", () => {
  it("lets the alarms in that it names, and no others", async () => {
    const { cloud, create, call } = setUp();
    await create();
    const iam = cloud.add(createIam);
    cloud.authorize = createAuthorizer({ iam, services: cloud.services, ...cloud.surroundings }).authorize;
    const alarm = (name: string) => `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:${name}`;
    const AttributeValue = JSON.stringify(
      topicPolicy({ topicArn: TopicArn, account: ACCOUNT, alarms: alarm("*-dev") }),
    );
    await call("SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue });
    const publish = (name: string) =>
      cloud.surroundings.call(...(["sns", "Publish", { TopicArn, Message: "m" }] as const), {
        region: "us-east-1",
        principal: "cloudwatch.amazonaws.com",
        sourceArn: alarm(name),
      });
    expect(await publish("failed-dev")).to.have.property("MessageId");
    expect((await refusal(publish("failed-prod"))).code).to.equal("AuthorizationError");
  });
});

// The query protocol, as the AWS CLI and the SDKs speak it to SNS.
describe("SNS over the wire", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  const clock = new DrivenClock();
  before(async () => {
    served = await serve(
      [(surroundings) => createSns(surroundings, new MetricStore(clock)), (s) => createSqs(s)],
      {
        clock,
      },
    );
  });
  after(() => served.close());

  async function query(fields: Record<string, string>): Promise<string> {
    const scope = "AKIDEXAMPLE/20260105/us-east-1/sns/aws4_request";
    const response = await fetch(served.endpoint.url, {
      method: "POST",
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ Version: "2010-03-31", ...fields }),
    });
    return response.text();
  }

  it("takes maps and lists, and gives attributes as entries", async () => {
    await query({
      ...{ Action: "CreateTopic", Name: "alarms", "Attributes.entry.1.key": "DisplayName" },
      ...{ "Attributes.entry.1.value": "A & B" },
      ...{ "Tags.member.1.Key": "env", "Tags.member.1.Value": "dev" },
    });
    expect(await query({ Action: "GetTopicAttributes", TopicArn })).to.include(
      "<entry><key>DisplayName</key><value>A &amp; B</value></entry>",
    );
    expect(await query({ Action: "ListTagsForResource", ResourceArn: TopicArn })).to.include(
      "<Tags><member><Key>env</Key><Value>dev</Value></member></Tags>",
    );
  });

  it("takes message attributes by name, and a flag as text", async () => {
    const subscribed = await query({
      ...{ Action: "Subscribe", TopicArn, Protocol: "email", Endpoint: "a@b.c" },
      ReturnSubscriptionArn: "true",
    });
    expect(subscribed).to.match(/<SubscriptionArn>arn:aws:sns:us-east-1:000000000000:alarms:/);
    const attribute = "MessageAttributes.entry.1";
    const published = await query({
      ...{ Action: "Publish", TopicArn, Message: "m", [`${attribute}.Name`]: "n" },
      ...{ [`${attribute}.Value.DataType`]: "Number", [`${attribute}.Value.StringValue`]: "1" },
    });
    expect(published).to.match(/<PublishResult><MessageId>[0-9a-f-]{36}<\/MessageId>/);
    const refused = await query({
      ...{ Action: "Publish", TopicArn, Message: "m", [`${attribute}.Name`]: "n" },
      ...{ [`${attribute}.Value.DataType`]: "Date", [`${attribute}.Value.StringValue`]: "1" },
    });
    expect(refused).to.include("<Code>ParameterValueInvalid</Code>");
  });
});
