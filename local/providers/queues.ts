import { queueUrlOf } from "../cloud/queue-url.ts";
import type { Properties } from "../program/wire.ts";
import type { ResourceTypes } from "./resource-type.ts";
import { arn, DEPLOYER, record, text } from "./resource-type.ts";

/** Queue attributes of the API, by the input that sets each. */
const ATTRIBUTES = {
  messageRetentionSeconds: "MessageRetentionPeriod",
  maxMessageSize: "MaximumMessageSize",
  visibilityTimeoutSeconds: "VisibilityTimeout",
  delaySeconds: "DelaySeconds",
  receiveWaitTimeSeconds: "ReceiveMessageWaitTimeSeconds",
  redrivePolicy: "RedrivePolicy",
  redriveAllowPolicy: "RedriveAllowPolicy",
  policy: "Policy",
  kmsMasterKeyId: "KmsMasterKeyId",
  kmsDataKeyReusePeriodSeconds: "KmsDataKeyReusePeriodSeconds",
  sqsManagedSseEnabled: "SqsManagedSseEnabled",
} as const;

function attributes(inputs: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ATTRIBUTES)
      .filter(([input]) => inputs[input] !== undefined && inputs[input] !== null)
      .map(([input, attribute]) => [attribute, String(inputs[input])]),
  );
}

/** Amazon SQS and SNS. */
export const QUEUE_TYPES: ResourceTypes = {
  "aws:sqs/queue:Queue": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      const queueArn = arn(request, "sqs", name);
      const url = queueUrlOf(queueArn);
      return { id: url, outputs: { url, arn: queueArn } };
    },
    // The URL names this machine's endpoint: the SDKs send requests to the host that a queue's URL names.
    create: async ({ inputs, region }, { call }, described) => {
      const tags = Object.fromEntries(Object.entries(record(inputs.tags)).map(([k, v]) => [k, String(v)]));
      const input = { QueueName: text(inputs, "name"), Attributes: attributes(inputs), tags };
      const { QueueUrl } = await call("sqs", "CreateQueue", input, { region, principal: DEPLOYER });
      described.id = String(QueueUrl);
      described.outputs.url = described.id;
    },
    autoname: "name",
  },
  "aws:sqs/queuePolicy:QueuePolicy": {
    describe: ({ inputs }) => ({ id: text(inputs, "queueUrl"), outputs: {} }),
    create: async ({ inputs, region }, { call }) => {
      const input = { QueueUrl: text(inputs, "queueUrl"), Attributes: { Policy: text(inputs, "policy") } };
      await call("sqs", "SetQueueAttributes", input, { region, principal: DEPLOYER });
    },
    except: "stored and shown, not enforced yet",
  },
  "aws:sns/topic:Topic": {
    describe: (request) => {
      const topicArn = arn(request, "sns", text(request.inputs, "name"));
      return { id: topicArn, outputs: { arn: topicArn } };
    },
    inert: "alarms are not evaluated yet, and nothing else publishes",
    autoname: "name",
  },
  "aws:sns/topicPolicy:TopicPolicy": {
    describe: ({ inputs }) => ({ id: text(inputs, "arn"), outputs: {} }),
    inert: "alarms are not evaluated yet, and nothing else publishes",
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    describe: ({ inputs, urn }) => ({ id: `${text(inputs, "topic")}:${urn.length}`, outputs: {} }),
    inert: "nothing is sent from this machine",
  },
};
