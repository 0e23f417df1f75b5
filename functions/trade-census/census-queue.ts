import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { failureOf } from "../adapters/service-errors.ts";
import { type ArchivedEvent, archivedEvent } from "./archived-event.ts";

/** Requests side by side: each brings at most ten messages. */
const SIDE_BY_SIDE = 10;
/**
 * For how long a message is hidden whose request was answered and the answer lost: less than a census waits at the end,
 * so that it comes again.
 */
const HIDDEN_SECONDS = 4;

/** What the queue gave at one look. */
export interface Look {
  /** Those of the replay. */
  readonly events: readonly ArchivedEvent[];
  /** Whether it gave nothing at all, of no replay. */
  readonly isEmpty: boolean;
}

/**
 * The queue of a replay's events. Messages are removed as they are read: they are copies of what is in the archive, and a
 * census that breaks off is taken anew. Those of such a census are removed unread.
 */
export function censusQueue(client: SQSClient, QueueUrl: string, signal: AbortSignal) {
  const options = { abortSignal: signal };
  const some = async (replay: string, WaitTimeSeconds: number): Promise<Look> => {
    const receive = new ReceiveMessageCommand({
      ...{ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: HIDDEN_SECONDS, WaitTimeSeconds },
    });
    const { Messages = [] } = await client.send(receive, options).catch(failureOf("SQS ReceiveMessage"));
    if (Messages.length === 0) return { events: [], isEmpty: true };
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await client
      .send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), options)
      .catch(failureOf("SQS DeleteMessageBatch"));
    const events = Messages.flatMap(({ Body = "" }) => archivedEvent(Body) ?? []);
    return { events: events.filter((event) => event.replay === replay), isEmpty: false };
  };
  return {
    /** What the queue has now: many messages at once, or, as soon as there is one, what comes within `waitSeconds`. */
    receive: async (replay: string, waitSeconds: number): Promise<Look> => {
      const first = await some(replay, waitSeconds);
      if (first.isEmpty) return first;
      const more = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => some(replay, 0)));
      return { events: [first, ...more].flatMap(({ events }) => events), isEmpty: false };
    },
  };
}
