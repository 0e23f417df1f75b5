import { randomUUID } from "node:crypto";
import { Backlog } from "../backlog.ts";
import type { Clock } from "../service.ts";
import { ServiceError } from "../service.ts";
import { DEFAULT_ATTRIBUTES, type RedrivePolicy, redrivePolicy } from "./attributes.ts";
import type { MessageAttribute, MessageContent } from "./message.ts";
import { Timeline } from "./timeline.ts";

export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: Record<string, MessageAttribute>;
  readonly senderId: string;
  /** Milliseconds since the epoch; kept when the message moves to a dead-letter queue, as standard queues do. */
  readonly sentAt: number;
  /** When it came to the queue that it is in. */
  arrivedAt: number;
  receiveCount: number;
  firstReceivedAt: number | undefined;
  sourceArn: string | undefined;
  /** Handle of the latest receipt; it deletes the message even after it became visible again. */
  handle: string | undefined;
  /** When it becomes visible; only of delayed and received messages. */
  visibleAt: number;
}

/** What is known of a message's latest receipt. */
export type Receipt = Pick<
  StoredMessage,
  "id" | "receiveCount" | "firstReceivedAt" | "handle" | "visibleAt" | "sourceArn"
>;

/** A change of what a queue holds. */
export type QueueChange =
  | { readonly put: StoredMessage }
  | { readonly receipt: Receipt }
  | { readonly gone: string }
  | { readonly purged: true };

/** Amazon SQS Developer Guide, "Amazon SQS standard queue quotas": messages received and not yet deleted. */
const MAXIMUM_IN_FLIGHT = 120_000;
const PURGE_MILLISECONDS = 60_000;

/** One standard queue. Time passes when it is used: messages are moved on as calls come in. */
export class Queue {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: number;
  modifiedAt: number;
  readonly tags: Record<string, string>;
  attributes: Record<string, string>;
  /** Told after a message became receivable. */
  onVisible: () => void = () => {};
  /** Told of each change of its messages but that their retention is over. */
  onChange: (change: QueueChange) => void = () => {};
  readonly #clock: Clock;
  readonly #visible = new Backlog<StoredMessage>();
  readonly #delayed = new Set<StoredMessage>();
  readonly #inFlight = new Set<StoredMessage>();
  readonly #byHandle = new Map<string, StoredMessage>();
  readonly #timeline = new Timeline<StoredMessage>();
  /** No message here was sent before this. */
  #oldest = Number.POSITIVE_INFINITY;
  #purgedAt = Number.NEGATIVE_INFINITY;

  constructor(
    clock: Clock,
    arn: string,
    attributes: Readonly<Record<string, string>>,
    tags: Record<string, string>,
  ) {
    this.#clock = clock;
    this.arn = arn;
    this.name = arn.slice(arn.lastIndexOf(":") + 1);
    this.attributes = { ...DEFAULT_ATTRIBUTES, ...attributes };
    this.tags = tags;
    this.createdAt = clock.now();
    this.modifiedAt = this.createdAt;
  }

  /** A numeric attribute. */
  number(name: string): number {
    return Number(this.attributes[name] ?? 0);
  }

  get redrive(): RedrivePolicy | undefined {
    return redrivePolicy(this.attributes.RedrivePolicy);
  }

