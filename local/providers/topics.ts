import { checkSubscriptionAttributes, checkTopicAttributes, TOPIC_NAME } from "../cloud/sns/topic.ts";
import type { Properties } from "../program/wire.ts";
import { attributes, changedAttributes, validations } from "./api-attributes.ts";
import { matching, oneOf, refused } from "./checks.ts";
import { drift, taken } from "./drift.ts";
import type { ProviderPorts, ResourceType, ResourceTypes } from "./resource-type.ts";
import { arn, deployer, tagChanges, tagList, text, unlessGone } from "./resource-type.ts";

const TOPIC_ATTRIBUTES = {
  ...{ displayName: "DisplayName", kmsMasterKeyId: "KmsMasterKeyId", policy: "Policy" },
  // The local cloud refuses these by name.
  ...{ archivePolicy: "ArchivePolicy", contentBasedDeduplication: "ContentBasedDeduplication" },
  ...{ deliveryPolicy: "DeliveryPolicy", fifoTopic: "FifoTopic" },
  ...{ signatureVersion: "SignatureVersion", tracingConfig: "TracingConfig" },
} as const;

const SUBSCRIPTION_ATTRIBUTES = {
  ...{ deliveryPolicy: "DeliveryPolicy", filterPolicy: "FilterPolicy" },
  ...{ rawMessageDelivery: "RawMessageDelivery", redrivePolicy: "RedrivePolicy" },
  subscriptionRoleArn: "SubscriptionRoleArn",
} as const;

const SUBSCRIPTION_DEFAULTS = { rawMessageDelivery: "false" } as const;

async function putTopicPolicy(
  request: { inputs: Properties; region: string },
  { call }: ProviderPorts,
): Promise<void> {
  const { inputs } = request;
  const input = {
    TopicArn: text(inputs, "arn"),
    AttributeName: "Policy",
    AttributeValue: text(inputs, "policy"),
  };
  await call("sns", "SetTopicAttributes", input, deployer(request));
}

const SUBSCRIPTION: ResourceType = {
  describe: ({ inputs, account }) => ({
    id: `${text(inputs, "topic")}:${text(inputs, "protocol")}`,
    outputs: { ownerId: account, pendingConfirmation: inputs.protocol === "email" },
  }),
  check: (inputs) =>
    refused(inputs, {
      protocol: oneOf(["email", "sqs"]),
      ...validations(SUBSCRIPTION_ATTRIBUTES, (set) =>
        checkSubscriptionAttributes(set, inputs.protocol === "sqs" ? "sqs" : "email"),
      ),
    }),
  create: async (request, { call }, described) => {
    const { inputs } = request;
    const input = {
      ...{ TopicArn: text(inputs, "topic"), Protocol: text(inputs, "protocol") },
      Endpoint: text(inputs, "endpoint"),
      Attributes: attributes(inputs, SUBSCRIPTION_ATTRIBUTES),
      ReturnSubscriptionArn: true,
    };
    const { SubscriptionArn } = await call("sns", "Subscribe", input, deployer(request));
    described.id = String(SubscriptionArn);
    described.outputs.arn = described.id;
  },
  replacedBy: ["topic", "protocol", "endpoint"],
  update: async (request, { call }) => {
    for (const [AttributeName, AttributeValue] of changedAttributes(
      request,
      SUBSCRIPTION_ATTRIBUTES,
      SUBSCRIPTION_DEFAULTS,
    )) {
      const input = { SubscriptionArn: request.id, AttributeName, AttributeValue };
      await call("sns", "SetSubscriptionAttributes", input, deployer(request));
    }
  },
  delete: async (request, { call }) => {
    await unlessGone(call("sns", "Unsubscribe", { SubscriptionArn: request.id }, deployer(request)));
  },
  read: async (request, { call }) => {
    const { id, inputs } = request;
    const input = { SubscriptionArn: id };
    const found = await unlessGone(call("sns", "GetSubscriptionAttributes", input, deployer(request)));
    if (!found) return undefined;
    const none = Object.fromEntries(Object.keys(SUBSCRIPTION_ATTRIBUTES).map((name) => [name, undefined]));
    const now = { ...none, ...taken(found.Attributes, SUBSCRIPTION_ATTRIBUTES) };
    const { PendingConfirmation } = taken(found.Attributes, { PendingConfirmation: "PendingConfirmation" });
    return {
      inputs: drift(inputs, now, SUBSCRIPTION_DEFAULTS),
      outputs: { pendingConfirmation: PendingConfirmation === "true" },
    };
  },
  except: "mails stay in a mailbox on this machine",
};

