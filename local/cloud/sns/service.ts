import { randomBytes, randomUUID } from "node:crypto";
import { Input, tagList } from "../input.ts";
import type { MetricStore } from "../monitoring/metric-store.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { Deliveries, type Mail } from "./delivery.ts";
import { invalid, readMessage } from "./message.ts";
import {
  checkSubscriptionAttributes,
  checkTopicAttributes,
  policyOf,
  type Subscription,
  shownSubscription,
  shownTopic,
  TOPIC_NAME,
  type Topic,
} from "./topic.ts";

/** SNS: standard topics with queues and e-mail addresses as subscribers. */
export interface SnsService extends Service {
  /** The mails that a region's topics would have sent, oldest first; at most the latest 1,000. */
  mail(region: string): readonly Mail[];
}

/** Amazon SNS API Reference, ListTopics, ListSubscriptions and ConfirmSubscription. */
const PAGE = 100;
const TOKEN_MILLISECONDS = 2 * 86_400_000;

export function createSns(surroundings: Surroundings, metrics: MetricStore): SnsService {
  const { account, clock } = surroundings;
  const regions = new RegionState(() => new Map<string, Topic>());
  const deliveries = new Deliveries(surroundings, metrics);

  const byArn = (arn: string): Topic | undefined => regions.of(arn.split(":")[3] ?? "").get(arn);
  const find = (json: Json, { region }: Call, member = "TopicArn"): Topic => {
    const arn = parameters(json).text(member);
    if (!/^arn:aws:sns:[^:]+:\d{12}:[^:]+$/.test(arn)) throw invalid(member);
    const topic = regions.of(region).get(arn);
    if (!topic) throw new ServiceError("NotFound", "Topic does not exist", 404);
    return topic;
  };
  const findSubscription = (json: Json, { region }: Call): { topic: Topic; subscription: Subscription } => {
    const arn = parameters(json).text("SubscriptionArn");
    for (const topic of regions.of(region).values()) {
      const subscription = topic.subscriptions.get(arn);
      if (subscription) return { topic, subscription };
    }
    throw new ServiceError("NotFound", "Subscription does not exist", 404);
  };
  const request = ({ arn }: Topic, { endpoint, token }: Subscription): void => {
    if (token === undefined) return;
    deliveries.post(arn.split(":")[3] ?? "", {
      topicArn: arn,
      to: endpoint,
      subject: "AWS Notification - Subscription Confirmation",
      message:
        `You have chosen to subscribe to the topic:\n${arn}\n\nTo confirm this subscription, run:\n` +
        `aws sns confirm-subscription --topic-arn ${arn} --token ${token}`,
      at: clock.now(),
      token,
    });
  };

  return {
    name: "sns",
    mail: (region) => deliveries.mails(region),
    resourcePolicy(arn) {
      const topic = byArn(arn);
      return topic && policyOf(topic);
    },
    encryptionKey: (arn) => byArn(arn)?.attributes.KmsMasterKeyId || undefined,
    operations: {
      CreateTopic(json, { region }) {
        const input = parameters(json).only(["Name", "Attributes", "Tags"]);
        const name = input.text("Name");
        if (!TOPIC_NAME.test(name)) throw invalid("Topic Name; the local cloud has standard topics only");
        const attributes = input.textMap("Attributes");
        checkTopicAttributes(attributes);
        const arn = `arn:aws:sns:${region}:${account}:${name}`;
        const existing = regions.of(region).get(arn);
        if (!existing)
          regions.of(region).set(arn, {
            arn,
            attributes: { ...attributes },
            tags: input.tags("Tags"),
            subscriptions: new Map(),
            deleted: 0,
          });
        else if (Object.entries(attributes).some(([key, value]) => existing.attributes[key] !== value))
          throw invalid("Attributes Reason: Topic already exists with different attributes");
        return { TopicArn: arn };
      },
      /** "This action is idempotent, so deleting a topic that does not exist does not result in an error." */
      DeleteTopic(json, { region }) {
        regions.of(region).delete(parameters(json).only(["TopicArn"]).text("TopicArn"));
      },
      ListTopics: (json, { region }) =>
        page(json, "Topics", [...regions.of(region).keys()].sort(), (TopicArn) => ({ TopicArn })),
      GetTopicAttributes: (json, call) => ({ Attributes: shownTopic(find(json, call)) }),
      SetTopicAttributes(json, call) {
        const { attributes } = find(json, call);
        const input = parameters(json);
        const changed = { [input.text("AttributeName")]: input.optionalText("AttributeValue") ?? "" };
        checkTopicAttributes(changed);
        assign(attributes, changed);
      },
      Subscribe(json, call) {
        const topic = find(json, call);
        const input = parameters(json).only([
          ...["TopicArn", "Protocol", "Endpoint", "Attributes", "ReturnSubscriptionArn"],
        ]);
        const protocol = input.text("Protocol");
        if (protocol !== "email" && protocol !== "sqs")
          throw invalid(`Protocol: ${protocol}; the local cloud carries out email, sqs`);
        const endpoint = input.text("Endpoint");
        if (protocol === "email" && !/^[^\s@]+@[^\s@]+$/.test(endpoint)) throw invalid("Email address");
        if (protocol === "sqs" && !/^arn:aws:sqs:[^:]+:\d{12}:[^:]+$/.test(endpoint))
          throw invalid("SQS endpoint ARN");
        const attributes = input.textMap("Attributes");
        checkSubscriptionAttributes(attributes, protocol);
        let subscription = [...topic.subscriptions.values()].find(
          (each) => each.protocol === protocol && each.endpoint === endpoint,
        );
        if (!subscription) {
          subscription = {
            arn: `${topic.arn}:${randomUUID()}`,
            ...{ protocol, endpoint, attributes: { ...attributes } },
            token: protocol === "email" ? randomBytes(32).toString("hex") : undefined,
            requestedAt: clock.now(),
          };
          topic.subscriptions.set(subscription.arn, subscription);
          request(topic, subscription);
        }
        const isShown = subscription.token === undefined || isTrue(json.ReturnSubscriptionArn);
        return { SubscriptionArn: isShown ? subscription.arn : "pending confirmation" };
      },
      ConfirmSubscription(json, call) {
        const topic = find(json, call);
        const token = parameters(json).text("Token");
        const subscription = [...topic.subscriptions.values()].find((each) => each.token === token);
        if (!subscription || clock.now() > subscription.requestedAt + TOKEN_MILLISECONDS)
          throw invalid("Token");
        subscription.token = undefined;
        return { SubscriptionArn: subscription.arn };
      },
      Unsubscribe(json, call) {
        const { topic, subscription } = findSubscription(json, call);
        topic.subscriptions.delete(subscription.arn);
        topic.deleted += 1;
      },
      ListSubscriptions: (json, { region }) =>
        page(json, "Subscriptions", [...regions.of(region).values()].flatMap(listed), (each) => each),
      ListSubscriptionsByTopic: (json, call) =>
        page(json, "Subscriptions", listed(find(json, call)), (each) => each),
      GetSubscriptionAttributes(json, call) {
        const { topic, subscription } = findSubscription(json, call);
        return { Attributes: shownSubscription(topic, subscription) };
      },
      SetSubscriptionAttributes(json, call) {
        const { subscription } = findSubscription(json, call);
        const input = parameters(json);
        const changed = { [input.text("AttributeName")]: input.optionalText("AttributeValue") ?? "" };
        checkSubscriptionAttributes(changed, subscription.protocol);
        assign(subscription.attributes, changed);
      },
      Publish(json, call) {
        const input = parameters(json).only([
          ...["TopicArn", "TargetArn", "Message", "Subject", "MessageStructure", "MessageAttributes"],
        ]);
        const topic = find(json, call, input.has("TargetArn") ? "TargetArn" : "TopicArn");
        const message = { id: randomUUID(), topicArn: topic.arn, at: clock.now(), ...readMessage(input) };
        deliveries.count(topic.arn, "NumberOfMessagesPublished");
        for (const subscription of topic.subscriptions.values())
          if (subscription.token === undefined) void deliveries.deliver(message, subscription);
        return { MessageId: message.id };
      },
      ListTagsForResource: (json, call) => ({ Tags: tagList(find(json, call, "ResourceArn").tags) }),
      TagResource(json, call) {
        Object.assign(find(json, call, "ResourceArn").tags, parameters(json).tags("Tags"));
      },
      UntagResource(json, call) {
        const { tags } = find(json, call, "ResourceArn");
        for (const key of parameters(json).texts("TagKeys")) delete tags[key];
      },
    },
    async close() {
      deliveries.close();
    },
  };
}

/** An empty text takes an attribute away. */
function assign(attributes: Record<string, string>, changed: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(changed))
    if (value === "") delete attributes[name];
    else attributes[name] = value;
}

function listed({ arn, subscriptions }: Topic): Json[] {
  return [...subscriptions.values()].map((subscription) => ({
    SubscriptionArn: subscription.token === undefined ? subscription.arn : "PendingConfirmation",
    Owner: arn.split(":")[4],
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: arn,
  }));
}

function page<T>(json: Json, member: string, all: readonly T[], show: (each: T) => Json): Json {
  const start = Number(parameters(json).optionalText("NextToken", { pattern: /^\d+$/ }) ?? 0);
  return {
    [member]: all.slice(start, start + PAGE).map(show),
    ...(all.length > start + PAGE ? { NextToken: String(start + PAGE) } : {}),
  };
}

/** The query protocol can send texts only. */
function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

function parameters(json: Json): Input {
  return new Input(json, "InvalidParameter");
}
