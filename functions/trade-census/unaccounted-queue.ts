import {
  type BatchResultErrorEntry,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { retryableError } from "../adapters/errors.ts";
import { failureOf } from "../adapters/service-errors.ts";
import type { ArchivedEvent } from "./archived-event.ts";

/** Largest batch of messages by count; by size each message goes alone if need be. */
const MESSAGES_PER_REQUEST = 10;
const BYTES_PER_REQUEST = 1_000_000;
/** Refusals of a message for what it says, or for its size (Amazon SQS API Reference, SendMessageBatch). */
const REFUSALS = ["BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue"];

/** Hands events without an outcome to their queue, as messages that a redrive starts the workflow with. */
export function unaccountedQueue(client: SQSClient, QueueUrl: string, signal: AbortSignal) {
  const options = { abortSignal: signal };

  /** Sends messages; gives those that the queue does not take. */
  async function refusedOf(batch: readonly ArchivedEvent[]): Promise<readonly ArchivedEvent[]> {
    const Entries = batch.map((event, index) => ({ Id: String(index), MessageBody: bodyOf(event) }));
    const send = new SendMessageBatchCommand({ QueueUrl, Entries });
    const answer = await client.send(send, options).catch((thrown: unknown) => {
      if (thrown instanceof Error && REFUSALS.includes(thrown.name)) return undefined;
      return failureOf("SQS SendMessageBatch")(thrown);
    });
    if (answer === undefined) {
      if (batch.length === 1) return batch;
      const alone: ArchivedEvent[] = [];
      for (const event of batch) alone.push(...(await refusedOf([event])));
      return alone;
    }
    return (answer.Failed ?? []).map((failed) => refused(failed, batch));
  }

  return {
    /** What the queue does not take goes there without its text: the event itself is in the archive. */
    async report(events: readonly ArchivedEvent[]): Promise<void> {
      for (const batch of batches(events))
        for (const event of await refusedOf(batch)) {
          const send = new SendMessageCommand({ QueueUrl, MessageBody: archiveOnly(event) });
          await client.send(send, options).catch(failureOf("SQS SendMessage"));
        }
    },
  };
}

function refused({ Id, Code, Message, SenderFault }: BatchResultErrorEntry, batch: readonly ArchivedEvent[]) {
  const event = batch[Number(Id)];
  if (SenderFault !== true || event === undefined)
    throw retryableError(`SQS SendMessageBatch: ${Code}: ${Message}`);
  return event;
}

function bodyOf({ event, envelope, replay }: ArchivedEvent): string {
  const head = JSON.stringify({ event, outcome: "unaccounted", census: replay });
  return `${head.slice(0, -1)},"envelope":${envelope}}`;
}

function archiveOnly({ event, source, time, tradeId, replay }: ArchivedEvent): string {
  const error = "the queue does not take the event's text, or it is too long";
  return JSON.stringify({
    ...{ event, outcome: "unaccounted", census: replay, archiveOnly: true },
    ...{ source, time, error, ...(tradeId !== undefined && { tradeId }) },
  });
}

function batches(events: readonly ArchivedEvent[]): ArchivedEvent[][] {
  const all: ArchivedEvent[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const bytes = Buffer.byteLength(bodyOf(event));
    const last = all.at(-1);
    size += bytes;
    if (last === undefined || last.length === MESSAGES_PER_REQUEST || size > BYTES_PER_REQUEST) {
      all.push([event]);
      size = bytes;
    } else last.push(event);
  }
  return all;
}
