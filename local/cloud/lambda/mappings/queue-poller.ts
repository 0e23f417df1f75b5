import type { Json } from "../../service.ts";
import { isRefusal } from "../acting.ts";
import {
  asRole,
  failuresIn,
  filterOf,
  invokeWith,
  REFUSED_PAUSE_MILLISECONDS,
  type Source,
} from "./source.ts";

/** Most messages of one request to SQS, and longest wait for them. */
const REQUEST_MESSAGES = 10;
const WAIT_SECONDS = 20;
/** Batches of a queue that Lambda processes at a time to begin with. */
const POLLERS = 5;
/** Records of a batch that fit into an invocation. */
const MAXIMUM_BATCH_BYTES = 6_000_000;

/**
 * Polls a queue and invokes the function with what it receives (Lambda, "Using Lambda with Amazon SQS"). What the
 * function does not fail is deleted; the rest appears again after the queue's visibility timeout.
 */
export function pollQueue(source: Source): void {
  const pollers = Math.min(POLLERS, source.settings.maximumConcurrency ?? POLLERS);
  for (let count = 0; count < pollers; count += 1) void poll(source);
}

async function poll(source: Source): Promise<void> {
  const passes = filterOf(source.settings.filters);
  const { clock } = source.surroundings;
  while (!source.pauses.isClosed) {
    const asked = clock.now();
    try {
      const batch = await gather(source, passes);
      if (batch.length > 0) await process(source, batch);
      // A source that does not wait for messages is asked once a second.
      else if (clock.now() === asked) await source.pauses.wait(REFUSED_PAUSE_MILLISECONDS);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      source.report(`PROBLEM: ${error.code}: ${error.message}`);
      await source.pauses.wait(REFUSED_PAUSE_MILLISECONDS);
    }
  }
}

/** Receives messages until the batch is full or its window is over; those that no filter takes are deleted. */
async function gather(source: Source, passes: (record: Json) => boolean): Promise<Json[]> {
  const { batchSize, windowSeconds } = source.settings;
  const { clock } = source.surroundings;
  const batch: Json[] = [];
  let bytes = 0;
  let end = Number.POSITIVE_INFINITY;
  while (batch.length < batchSize && bytes < MAXIMUM_BATCH_BYTES && !source.pauses.isClosed) {
    const left = (end - clock.now()) / 1_000;
    if (left <= 0) break;
    const wanted = Math.min(REQUEST_MESSAGES, batchSize - batch.length);
    const wait = Math.min(WAIT_SECONDS, Math.ceil(left));
    const asked = clock.now();
    const records = await receive(source, wanted, wait).catch((error) => {
      // What was received before has its turn now: in the queue again it would count as received for nothing.
      if (batch.length === 0 || !isRefusal(error)) throw error;
      return undefined;
    });
    if (!records) break;
    const passed = records.filter(passes);
    await remove(
      source,
      records.filter((record) => !passed.includes(record)),
    );
    batch.push(...passed);
    bytes += passed.reduce((sum, { body }) => sum + Buffer.byteLength(String(body)), 0);
    if (windowSeconds === 0) break;
    if (batch.length > 0 && end === Number.POSITIVE_INFINITY) end = clock.now() + windowSeconds * 1_000;
    if (records.length === 0) {
      if (batch.length === 0) break;
      if (clock.now() === asked) await source.pauses.wait(Math.min(1_000, end - clock.now()));
    }
  }
  return batch;
}

async function process(source: Source, batch: readonly Json[]): Promise<void> {
  const result = await invokeWith(source, batch);
  if (result.kind === "refused") return source.pauses.wait(REFUSED_PAUSE_MILLISECONDS);
  if (result.kind === "failed") return;
  const ids = batch.map(({ messageId }) => String(messageId));
  const failed = source.settings.reportsItemFailures ? failuresIn(result.response, ids) : [];
  if (failed === undefined) return source.report("PROBLEM: Function call failed");
  await remove(
    source,
    batch.filter(({ messageId }) => !failed.includes(String(messageId))),
  );
}

async function receive(source: Source, messages: number, seconds: number): Promise<Json[]> {
  const input = {
    QueueUrl: source.queueUrl(source.arn),
    ...{ MaxNumberOfMessages: messages, WaitTimeSeconds: seconds },
    ...{ MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] },
  };
  const { Messages } = await source.surroundings.call("sqs", "ReceiveMessage", input, asRole(source));
  return ((Messages ?? []) as Json[]).map((message) => recordOf(message, source.arn));
}

async function remove(source: Source, records: readonly Json[]): Promise<void> {
  for (let start = 0; start < records.length; start += REQUEST_MESSAGES) {
    const Entries = records.slice(start, start + REQUEST_MESSAGES).map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }));
    const input = { QueueUrl: source.queueUrl(source.arn), Entries };
    await source.surroundings.call("sqs", "DeleteMessageBatch", input, asRole(source));
  }
}

/** A message as a function gets it. */
function recordOf(message: Json, arn: string): Json {
  const attributes = Object.entries((message.MessageAttributes ?? {}) as Record<string, Json>);
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      attributes.map(([name, { StringValue, BinaryValue, DataType }]) => [
        name,
        {
          ...(StringValue === undefined ? {} : { stringValue: StringValue }),
          ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
          ...{ stringListValues: [], binaryListValues: [], dataType: DataType },
        },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion: arn.split(":")[3],
  };
}
