import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { batchesOf } from "../../functions/domain/batches.ts";
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
/**
 * Times that a message comes again before the pass gives up. SQS may give a message twice ("Amazon SQS at-least-once
 * delivery"), and gives those again whose time could not be extended, each of which is then hidden anew: only what keeps
 * coming says that it cannot be hidden.
 */
const MOST_REPEATS = 3;
/** Calls at once that extend the time of what is hidden. */
const LANES = 10;

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
  /** What this pass has deleted. */
  readonly #deleted = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #extending: Promise<void> | undefined;
  #isCutShort = false;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
    this.#timer = setInterval(() => {
      this.#extending ??= this.#hide(VISIBILITY_SECONDS).finally(() => {
        this.#extending = undefined;
      });
    }, EXTEND_MILLISECONDS);
  }

  /** Whether the messages ended because the same ones came again and again: the queue may hold others. */
  get isCutShort(): boolean {
    return this.#isCutShort;
  }

  /** Each message once; ends when the queue gives none, or nothing but what it has given several times. */
  async *messages(signal: AbortSignal): AsyncGenerator<ReceivedMessage> {
    const seen = new Set<string>();
    const repeats = new Map<string, number>();
    while (!signal.aborted) {
      const batch = await this.#receive(signal);
      if (batch.length === 0) return;
      const fresh: Message[] = [];
      for (const message of batch) {
        const id = message.MessageId ?? "";
        if (seen.has(id)) repeats.set(id, (repeats.get(id) ?? 0) + 1);
        else if (!this.#copies.has(id)) fresh.push(message);
        seen.add(id);
      }
      if (fresh.length > 0) repeats.clear();
      for (const message of fresh) yield received(message);
      this.#isCutShort = [...repeats.values()].some((count) => count > MOST_REPEATS);
      if (this.#isCutShort) return;
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
    this.#deleted.add(id);
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
    // Or what is shown again would be hidden after it.
    await this.#extending;
    await this.#hide(0);
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
    // SQS may give again what was deleted; unless it goes now, it comes back as after a crash.
    for (const { MessageId = "" } of Messages)
      if (this.#deleted.has(MessageId)) await this.delete(MessageId).catch(() => {});
    return signal.aborted ? [] : Messages;
  }

  /** Never throws: a message whose time could not be changed comes back, as after a crash. */
  async #hide(seconds: number): Promise<void> {
    const batches = batchesOf(BATCH, [...this.#held.values()]).values();
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        // All lanes take from the same batches, and one that fails leaves the rest to the others.
        for (const batch of batches) await this.#change(batch, seconds);
      }).map((lane) => lane.catch(() => {})),
    );
  }

  async #change(messages: readonly Message[], seconds: number): Promise<void> {
    const Entries = messages.map(({ ReceiptHandle }, index) => ({
      ...{ Id: String(index), ReceiptHandle, VisibilityTimeout: seconds },
    }));
    await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries }));
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
