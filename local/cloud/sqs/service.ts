import { Input } from "../input.ts";
import type { MetricStore } from "../monitoring/metric-store.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { allowsRedriveFrom, checkAttributes, type RedrivePolicy } from "./attributes.ts";
import { runBatch } from "./batch.ts";
import { QueueDurability } from "./durable.ts";
import { attributesDigest, bodyDigest, messageBytes, readMessage } from "./message.ts";
import { QueueMetrics } from "./metrics.ts";
import { moveTaskOperations } from "./move-tasks.ts";
import { addPermission, removePermission } from "./permissions.ts";
import { Queue, type StoredMessage } from "./queue.ts";
import { receiveMessages, type Waiters } from "./receive.ts";

// An own implementation, since the store of the library fauxqs is reachable only through its web server and reads the system's clock.

/** SQS: standard queues in memory. */
export interface SqsService extends Service {
  /**
   * Start of the queue URLs that are given out. Undefined stands for `https://sqs.<region>.amazonaws.com`, as on AWS;
   * an endpoint that is started puts its own URL here. Any URL is taken whose last two path segments are account and
   * name.
   */
  queueUrlBase: string | undefined;
  /** A region's queues by name, for looking at them without receiving. */
  queues(region: string): ReadonlyMap<string, Queue>;
}

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const MAXIMUM_BATCH_BYTES = 1_048_576;
const MAXIMUM_RESULTS = 1000;

