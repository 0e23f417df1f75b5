import { Pauses } from "../pauses.ts";
import type { Surroundings } from "../service.ts";
import { deadLetter, type Exhausted } from "./dead-letter.ts";
import { type Deliver, delivery, onBehalfOf } from "./deliver.ts";
import { type Failure, failureOf } from "./failure.ts";
import type { EventMetrics } from "./metrics.ts";
import type { BusEvent, Rule, Target } from "./model.ts";

/** How long a dead letter is tried to be written: it is the last copy of the event. As long as an event by default. */
const DEAD_LETTER_MILLISECONDS = 86_400_000;

export interface DeliveriesNeeds {
  readonly surroundings: Surroundings;
  readonly metrics: EventMetrics;
  readonly queueUrl: (arn: string) => string;
  /** Told of a delivery that reached neither its target nor its dead-letter queue. */
  readonly onLost: (rule: Rule) => void;
  /** First pause before a retry, in milliseconds; it doubles each time. */
  readonly retryMilliseconds: number;
  /** Longest pause, in milliseconds. */
  readonly longestRetryMilliseconds: number;
}

interface Delivery {
  readonly event: BusEvent;
  readonly rule: Rule;
  readonly target: Target;
  readonly deliver: Deliver;
}

/** Carries events to targets: with retries, then to the target's dead-letter queue (EventBridge, "Retry policy"). */
export class Deliveries {
  readonly #needs: DeliveriesNeeds;
  readonly #pending = new Set<Delivery>();
  readonly #pauses: Pauses;

  constructor(needs: DeliveriesNeeds) {
    this.#needs = needs;
    this.#pauses = new Pauses(needs.surroundings.clock);
  }

  /** Delivers the event to one target of a rule, in the background. */
  add(event: BusEvent, rule: Rule, target: Target): void {
    const { metrics, surroundings, queueUrl } = this.#needs;
    const added = { event, rule, target, deliver: delivery(event, rule, target, surroundings, queueUrl) };
    metrics.count(rule, "InvocationsCreated");
    this.#pending.add(added);
    void this.#carryOut(added).finally(() => this.#pending.delete(added));
  }

  /** Deliveries in progress or waiting for a retry. */
  pending(region?: string): number {
    if (region === undefined) return this.#pending.size;
    return [...this.#pending].filter(({ rule }) => rule.region === region).length;
  }

  /** The same deliveries: which event, and for which rule. */
  open(region: string): { event: string; rule: string }[] {
    return [...this.#pending]
      .filter(({ rule }) => rule.region === region)
      .map(({ event: { envelope }, rule }) => ({
        event: `${envelope.region}#${envelope.id}`,
        rule: rule.name,
      }));
  }

  /** Gives up what waits. */
  close(): void {
    this.#pauses.close();
  }

  async #carryOut(delivery: Delivery): Promise<void> {
    const { event, rule, target } = delivery;
    const { metrics } = this.#needs;
    // Off the caller's stack: PutEvents answers before anything is delivered.
    await Promise.resolve();
    metrics.latency(rule, "IngestionToInvocationStartLatency", this.#age(event));
    for (let retries = 0; !this.#pauses.isClosed; retries += 1) {
      if (retries > 0) metrics.count(rule, "RetryInvocationAttempts");
      metrics.count(rule, "InvocationAttempts");
      await this.#needs.surroundings.faults.whileLost(rule.region);
      const failure = await attempt(delivery.deliver);
      if (retries === 0) metrics.latency(rule, "IngestionToInvocationCompleteLatency", this.#age(event));
      if (!failure) return this.#succeed(delivery);
      if (!failure.isRetryable) return this.#fail(delivery, failure, retries);
      if (retries >= target.maximumRetryAttempts)
        return this.#fail(delivery, failure, retries, "MaximumRetryAttempts");
      await this.#pauses.wait(Math.min(this.#pause(retries), this.#remaining(delivery)));
      if (this.#pauses.isClosed) return;
      if (this.#remaining(delivery) <= 0)
        return this.#fail(delivery, failure, retries, "MaximumEventAgeInSeconds");
    }
  }

  #age(event: BusEvent): number {
    return this.#needs.surroundings.clock.now() - event.accepted;
  }

  #remaining({ event, target }: Delivery): number {
    return Math.max(0, target.maximumEventAgeInSeconds * 1_000 - this.#age(event));
  }

  /** Exponential back-off with jitter. */
  #pause(retries: number): number {
    const { retryMilliseconds, longestRetryMilliseconds, surroundings } = this.#needs;
    const longest = Math.min(retryMilliseconds * 2 ** retries, longestRetryMilliseconds);
    return longest * (0.5 + surroundings.random() / 2);
  }

  #succeed({ event, rule }: Delivery): void {
    const { metrics } = this.#needs;
    metrics.count(rule, "Invocations");
    metrics.count(rule, "SuccessfulInvocationAttempts");
    metrics.latency(rule, "IngestionToInvocationSuccessLatency", this.#age(event));
  }

  async #fail(delivery: Delivery, failure: Failure, retries: number, exhausted?: Exhausted): Promise<void> {
    const { event, rule, target } = delivery;
    const { metrics, surroundings, queueUrl, onLost } = this.#needs;
    metrics.count(rule, "Invocations");
    metrics.count(rule, "FailedInvocations");
    if (target.deadLetterArn === undefined) return;
    const letter = deadLetter({ event, rule, target, failure, retries, exhausted });
    const request = { QueueUrl: queueUrl(target.deadLetterArn), ...letter };
    const end = surroundings.clock.now() + DEAD_LETTER_MILLISECONDS;
    for (let attempts = 0; !this.#pauses.isClosed; attempts += 1) {
      await surroundings.faults.whileLost(rule.region);
      const refused = await attempt(async () => {
        await surroundings.call("sqs", "SendMessage", request, onBehalfOf(rule));
      });
      if (!refused) return metrics.count(rule, "InvocationsSentToDlq");
      if (!refused.isRetryable || surroundings.clock.now() >= end) break;
      await this.#pauses.wait(this.#pause(attempts));
    }
    metrics.count(rule, "InvocationsFailedToBeSentToDlq");
    onLost(rule);
  }
}

async function attempt(deliver: Deliver): Promise<Failure | undefined> {
  try {
    await deliver();
    return undefined;
  } catch (error) {
    return failureOf(error);
  }
}
