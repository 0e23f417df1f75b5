import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { type LetterMessage, MARK, MARK_ATTRIBUTE, MARK_REASON_ATTRIBUTE } from "./dead-letter.ts";

/** How long a message that was received stays hidden unless that is extended: so long it is away if this process dies. */
const VISIBILITY_SECONDS = 120;
const EXTEND_MILLISECONDS = (VISIBILITY_SECONDS / 3) * 1_000;
/** Messages of one call (Amazon SQS API Reference, ReceiveMessage and ChangeMessageVisibilityBatch). */
const BATCH = 10;
/** Asks all of SQS's servers, so that an empty answer means an empty queue (SQS Developer Guide, "Long polling"). */
const WAIT_SECONDS = 1;
/** Message attributes that a message may have, and the longest reason that is written into one. */
const MAXIMUM_ATTRIBUTES = 10;
const MAXIMUM_REASON = 256;

export interface ReceivedMessage extends LetterMessage {
  readonly id: string;
}

/**
 * Goes through a queue once. Every message that it gives stays hidden from others until it is deleted or the pass is
 * closed, which shows it again at once.
 */
export class QueuePass {
  readonly #client: SQSClient;
  readonly #url: string;
  /** What is hidden, by message id. */
  readonly #held = new Map<string, Message>();
  /** Copies that this pass has sent. */
  readonly #copies = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
    this.#timer = setInterval(() => {
      // A message whose time could not be extended comes back, as after a crash.
      this.#hide(VISIBILITY_SECONDS).catch(() => {});
    }, EXTEND_MILLISECONDS);
  }

  /** Each message once; ends when the queue gives none, or one that was seen before. */
  async *messages(signal: AbortSignal): AsyncGenerator<ReceivedMessage> {
    const seen = new Set<string>();
    while (!signal.aborted) {
      const batch = await this.#receive(signal);
      let isRepeated = false;
      const fresh: Message[] = [];
      for (const message of batch) {
        const id = message.MessageId ?? "";
        isRepeated ||= seen.has(id);
        if (!seen.has(id) && !this.#copies.has(id)) fresh.push(message);
        seen.add(id);
      }
      for (const message of fresh) yield received(message);
      if (batch.length === 0 || isRepeated) return;
    }
  }

  /** Deletes a message that is held. */
  async delete(id: string): Promise<void> {
    const message = this.#held.get(id);
    if (!message) return;
    await this.#client.send(
      new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: message.ReceiptHandle }),
    );
    this.#held.delete(id);
  }

  /** Puts a marked copy into the message's place: the copy is there before the message goes. */
  async mark(id: string, reason: string): Promise<void> {
    const message = this.#held.get(id);
    if (!message) return;
    const known = Object.entries(message.MessageAttributes ?? {});
    const text = (value: string): MessageAttributeValue => ({ DataType: "String", StringValue: value });
    const { MessageId } = await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#url,
        MessageBody: message.Body,
        MessageAttributes: Object.fromEntries([
          ...known.slice(0, MAXIMUM_ATTRIBUTES - 2),
          [MARK_ATTRIBUTE, text(MARK)],
          [MARK_REASON_ATTRIBUTE, text(reason.slice(0, MAXIMUM_REASON))],
        ]),
      }),
    );
    if (MessageId) this.#copies.add(MessageId);
    await this.delete(id);
  }

  /** Shows again what was not deleted. Whatever cannot be shown now comes back by itself within two minutes. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#hide(0).catch(() => {});
    this.#held.clear();
  }

  async #receive(signal: AbortSignal): Promise<Message[]> {
    const answer = this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: VISIBILITY_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["SentTimestamp"],
      }),
    );
    // Never cut short: what an interrupted call had received would stay hidden.
    const { Messages = [] } = await answer;
    for (const message of Messages) this.#held.set(message.MessageId ?? "", message);
    return signal.aborted ? [] : Messages;
  }

  async #hide(seconds: number): Promise<void> {
    const held = [...this.#held.values()];
    for (let start = 0; start < held.length; start += BATCH)
      await this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.#url,
          Entries: held.slice(start, start + BATCH).map(({ ReceiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle,
            VisibilityTimeout: seconds,
          })),
        }),
      );
  }
}

function received({ MessageId, Body, MessageAttributes, Attributes }: Message): ReceivedMessage {
  const texts = Object.entries(MessageAttributes ?? {}).flatMap(([name, { StringValue }]) =>
    StringValue === undefined ? [] : [[name, StringValue]],
  );
  return {
    id: MessageId ?? "",
    body: Body ?? "",
    attributes: Object.fromEntries(texts),
    sentAt: Number(Attributes?.SentTimestamp ?? Date.now()),
  };
}
