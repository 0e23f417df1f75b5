import type { MetricStore } from "../monitoring/metric-store.ts";
import { Pauses } from "../pauses.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { envelope, type Message } from "./message.ts";
import { deadLetterArn, type Subscription } from "./topic.ts";

/** An e-mail as its receiver would see it; it is kept here and never sent. `at` in milliseconds since the epoch. */
export interface Mail {
  readonly topicArn: string;
  readonly to: string;
  readonly subject: string;
  readonly message: string;
  readonly at: number;
  /** Of a confirmation mail: what ConfirmSubscription takes. */
  readonly token?: string;
}

const KEPT_MAILS = 1000;

/**
 * Pauses after failed attempts to reach a queue, in seconds: 3 attempts at once, 2 after a second each, 10 with
 * backoff up to 20 s, then 100,000 every 20 s (Amazon SNS Developer Guide, "Amazon SNS message delivery retries").
 */
function pauseSeconds(failures: number): number | undefined {
  if (failures <= 3) return 0;
  if (failures <= 5) return 1;
  if (failures <= 15) return Math.min(20, 2 ** (failures - 6));
  return failures <= 100_015 ? 20 : undefined;
}

/** Brings messages to subscribers: into queues, or into a mailbox on this machine. */
export class Deliveries {
  readonly #surroundings: Surroundings;
  readonly #metrics: MetricStore;
  readonly #mails = new Map<string, Mail[]>();
  readonly #pauses: Pauses;

  constructor(surroundings: Surroundings, metrics: MetricStore) {
    this.#surroundings = surroundings;
    this.#metrics = metrics;
    this.#pauses = new Pauses(surroundings.clock);
  }

  /** A region's mails, oldest first; at most the latest 1,000. */
  mails(region: string): readonly Mail[] {
    return this.#mails.get(region) ?? [];
  }

  post(region: string, mail: Mail): void {
    const mails = this.#mails.get(region) ?? [];
    this.#mails.set(region, mails);
    mails.push(mail);
    if (mails.length > KEPT_MAILS) mails.shift();
  }

  /** Counts something that happened to a message of a topic. */
  count(topicArn: string, name: string): void {
    const [, , , region = "", , TopicName = ""] = topicArn.split(":");
    this.#metrics.record(region, "AWS/SNS", name, { TopicName }, 1, "Count");
  }

  /** Delivers a message to one subscriber, if need be again and again; failures are counted and never thrown. */
  async deliver(message: Message, subscription: Subscription): Promise<void> {
    const { protocol, endpoint } = subscription;
    const { topicArn } = message;
    if (protocol === "email") {
      this.post(topicArn.split(":")[3] ?? "", {
        topicArn,
        to: endpoint,
        subject: message.subject ?? "AWS Notification Message",
        message: message.bodyFor(protocol),
        at: this.#surroundings.clock.now(),
      });
      this.count(topicArn, "NumberOfNotificationsDelivered");
      return;
    }
    for (let failures = 1; ; failures += 1) {
      try {
        await this.#send(message, subscription, endpoint);
        this.count(topicArn, "NumberOfNotificationsDelivered");
        return;
      } catch (error) {
        const pause = isServerSide(error) ? pauseSeconds(failures) : undefined;
        if (pause === undefined) break;
        if (pause > 0) await this.#pauses.wait(pause * 1000);
        if (this.#pauses.isClosed) return;
      }
    }
    this.count(topicArn, "NumberOfNotificationsFailed");
    await this.#bury(message, subscription);
  }

  close(): void {
    this.#pauses.close();
  }

  async #bury(message: Message, subscription: Subscription): Promise<void> {
    const policy = subscription.attributes.RedrivePolicy;
    if (!policy) return;
    const isBuried = await this.#send(message, subscription, deadLetterArn(policy)).then(
      () => true,
      () => false,
    );
    this.count(
      message.topicArn,
      isBuried ? "NumberOfNotificationsRedrivenToDlq" : "NumberOfNotificationsFailedToRedriveToDlq",
    );
  }

  async #send(message: Message, { protocol, attributes }: Subscription, queueArn: string): Promise<void> {
    const isRaw = attributes.RawMessageDelivery === "true";
    const input = {
      QueueUrl: queueUrlOf(queueArn),
      MessageBody: isRaw ? message.bodyFor(protocol) : envelope(message, protocol),
      ...(isRaw && Object.keys(message.attributes).length > 0
        ? { MessageAttributes: message.attributes }
        : {}),
    };
    const region = queueArn.split(":")[3] ?? "";
    const from = { region, principal: "sns.amazonaws.com", sourceArn: message.topicArn };
    await this.#surroundings.call("sqs", "SendMessage", input, from);
  }
}

/** What the queue's side is to blame for, and may therefore succeed later. */
function isServerSide(error: unknown): boolean {
  return !(error instanceof ServiceError) || error.status >= 500 || /Throttl/.test(error.code);
}
