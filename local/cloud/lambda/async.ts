import { randomUUID } from "node:crypto";
import { Pauses } from "../pauses.ts";
import type { Call, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { type FunctionRecord, versionOf } from "./functions.ts";
import type { Invoker } from "./invoke.ts";
import type { Outcome } from "./outcome.ts";

/** Longest that an asynchronous event waits (Lambda: MaximumEventAgeInSeconds, 6 hours). */
const MAXIMUM_AGE_MILLISECONDS = 21_600_000;
/** Longest pause between attempts of a throttled event. */
const MAXIMUM_PAUSE_MILLISECONDS = 300_000;

export interface AsyncNeeds {
  readonly surroundings: Surroundings;
  readonly metrics: MetricsPort;
  readonly invoker: Invoker;
  readonly queueUrl: (arn: string) => string;
  /** Milliseconds before the first and the second retry after an error of the function. */
  readonly retryDelays: readonly number[];
}

interface Event {
  readonly record: FunctionRecord;
  readonly qualifier: string | undefined;
  readonly payload: string;
  readonly call: Call;
  readonly requestId: string;
}

/**
 * Asynchronous invocations (Lambda, "How Lambda handles errors and retries with asynchronous invocation"): two more
 * attempts after an error of the function, throttled ones for up to six hours, then the dead-letter queue.
 */
export class AsyncInvoker {
  readonly #needs: AsyncNeeds;
  readonly #pending = new Map<object, string>();
  readonly #pauses: Pauses;

  constructor(needs: AsyncNeeds) {
    this.#needs = needs;
    this.#pauses = new Pauses(needs.surroundings.clock);
  }

  /** Accepts an event; it is carried out later. The result is its request id. */
  accept(event: Omit<Event, "requestId">): string {
    const accepted: Event = { ...event, requestId: randomUUID() };
    this.#pending.set(accepted, event.record.region);
    void this.#carryOut(accepted).finally(() => this.#pending.delete(accepted));
    return accepted.requestId;
  }

  /** Events that were accepted and neither carried out nor given up. */
  pending(region?: string): number {
    const regions = [...this.#pending.values()];
    return region === undefined ? regions.length : regions.filter((each) => each === region).length;
  }

  close(): void {
    this.#pauses.close();
  }

  async #carryOut(event: Event): Promise<void> {
    const { clock, random } = this.#needs.surroundings;
    const { retryDelays } = this.#needs;
    const accepted = clock.now();
    let failures = 0;
    for (let throttled = 0; !this.#pauses.isClosed; ) {
      const outcome = await this.#attempt(event);
      if (this.#pauses.isClosed) return;
      if (outcome !== "throttled") {
        if (!outcome.isError) return;
        const delay = retryDelays[failures];
        failures += 1;
        if (delay === undefined) return this.#deadLetter(event, outcome);
        await this.#pauses.wait(delay);
        continue;
      }
      if (clock.now() - accepted > MAXIMUM_AGE_MILLISECONDS)
        return this.#deadLetter(event, { payload: '{"errorMessage":"Rate Exceeded."}', isError: true });
      await this.#pauses.wait(
        Math.min(1_000 * 2 ** throttled, MAXIMUM_PAUSE_MILLISECONDS) * (0.5 + random() / 2),
      );
      throttled += 1;
    }
  }

  async #attempt({ record, qualifier, payload, call, requestId }: Event): Promise<Outcome | "throttled"> {
    try {
      return (await this.#needs.invoker.run(record, qualifier, payload, call, requestId)).outcome;
    } catch (error) {
      if (error instanceof ServiceError && error.code === "TooManyRequestsException") return "throttled";
      return { payload: JSON.stringify({ errorMessage: (error as Error).message }), isError: true };
    }
  }

  async #deadLetter({ record, qualifier, payload, requestId }: Event, outcome: Outcome): Promise<void> {
    const { surroundings, metrics, queueUrl } = this.#needs;
    const dropped = () =>
      metrics.record(
        record.region,
        "AWS/Lambda",
        "DeadLetterErrors",
        { FunctionName: record.name },
        1,
        "Count",
      );
    try {
      const settings = versionOf(record, qualifier);
      if (settings.deadLetterArn === undefined) return;
      const message = String(JSON.parse(outcome.payload).errorMessage ?? "").slice(0, 1_024);
      const attribute = (DataType: string, StringValue: string) => ({ DataType, StringValue });
      const MessageAttributes = {
        RequestID: attribute("String", requestId),
        ErrorCode: attribute("Number", "200"),
        ErrorMessage: attribute("String", message === "" ? "Unhandled" : message),
      };
      const request = { QueueUrl: queueUrl(settings.deadLetterArn), MessageBody: payload, MessageAttributes };
      const from = { region: record.region, principal: settings.role };
      await surroundings.call("sqs", "SendMessage", request, from);
    } catch {
      dropped();
    }
  }
}