/** `metrics` takes in what queues measure of themselves. */
export function createSqs(surroundings: Surroundings, metrics?: MetricStore): SqsService {
  const { account, clock } = surroundings;
  const regions = new RegionState(() => new Map<string, Queue>());
  const waiters: Waiters = new Map();
  const allQueues = () => [...regions.entries()].flatMap(([, queues]) => [...queues.values()]);
  const measured = new QueueMetrics(clock, metrics, allQueues);

  const urlOf = (region: string, name: string): string =>
    `${service.queueUrlBase ?? `https://sqs.${region}.amazonaws.com`}/${account}/${name}`;

  const find = (json: Json, call: Call): Queue => {
    const url = new Input(json, "InvalidParameterValue").text("QueueUrl");
    const [owner, name = ""] = url.split("/").slice(-2);
    const queue = owner === account ? regions.of(call.region).get(name) : undefined;
    if (!queue) throw noSuchQueue();
    measured.used(queue);
    return queue;
  };

  const bury = (queue: Queue, message: StoredMessage, policy: RedrivePolicy): boolean => {
    const [, , , region = "", owner, name = ""] = policy.deadLetterTargetArn.split(":");
    const target = owner === account ? regions.of(region).get(name) : undefined;
    target?.adopt(message, queue.arn);
    return target !== undefined;
  };

  const checkTarget = (attributes: Readonly<Record<string, string>>, region: string, name: string): void => {
    checkAttributes(attributes);
    const text = attributes.RedrivePolicy;
    if (!text) return;
    const target = String(JSON.parse(text).deadLetterTargetArn).split(":");
    if (target[3] !== region || target[5] === name || !regions.of(region).has(target[5] ?? ""))
      throw new ServiceError(
        "InvalidParameterValue",
        `Value ${text} for parameter RedrivePolicy is invalid. Reason: Dead letter target must be another queue of the region that exists.`,
      );
    const allowed = regions.of(region).get(target[5] ?? "")?.attributes.RedriveAllowPolicy;
    if (!allowsRedriveFrom(allowed, `arn:aws:sqs:${region}:${account}:${name}`))
      throw new ServiceError(
        "InvalidParameterValue",
        `Value ${text} for parameter RedrivePolicy is invalid. Reason: The RedriveAllowPolicy of the dead letter target does not allow queue ${name}.`,
      );
  };

  const findByArn = (arn: string, region: string): Queue | undefined => {
    const queue = regions.of(region).get(arn.slice(arn.lastIndexOf(":") + 1));
    return queue?.arn === arn ? queue : undefined;
  };

  /** Names of the queues whose redrive policy names this one. */
  const sourcesOf = (queue: Queue, region: string): string[] =>
    [...regions.of(region).values()]
      .filter(({ redrive }) => redrive?.deadLetterTargetArn === queue.arn)
      .map(({ name }) => name);

  const page = (json: Json, names: readonly string[], region: string): { urls: string[]; token: Json } => {
    const input = new Input(json, "InvalidParameterValue");
    const limit = input.optionalInteger("MaxResults", { minimum: 1, maximum: MAXIMUM_RESULTS });
    const after = input.optionalText("NextToken") ?? "";
    const rest = names.filter((name) => name > after).sort();
    const shown = rest.slice(0, limit ?? MAXIMUM_RESULTS);
    const token = limit !== undefined && rest.length > shown.length ? { NextToken: shown.at(-1) } : {};
    return { urls: shown.map((name) => urlOf(region, name)), token };
  };

  const send = (queue: Queue, json: Json, call: Call): Json => {
    const message = queue.send(readMessage(json, queue.number("MaximumMessageSize")), call.principal);
    measured.sent(queue, messageBytes(json));
    const digest = attributesDigest(message.attributes);
    return {
      MessageId: message.id,
      MD5OfMessageBody: bodyDigest(message.body),
      ...(digest ? { MD5OfMessageAttributes: digest } : {}),
    };
  };

  const remove = (queue: Queue, json: Json): Json => {
    queue.delete(receiptHandle(json));
    measured.deleted(queue);
    return {};
  };

  const changeVisibility = (queue: Queue, json: Json): Json => {
    const seconds = new Input(json, "InvalidParameterValue").integer("VisibilityTimeout", {
      minimum: 0,
      maximum: 43_200,
    });
    if (!queue.changeVisibility(receiptHandle(json), seconds))
      throw new ServiceError(
        "InvalidParameterValue",
        `Value ${receiptHandle(json)} for parameter ReceiptHandle is invalid. ` +
          "Reason: Message does not exist or is not available for visibility timeout change.",
      );
    return {};
  };

  const queueOf = (arn: string): Queue | undefined => findByArn(arn, arn.split(":", 4)[3] ?? "");

  const durable = new QueueDurability(allQueues, queueOf);

  const service: SqsService = {
    name: "sqs",
    durable,
    queueUrlBase: undefined,
    queues: (region) => regions.of(region),
    resourcePolicy: (arn) => queueOf(arn)?.attributes.Policy || undefined,
    encryptionKey: (arn) => queueOf(arn)?.attributes.KmsMasterKeyId || undefined,
    operations: {
      CreateQueue(json, call) {
        const input = new Input(json, "InvalidParameterValue").only(["QueueName", "Attributes", "tags"]);
        const name = input.text("QueueName");
        if (!QUEUE_NAME.test(name))
          throw new ServiceError(
            "InvalidParameterValue",
            `Queue name "${name.slice(0, 100)}" is invalid: standard queues only, of 1 to 80 alphanumeric ` +
              "characters, hyphens or underscores.",
          );
        const attributes = input.textMap("Attributes");
        checkTarget(attributes, call.region, name);
        const queues = regions.of(call.region);
        const existing = queues.get(name);
        const different = Object.entries(attributes).find(
          ([key, value]) => existing && existing.attributes[key] !== value,
        );
        if (different)
          throw new ServiceError(
            "QueueNameExists",
            `A queue already exists with the same name and a different value for attribute ${different[0]}`,
          );
        if (!existing) {
          const arn = `arn:aws:sqs:${call.region}:${account}:${name}`;
          const queue = new Queue(clock, arn, attributes, { ...input.textMap("tags") });
          queue.onVisible = () => {
            for (const wake of [...(waiters.get(queue) ?? [])]) wake();
          };
          durable.watch(queue);
          queues.set(name, queue);
          measured.used(queue);
        }
        return { QueueUrl: urlOf(call.region, name) };
      },
      DeleteQueue(json, call) {
        const queue = find(json, call);
        regions.of(call.region).delete(queue.name);
        queue.onChange({ purged: true });
        endPolls(waiters, queue);
      },
      GetQueueUrl(json, call) {
        const name = new Input(json, "InvalidParameterValue").text("QueueName");
        if (!regions.of(call.region).has(name)) throw noSuchQueue();
        return { QueueUrl: urlOf(call.region, name) };
      },
      ListQueues(json, call) {
        const prefix = new Input(json, "InvalidParameterValue").optionalText("QueueNamePrefix") ?? "";
        const names = [...regions.of(call.region).keys()].filter((name) => name.startsWith(prefix));
        const { urls, token } = page(json, names, call.region);
        return { ...(urls.length > 0 ? { QueueUrls: urls } : {}), ...token };
      },
      ListDeadLetterSourceQueues(json, call) {
        const { urls, token } = page(json, sourcesOf(find(json, call), call.region), call.region);
        return { queueUrls: urls, ...token };
      },
      AddPermission: (json, call) => addPermission(find(json, call), json),
      RemovePermission: (json, call) => removePermission(find(json, call), json),
      ...moveTaskOperations(clock, findByArn, (queue, region) => sourcesOf(queue, region).length > 0),
      GetQueueAttributes: (json, call) => ({
        Attributes: shownAttributes(find(json, call), new Input(json).texts("AttributeNames")),
      }),
      SetQueueAttributes(json, call) {
        const queue = find(json, call);
        const attributes = new Input(json, "InvalidParameterValue").textMap("Attributes");
        checkTarget(attributes, call.region, queue.name);
        queue.attributes = { ...queue.attributes, ...attributes };
        for (const [name, value] of Object.entries(attributes))
          if (value === "") delete queue.attributes[name];
        queue.modifiedAt = clock.now();
      },
      PurgeQueue: (json, call) => find(json, call).purge(),
      TagQueue(json, call) {
        Object.assign(find(json, call).tags, new Input(json, "InvalidParameterValue").textMap("Tags"));
      },
      UntagQueue(json, call) {
        const { tags } = find(json, call);
        for (const key of new Input(json, "InvalidParameterValue").texts("TagKeys")) delete tags[key];
      },
      ListQueueTags: (json, call) => ({ Tags: find(json, call).tags }),
      SendMessage: (json, call) => send(find(json, call), json, call),
      SendMessageBatch(json, call) {
        const queue = find(json, call);
        const bytes = new Input(json).records("Entries").reduce((sum, entry) => sum + messageBytes(entry), 0);
        if (bytes > MAXIMUM_BATCH_BYTES)
          throw new ServiceError(
            "BatchRequestTooLong",
            `Batch requests cannot be longer than ${MAXIMUM_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
          );
        return runBatch(json, (entry) => send(queue, entry, call));
      },
      async ReceiveMessage(json, call) {
        const queue = find(json, call);
        const isOfFunction = call.sourceFunctionArn !== undefined;
        const received = await receiveMessages(
          surroundings,
          waiters,
          queue,
          json,
          isOfFunction,
          (message, policy) => bury(queue, message, policy),
        );
        measured.received(queue, Array.isArray(received.Messages) ? received.Messages.length : 0);
        return received;
      },
      DeleteMessage: (json, call) => remove(find(json, call), json),
      DeleteMessageBatch(json, call) {
        const queue = find(json, call);
        return runBatch(json, (entry) => remove(queue, entry));
      },
      ChangeMessageVisibility: (json, call) => changeVisibility(find(json, call), json),
      ChangeMessageVisibilityBatch(json, call) {
        const queue = find(json, call);
        return runBatch(json, (entry) => changeVisibility(queue, entry));
      },
    },
    async close() {
      measured.close();
      for (const queue of [...waiters.keys()]) endPolls(waiters, queue);
    },
  };
  return service;
}

function endPolls(waiters: Waiters, queue: Queue): void {
  const waiting = waiters.get(queue);
  waiters.delete(queue);
  for (const end of [...(waiting ?? [])]) end();
}

function receiptHandle(json: Json): string {
  const handle = json.ReceiptHandle;
  if (typeof handle !== "string" || !/^[0-9a-f-]{36}$/.test(handle))
    throw new ServiceError(
      "ReceiptHandleIsInvalid",
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    );
  return handle;
}

function shownAttributes(queue: Queue, names: readonly string[]): Record<string, string> {
  const { visible, inFlight, delayed } = queue.counts();
  const all: Record<string, string> = {
    ...queue.attributes,
    SqsManagedSseEnabled: queue.attributes.SqsManagedSseEnabled ?? String(!queue.attributes.KmsMasterKeyId),
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes("All") || names.includes(name)),
  );
}

function noSuchQueue(): ServiceError {
  return new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
}
