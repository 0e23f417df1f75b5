import { queueUrlOf } from "../cloud/queue-url.ts";
import { checkAttributes } from "../cloud/sqs/attributes.ts";
import type { Properties } from "../program/wire.ts";
import { attributes, changedAttributes, validations } from "./api-attributes.ts";
import { matching, oneOf, refused } from "./checks.ts";
import { drift, taken } from "./drift.ts";
import type { ProviderPorts, ResourceType, ResourceTypes } from "./resource-type.ts";
import { arn, deployer, record, tagChanges, text, unlessGone } from "./resource-type.ts";
import { TOPIC_TYPES } from "./topics.ts";

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

/** Attributes of the API that an input goes back to when it is taken away. (SetQueueAttributes, defaults.) */
const QUEUE_DEFAULTS = {
  messageRetentionSeconds: "345600",
  maxMessageSize: "1048576",
  visibilityTimeoutSeconds: "30",
  delaySeconds: "0",
  receiveWaitTimeSeconds: "0",
  kmsDataKeyReusePeriodSeconds: "300",
} as const;

/** Inputs that a resource of their own may set instead, or that follow from others where they are left out. */
const READ_IF_STATED = ["policy", "redrivePolicy", "redriveAllowPolicy", "sqsManagedSseEnabled"];

const QUEUE: ResourceType = {
  describe: (request) => {
    const queueArn = arn(request, "sqs", text(request.inputs, "name"));
    const url = queueUrlOf(queueArn);
    return { id: url, outputs: { url, arn: queueArn } };
  },
  check: (inputs) =>
    refused(inputs, {
      name: matching(/^[A-Za-z0-9_-]{1,80}$/),
      ...validations(ATTRIBUTES, checkAttributes),
      fifoQueue: oneOf([false]),
    }),
  // The URL names this machine's endpoint: the SDKs send requests to the host that a queue's URL names.
  create: async (request, { call }, described) => {
    const { inputs } = request;
    const input = { QueueName: text(inputs, "name"), Attributes: attributes(inputs, ATTRIBUTES) };
    const tags = textTags(record(inputs.tags));
    const { QueueUrl } = await call("sqs", "CreateQueue", { ...input, tags }, deployer(request));
    described.id = String(QueueUrl);
    described.outputs.url = described.id;
  },
  replacedBy: ["name", "namePrefix", "fifoQueue"],
  update: async (request, { call }) => {
    const QueueUrl = request.id;
    const from = deployer(request);
    const changed = changedAttributes(request, ATTRIBUTES, QUEUE_DEFAULTS);
    if (changed.length > 0)
      await call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: Object.fromEntries(changed) }, from);
    const { put, gone } = tagChanges(request.before, request.inputs);
    if (Object.keys(put).length > 0) await call("sqs", "TagQueue", { QueueUrl, Tags: textTags(put) }, from);
    if (gone.length > 0) await call("sqs", "UntagQueue", { QueueUrl, TagKeys: gone }, from);
  },
  delete: async (request, { call }) => {
    await unlessGone(call("sqs", "DeleteQueue", { QueueUrl: request.id }, deployer(request)));
  },
  read: async (request, { call }) => {
    const { id: QueueUrl, inputs } = request;
    const from = deployer(request);
    const found = await unlessGone(
      call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] }, from),
    );
    if (!found) return undefined;
    const { Tags } = await call("sqs", "ListQueueTags", { QueueUrl }, from);
    const now = taken(found.Attributes, ATTRIBUTES);
    const read = Object.keys(ATTRIBUTES).filter(
      (input) => !READ_IF_STATED.includes(input) || (inputs[input] ?? undefined) !== undefined,
    );
    const shown = { ...Object.fromEntries(read.map((input) => [input, now[input]])), tags: Tags };
    return { inputs: drift(inputs, shown, QUEUE_DEFAULTS) };
  },
  autoname: "name",
};

function textTags(tags: Properties): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]));
}

async function putQueuePolicy(
  request: { inputs: Properties; region: string },
  { call }: ProviderPorts,
): Promise<void> {
  const { inputs } = request;
  const input = { QueueUrl: text(inputs, "queueUrl"), Attributes: { Policy: text(inputs, "policy") } };
  await call("sqs", "SetQueueAttributes", input, deployer(request));
}

/** Amazon SQS and SNS. */
export const QUEUE_TYPES: ResourceTypes = {
  "aws:sqs/queue:Queue": QUEUE,
  "aws:sqs/queuePolicy:QueuePolicy": {
    describe: ({ inputs }) => ({ id: text(inputs, "queueUrl"), outputs: {} }),
    check: (inputs) => refused(inputs, validations({ policy: "Policy" }, checkAttributes)),
    create: putQueuePolicy,
    replacedBy: ["queueUrl"],
    update: putQueuePolicy,
    delete: async (request, { call }) => {
      const input = { QueueUrl: request.id, Attributes: { Policy: "" } };
      await unlessGone(call("sqs", "SetQueueAttributes", input, deployer(request)));
    },
    read: async (request, { call }) => {
      const input = { QueueUrl: request.id, AttributeNames: ["Policy"] };
      const found = await unlessGone(call("sqs", "GetQueueAttributes", input, deployer(request)));
      const { policy } = taken(found?.Attributes, { policy: "Policy" });
      return policy === undefined ? undefined : { inputs: drift(request.inputs, { policy }) };
    },
  },
  ...TOPIC_TYPES,
};
