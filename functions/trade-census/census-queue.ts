import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { retryableError } from "../adapters/errors.ts";
import { type ArchivedEvent, archivedEvent } from "./archived-event.ts";
import { failure } from "./queue-failure.ts";

/** Requests side by side: each brings at most ten messages. */
const SIDE_BY_SIDE = 10;
/** Long polling asks all of the queue's servers (SQS Developer Guide, "Short and long polling"). */
const WAIT_SECONDS = 1;

/**
 * The queue of a replay's events. Messages are removed as they are read: they are copies of what is in the archive, and a
 * census that breaks off is taken anew. Those of such a census are removed unread.
 */
export function censusQueue(client: SQSClient, QueueUrl: string, signal: AbortSignal) {
  const options = { abortSignal: signal };
  const some = async (replay: string): Promise<ArchivedEvent[]> => {
    const receive = new ReceiveMessageCommand({
      ...{ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: WAIT_SECONDS },
    });
    const { Messages = [] } = await client.send(receive, options).catch(failure("ReceiveMessage"));
    if (Messages.length === 0) return [];
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await client
      .send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), options)
      .catch(failure("DeleteMessageBatch"));
    return Messages.flatMap(({ Body = "" }) => archivedEvent(Body) ?? []).filter(
      (event) => event.replay === replay,
    );
  };
  return {
    /** Events of the replay that the queue has now. */
    receive: async (replay: string): Promise<ArchivedEvent[]> =>
      (await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => some(replay)))).flat(),
  };
}

/** Largest batch of messages by count; by size each message goes alone if need be. */
const MESSAGES_PER_REQUEST = 10;
const BYTES_PER_REQUEST = 1_000_000;

/** Hands events without an outcome to their queue, as messages that a redrive starts the workflow with. */
export function unaccountedQueue(client: SQSClient, QueueUrl: string, signal: AbortSignal) {
  return {
    async report(events: readonly ArchivedEvent[]): Promise<void> {
      for (const batch of batches(events)) {
        const Entries = batch.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
        const answer = await client
          .send(new SendMessageBatchCommand({ QueueUrl, Entries }), { abortSignal: signal })
          .catch(failure("SendMessageBatch"));
        const [failed] = answer.Failed ?? [];
        if (failed) throw retryableError(`SQS SendMessageBatch: ${failed.Code}: ${failed.Message}`);
      }
    },
  };
}

function batches(events: readonly ArchivedEvent[]): string[][] {
  const all: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const { event, envelope, replay } of events) {
    const body = JSON.stringify({ event, outcome: "unaccounted", census: replay, envelope });
    const last = all.at(-1);
    size += Buffer.byteLength(body);
    if (last === undefined || last.length === MESSAGES_PER_REQUEST || size > BYTES_PER_REQUEST) {
      all.push([body]);
      size = Buffer.byteLength(body);
    } else last.push(body);
  }
  return all;
}
