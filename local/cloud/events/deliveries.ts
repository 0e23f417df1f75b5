import { Pauses } from "../pauses.ts";
import type { Surroundings } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { type Deliver, delivery, EVENTS_PRINCIPAL } from "./deliver.ts";
import { type Failure, failureOf } from "./failure.ts";
import type { BusEvent, Rule, Target } from "./model.ts";

/** Attempts to write a dead letter: it is the last copy of the event. */
const DEAD_LETTER_ATTEMPTS = 5;

export interface DeliveriesNeeds {
  readonly surroundings: Surroundings;
  readonly metrics: MetricsPort;
  readonly queueUrl: (arn: string) => string;
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

type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

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
    const { surroundings, queueUrl } = this.#needs;
    const added = { event, rule, target, deliver: delivery(event, target, surroundings, queueUrl) };
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
    // Off the caller's stack: PutEvents answers before anything is delivered.
    await Promise.resolve();
    for (let retries = 0; !this.#pauses.isClosed; retries += 1) {
      const failure = await attempt(delivery.deliver);
      if (!failure) return this.#count(delivery, "Invocations");
      if (!failure.isRetryable) return this.#fail(delivery, failure, retries);
      if (retries >= delivery.target.maximumRetryAttempts)
        return this.#fail(delivery, failure, retries, "MaximumRetryAttempts");
      await this.#pauses.wait(Math.min(this.#pause(retries), this.#remaining(delivery)));
      if (this.#pauses.isClosed) return;
      if (this.#remaining(delivery) <= 0)
        return this.#fail(delivery, failure, retries, "MaximumEventAgeInSeconds");
      this.#count(delivery, "RetryInvocationAttempts");
    }
  }

  #remaining({ event, target }: Delivery): number {
    const age = this.#needs.surroundings.clock.now() - event.accepted;
    return Math.max(0, target.maximumEventAgeInSeconds * 1_000 - age);
  }

  /** Exponential back-off with jitter. */
  #pause(retries: number): number {
    const { retryMilliseconds, longestRetryMilliseconds, surroundings } = this.#needs;
    const longest = Math.min(retryMilliseconds * 2 ** retries, longestRetryMilliseconds);
    return longest * (0.5 + surroundings.random() / 2);
  }

  async #fail(delivery: Delivery, failure: Failure, retries: number, exhausted?: Exhausted): Promise<void> {
    this.#count(delivery, "Invocations");
    this.#count(delivery, "FailedInvocations");
    const { deadLetterArn } = delivery.target;
    if (deadLetterArn === undefined) return;
    const { surroundings, queueUrl } = this.#needs;
    const request = {
      QueueUrl: queueUrl(deadLetterArn),
      MessageBody: delivery.event.text,
      MessageAttributes: deadLetterAttributes(delivery, failure, retries, exhausted),
    };
    const from = { region: delivery.rule.region, principal: EVENTS_PRINCIPAL };
    for (let attempts = 0; attempts < DEAD_LETTER_ATTEMPTS && !this.#pauses.isClosed; attempts += 1) {
      const refused = await attempt(async () => {
        await surroundings.call("sqs", "SendMessage", request, from);
      });
      if (!refused) return this.#count(delivery, "InvocationsSentToDlq");
      if (!refused.isRetryable) break;
      await this.#pauses.wait(this.#pause(attempts));
    }
    this.#count(delivery, "InvocationsFailedToBeSentToDlq");
  }

  #count({ rule }: Delivery, name: string): void {
    this.#needs.metrics.record(rule.region, "AWS/Events", name, ruleDimensions(rule), 1, "Count");
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

/** The message attributes of a dead letter, as EventBridge sets them. */
function deadLetterAttributes(
  { rule, target }: Delivery,
  failure: Failure,
  retries: number,
  exhausted: Exhausted | undefined,
): Record<string, { DataType: string; StringValue: string }> {
  const values = {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message === "" ? failure.code : failure.message,
    RETRY_ATTEMPTS: String(retries),
    ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted }),
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
  );
}

/** The dimensions of a rule's metrics: its name, and its bus unless that is the default one. */
export function ruleDimensions(rule: Rule): Record<string, string> {
  return rule.bus === "default" ? { RuleName: rule.name } : { EventBusName: rule.bus, RuleName: rule.name };
}
