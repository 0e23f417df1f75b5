import { type Durable, notDeployed } from "../durable.ts";
import type { Json } from "../service.ts";
import type { Queue, QueueChange, StoredMessage } from "./queue.ts";

/** Keeps messages with their attributes, times and receipts. A message whose retention is over is dropped when seen. */
export class QueueDurability implements Durable {
  onChange: (change: Json) => void = () => {};
  readonly #queues: () => Iterable<Queue>;
  readonly #find: (arn: string) => Queue | undefined;
  /** What is taken in again, by queue and message id. */
  readonly #kept = new Map<string, Map<string, StoredMessage>>();

  constructor(queues: () => Iterable<Queue>, find: (arn: string) => Queue | undefined) {
    this.#queues = queues;
    this.#find = find;
  }

  /** A queue is there from now on. */
  watch(queue: Queue): void {
    queue.onChange = (change) => this.onChange({ queue: queue.arn, ...change });
  }

  *snapshot(): Iterable<Json> {
    for (const queue of this.#queues())
      for (const put of queue.messages()) yield { queue: queue.arn, put: { ...put } };
  }

  restore(json: Json): void {
    const { queue, ...change } = json as { queue: string } & QueueChange;
    const messages = this.#kept.get(queue) ?? new Map<string, StoredMessage>();
    this.#kept.set(queue, messages);
    if ("put" in change) messages.set(change.put.id, change.put);
    else if ("gone" in change) messages.delete(change.gone);
    else if ("purged" in change) messages.clear();
    else {
      const message = messages.get(change.receipt.id);
      if (message) Object.assign(message, change.receipt);
    }
  }

  restored(): void {
    for (const [arn, messages] of this.#kept) {
      const queue = this.#find(arn);
      if (!queue && messages.size > 0) throw notDeployed(`queue ${arn}`);
      queue?.restore(messages.values());
    }
    this.#kept.clear();
  }
}