/** Amazon SNS. */
export const TOPIC_TYPES: ResourceTypes = {
  "aws:sns/topic:Topic": {
    describe: (request) => {
      const topicArn = arn(request, "sns", text(request.inputs, "name"));
      return { id: topicArn, outputs: { arn: topicArn, owner: request.account } };
    },
    check: (inputs) =>
      refused(inputs, { name: matching(TOPIC_NAME), ...validations(TOPIC_ATTRIBUTES, checkTopicAttributes) }),
    create: async (request, { call }) => {
      const { inputs } = request;
      const Attributes = attributes(inputs, TOPIC_ATTRIBUTES);
      const input = { Name: text(inputs, "name"), Attributes, Tags: tagList(inputs) };
      await call("sns", "CreateTopic", input, deployer(request));
    },
    replacedBy: ["name", "namePrefix", "fifoTopic"],
    update: async (request, { call }) => {
      const from = deployer(request);
      for (const [AttributeName, AttributeValue] of changedAttributes(request, TOPIC_ATTRIBUTES))
        await call(
          "sns",
          "SetTopicAttributes",
          { TopicArn: request.id, AttributeName, AttributeValue },
          from,
        );
      const { put, gone } = tagChanges(request.before, request.inputs);
      const ResourceArn = request.id;
      if (Object.keys(put).length > 0)
        await call("sns", "TagResource", { ResourceArn, Tags: tagList({ tags: put }) }, from);
      if (gone.length > 0) await call("sns", "UntagResource", { ResourceArn, TagKeys: gone }, from);
    },
    delete: async (request, { call }) => {
      await unlessGone(call("sns", "DeleteTopic", { TopicArn: request.id }, deployer(request)));
    },
    read: async (request, { call }) => {
      const { id, inputs } = request;
      const found = await unlessGone(call("sns", "GetTopicAttributes", { TopicArn: id }, deployer(request)));
      if (!found) return undefined;
      const { displayName, kmsMasterKeyId, policy } = taken(found.Attributes, TOPIC_ATTRIBUTES);
      // A topic without a policy of its own shows the one that every topic is made with.
      const own = inputs.policy === undefined ? {} : { policy };
      return { inputs: drift(inputs, { displayName, kmsMasterKeyId, ...own }) };
    },
    autoname: "name",
  },
  "aws:sns/topicPolicy:TopicPolicy": {
    describe: ({ inputs, account }) => ({ id: text(inputs, "arn"), outputs: { owner: account } }),
    check: (inputs) => refused(inputs, validations({ policy: "Policy" }, checkTopicAttributes)),
    create: putTopicPolicy,
    replacedBy: ["arn"],
    update: putTopicPolicy,
    // The provider puts the policy back that topics are made with.
    delete: async (request, { call }) => {
      const input = { TopicArn: request.id, AttributeName: "Policy", AttributeValue: "" };
      await unlessGone(call("sns", "SetTopicAttributes", input, deployer(request)));
    },
    read: async (request, { call }) => {
      const input = { TopicArn: request.id };
      const found = await unlessGone(call("sns", "GetTopicAttributes", input, deployer(request)));
      const { policy } = taken(found?.Attributes, { policy: "Policy" });
      return policy === undefined ? undefined : { inputs: drift(request.inputs, { policy }) };
    },
  },
  "aws:sns/topicSubscription:TopicSubscription": SUBSCRIPTION,
};
