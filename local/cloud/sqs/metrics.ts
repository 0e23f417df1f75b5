import type { MetricStore } from "../monitoring/metric-store.ts";
import type { Clock } from "../service.ts";
import type { Queue } from "./queue.ts";

const MINUTE = 60_000;
/** Before the minute ends, so that alarms that are evaluated at its end find the values. */
const SAMPLED_BEFORE_END = 1_000;
/** A queue is active while it holds messages, and for six hours after it was last used. */
const ACTIVE_MILLISECONDS = 6 * 3_600_000;

/**
 * The metrics of `AWS/SQS`: counts when calls are carried out, depths and age of active queues once a minute (Amazon
 * SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"). Messages that move to a dead-letter queue are
 * not sent there, and do not count as sent. Without a store nothing is measured.
 */
export class QueueMetrics {
  readonly #clock: Clock;
  readonly #store: MetricStore | undefined;
  readonly #queues: () => Iterable<Queue>;
  readonly #usedAt = new WeakMap<Queue, number>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, store: MetricStore | undefined, queues: () => Iterable<Queue>) {
    this.#clock = clock;
    this.#store = store;
    this.#queues = queues;
  }

  /** A call that named the queue. */
  used(queue: Queue): void {
    this.#usedAt.set(queue, this.#clock.now());
    if (!this.#cancel && this.#store) this.#arm();
  }

  sent(queue: Queue, bytes: number): void {
    this.#record(queue, "NumberOfMessagesSent", 1, "Count");
    this.#record(queue, "SentMessageSize", bytes, "Bytes");
  }

  received(queue: Queue, messages: number): void {
    if (messages === 0) this.#record(queue, "NumberOfEmptyReceives", 1, "Count");
    else this.#record(queue, "NumberOfMessagesReceived", messages, "Count");
  }

  deleted(queue: Queue): void {
    this.#record(queue, "NumberOfMessagesDeleted", 1, "Count");
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #record(queue: Queue, name: string, value: number, unit: string): void {
    const region = queue.arn.split(":", 4)[3] ?? "";
    this.#store?.record(region, "AWS/SQS", name, { QueueName: queue.name }, value, unit);
  }

  /** Sets the timer to the next sample. */
  #arm(): void {
    const now = this.#clock.now();
    const due = Math.floor((now + SAMPLED_BEFORE_END) / MINUTE + 1) * MINUTE - SAMPLED_BEFORE_END;
    this.#cancel = this.#clock.after(due - now, () => {
      this.#cancel = undefined;
      let isActive = false;
      for (const queue of this.#queues()) isActive = this.#sample(queue) || isActive;
      if (isActive) this.#arm();
    });
  }

  /** False if the queue is not active. */
  #sample(queue: Queue): boolean {
    const { visible, inFlight, delayed } = queue.counts();
    const now = this.#clock.now();
    const idle = now - (this.#usedAt.get(queue) ?? queue.createdAt);
    if (visible + inFlight + delayed === 0 && idle >= ACTIVE_MILLISECONDS) return false;
    const age = Math.floor((now - (queue.oldestArrival() ?? now)) / 1000);
    this.#record(queue, "ApproximateNumberOfMessagesVisible", visible, "Count");
    this.#record(queue, "ApproximateNumberOfMessagesNotVisible", inFlight, "Count");
    this.#record(queue, "ApproximateNumberOfMessagesDelayed", delayed, "Count");
    this.#record(queue, "ApproximateAgeOfOldestMessage", age, "Seconds");
    return true;
  }
}