  /** Approximate on AWS, exact here. */
  counts(): { visible: number; inFlight: number; delayed: number } {
    this.#advance();
    return { visible: this.#visible.length, inFlight: this.#inFlight.size, delayed: this.#delayed.size };
  }

  /** When the message came that has been here longest, in milliseconds since the epoch; undefined if there is none. */
  oldestArrival(): number | undefined {
    let oldest: number | undefined;
    for (const part of [this.#visible.first(), this.#delayed, this.#inFlight])
      for (const { arrivedAt } of part) oldest = Math.min(oldest ?? arrivedAt, arrivedAt);
    return oldest;
  }

  /** When a message becomes visible again that is not now; undefined if none will. */
  get nextVisibleAt(): number | undefined {
    return this.#timeline.next;
  }

  /** Messages that can be received now, oldest first; for looking at a queue without receiving. */
  peek(limit: number): readonly StoredMessage[] {
    this.#advance();
    return this.#visible.first(limit);
  }

  /** Every message that is here. */
  messages(): StoredMessage[] {
    this.#advance();
    return [...this.#visible.first(), ...this.#delayed, ...this.#inFlight];
  }

  /** Takes messages back as they were; those whose time has come since can be received. */
  restore(messages: Iterable<StoredMessage>): void {
    for (const message of messages) {
      this.#oldest = Math.min(this.#oldest, message.sentAt);
      if (message.handle !== undefined) this.#byHandle.set(message.handle, message);
      if (message.visibleAt <= this.#clock.now()) this.#visible.push(message);
      else {
        (message.handle === undefined ? this.#delayed : this.#inFlight).add(message);
        this.#timeline.add(message.visibleAt, message);
      }
    }
    this.#advance();
    this.onVisible();
  }

  /** Takes the first message that can be received away, without receiving it. */
  takeVisible(): void {
    const message = this.#visible.shift();
    if (message?.handle !== undefined) this.#byHandle.delete(message.handle);
    if (message) this.onChange({ gone: message.id });
  }

  send(content: MessageContent, senderId: string): StoredMessage {
    const now = this.#clock.now();
    const delay = (content.delaySeconds ?? this.number("DelaySeconds")) * 1000;
    const message: StoredMessage = {
      id: randomUUID(),
      body: content.body,
      attributes: content.attributes,
      senderId,
      sentAt: now,
      arrivedAt: now,
      receiveCount: 0,
      firstReceivedAt: undefined,
      sourceArn: undefined,
      handle: undefined,
      visibleAt: now + delay,
    };
    this.#oldest = Math.min(this.#oldest, now);
    if (delay > 0) {
      this.#delayed.add(message);
      this.#timeline.add(message.visibleAt, message);
    } else this.#visible.push(message);
    this.onChange({ put: message });
    this.onVisible();
    return message;
  }

  /** Takes in a message that another queue moved here. */
  adopt(message: StoredMessage, sourceArn: string): void {
    message.sourceArn = sourceArn;
    message.arrivedAt = this.#clock.now();
    message.handle = undefined;
    this.#oldest = Math.min(this.#oldest, message.sentAt);
    this.#visible.push(message);
    this.onChange({ put: message });
    this.onVisible();
  }

  /**
   * Up to `maximum` messages, each invisible for `visibilitySeconds` from now. Messages that were received
   * `maxReceiveCount` times are handed to `bury` instead; it says whether it took them.
   */
  receive(
    maximum: number,
    visibilitySeconds: number,
    bury: (message: StoredMessage, policy: RedrivePolicy) => boolean,
  ): StoredMessage[] {
    const now = this.#advance();
    const policy = this.redrive;
    const received: StoredMessage[] = [];
    while (received.length < maximum) {
      if (this.#inFlight.size >= MAXIMUM_IN_FLIGHT) {
        if (received.length > 0) break;
        throw new ServiceError("OverLimit", `Too many messages in flight; at most ${MAXIMUM_IN_FLIGHT}.`);
      }
      const message = this.#visible.shift();
      if (!message) break;
      if (message.handle !== undefined) this.#byHandle.delete(message.handle);
      if (policy && message.receiveCount >= policy.maxReceiveCount && bury(message, policy)) {
        this.onChange({ gone: message.id });
        continue;
      }
      message.receiveCount += 1;
      message.firstReceivedAt ??= now;
      message.handle = randomUUID();
      this.#byHandle.set(message.handle, message);
      this.#inFlight.add(message);
      this.#hide(message, now + visibilitySeconds * 1000);
      received.push(message);
    }
    return received;
  }

  /** Deletes what the handle stands for; nothing happens if it was deleted or received again since. */
  delete(handle: string): void {
    this.#advance();
    const message = this.#byHandle.get(handle);
    if (!message) return;
    this.#byHandle.delete(handle);
    this.onChange({ gone: message.id });
    if (!this.#inFlight.delete(message)) this.#visible.keep((each) => each !== message);
  }

  /** Sets how long a received message stays invisible from now; false if the handle is not in flight. */
  changeVisibility(handle: string, seconds: number): boolean {
    const now = this.#advance();
    const message = this.#byHandle.get(handle);
    if (!message || !this.#inFlight.has(message)) return false;
    this.#hide(message, now + seconds * 1000);
    this.#advance();
    this.onVisible();
    return true;
  }

  /** Deletes everything. Throws if that was done within the last minute (Amazon SQS API Reference, PurgeQueue). */
  purge(): void {
    const now = this.#clock.now();
    if (now < this.#purgedAt + PURGE_MILLISECONDS)
      throw new ServiceError(
        "PurgeQueueInProgress",
        `Only one PurgeQueue operation on ${this.name} is allowed every 60 seconds.`,
        403,
      );
    this.#purgedAt = now;
    this.#visible.clear();
    this.#delayed.clear();
    this.#inFlight.clear();
    this.#byHandle.clear();
    this.#timeline.clear();
    this.#oldest = Number.POSITIVE_INFINITY;
    this.onChange({ purged: true });
  }

  #hide(message: StoredMessage, until: number): void {
    message.visibleAt = until;
    this.#timeline.add(until, message);
    const { id, receiveCount, firstReceivedAt, handle, visibleAt, sourceArn } = message;
    this.onChange({ receipt: { id, receiveCount, firstReceivedAt, handle, visibleAt, sourceArn } });
  }

  /** Makes visible what is due and drops what is past its retention; gives the time. */
  #advance(): number {
    const now = this.#clock.now();
    for (let message = this.#timeline.takeDue(now); message; message = this.#timeline.takeDue(now)) {
      // An earlier entry of a message whose time was changed since.
      if (message.visibleAt > now) continue;
      if (this.#inFlight.delete(message) || this.#delayed.delete(message)) this.#visible.push(message);
    }
    this.#expire(now);
    return now;
  }

  #expire(now: number): void {
    const limit = now - this.number("MessageRetentionPeriod") * 1000;
    if (this.#oldest > limit) return;
    this.#visible.keep((message) => message.sentAt > limit);
    for (const part of [this.#delayed, this.#inFlight])
      for (const message of part) if (message.sentAt <= limit) part.delete(message);
    for (const [handle, message] of this.#byHandle)
      if (message.sentAt <= limit) this.#byHandle.delete(handle);
    this.#oldest = Number.POSITIVE_INFINITY;
    for (const part of [this.#visible.first(), this.#delayed, this.#inFlight])
      for (const message of part) this.#oldest = Math.min(this.#oldest, message.sentAt);
  }
}
