import { checkPolicy } from "../iam/policy.ts";
import { isJson } from "../input.ts";
import { invalid } from "./message.ts";

/** A subscription to a topic; times in milliseconds since the epoch. */
export interface Subscription {
  readonly arn: string;
  readonly protocol: "email" | "sqs";
  readonly endpoint: string;
  readonly attributes: Record<string, string>;
  /** What confirms it; undefined once it is confirmed. */
  token: string | undefined;
  readonly requestedAt: number;
}

export interface Topic {
  readonly arn: string;
  readonly attributes: Record<string, string>;
  readonly tags: Record<string, string>;
  readonly subscriptions: Map<string, Subscription>;
  /** Subscriptions that were ended. */
  deleted: number;
}

export const TOPIC_NAME = /^[A-Za-z0-9_-]{1,256}$/;
const TOPIC_ATTRIBUTES = ["DisplayName", "KmsMasterKeyId", "Policy"];
const SUBSCRIPTION_ATTRIBUTES = ["RawMessageDelivery", "RedrivePolicy"];

/** Checks attributes of a topic. Throws naming one that is malformed or not carried out. */
export function checkTopicAttributes(attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!TOPIC_ATTRIBUTES.includes(name))
      throw invalid(`AttributeName: ${name}; the local cloud carries out ${TOPIC_ATTRIBUTES.join(", ")}`);
    if (name === "Policy" && value !== "") checkPolicy(value, "resource", "InvalidParameter");
  }
}

/** The same of a subscription. */
export function checkSubscriptionAttributes(
  attributes: Readonly<Record<string, string>>,
  protocol: Subscription["protocol"],
): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!SUBSCRIPTION_ATTRIBUTES.includes(name))
      throw invalid(
        `AttributeName: ${name}; the local cloud carries out ${SUBSCRIPTION_ATTRIBUTES.join(", ")}`,
      );
    if (name === "RawMessageDelivery" && !(["true", "false"].includes(value) && protocol === "sqs"))
      throw invalid(`Attributes Reason: RawMessageDelivery must be true or false, and only of queues`);
    if (name === "RedrivePolicy" && value !== "") deadLetterArn(value);
  }
}

/** The queue of a redrive policy. Throws if it names none. */
export function deadLetterArn(policy: string): string {
  const { deadLetterTargetArn } = jsonOf("RedrivePolicy", policy);
  if (typeof deadLetterTargetArn !== "string" || !deadLetterTargetArn.startsWith("arn:aws:sqs:"))
    throw invalid("RedrivePolicy: deadLetterTargetArn must be the ARN of a queue");
  return deadLetterTargetArn;
}

function jsonOf(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isJson(value)) return value;
  } catch {
    // Refused below, as any other text that is not a JSON object.
  }
  throw invalid(`${name} Error - null`);
}

/**
 * The policy of a topic: its own, or the one that topics are made with, which lets the owner's account use it
 * (Amazon SNS Developer Guide, "Default policy").
 */
export function policyOf({ arn, attributes }: Topic): string {
  return (
    attributes.Policy ??
    JSON.stringify({
      Version: "2008-10-17",
      Id: "__default_policy_ID",
      Statement: [
        {
          Sid: "__default_statement_ID",
          Effect: "Allow",
          Principal: { AWS: "*" },
          Action: [
            ...["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission"],
            ...["SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic"],
            "SNS:Publish",
          ],
          Resource: arn,
          Condition: { StringEquals: { "AWS:SourceOwner": arn.split(":")[4] } },
        },
      ],
    })
  );
}

/** A topic's attributes as GetTopicAttributes shows them. */
export function shownTopic(topic: Topic): Record<string, string> {
  const all = [...topic.subscriptions.values()];
  const pending = all.filter(({ token }) => token !== undefined).length;
  return {
    DisplayName: "",
    ...topic.attributes,
    TopicArn: topic.arn,
    Owner: topic.arn.split(":")[4] ?? "",
    Policy: policyOf(topic),
    SubscriptionsConfirmed: String(all.length - pending),
    SubscriptionsPending: String(pending),
    SubscriptionsDeleted: String(topic.deleted),
  };
}

/** A subscription's attributes as GetSubscriptionAttributes shows them. */
export function shownSubscription(topic: Topic, subscription: Subscription): Record<string, string> {
  return {
    RawMessageDelivery: "false",
    ...subscription.attributes,
    SubscriptionArn: subscription.arn,
    TopicArn: topic.arn,
    Owner: topic.arn.split(":")[4] ?? "",
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    PendingConfirmation: String(subscription.token !== undefined),
    // A queue of the same account is confirmed by the call itself, which is authenticated.
    ConfirmationWasAuthenticated: String(subscription.protocol === "sqs"),
  };
}
