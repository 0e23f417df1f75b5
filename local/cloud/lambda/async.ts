import { randomUUID } from "node:crypto";
import { isJson } from "../input.ts";
import { Pauses } from "../pauses.ts";
import type { Call, Json, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { isRefusal } from "./acting.ts";
import { sendRecord } from "./destinations.ts";
import { type FunctionRecord, versionOf } from "./functions.ts";
import { type Completed, counter, type Invoker } from "./invoke.ts";

/** Longest that an asynchronous event waits, and most retries, unless the function says less (Lambda quotas). */
export const MAXIMUM_EVENT_AGE_SECONDS = 21_600;
export const MAXIMUM_RETRY_ATTEMPTS = 2;
/** Pauses between attempts of an event that was throttled or met a system error. */
const FIRST_PAUSE_MILLISECONDS = 1_000;
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
  readonly clientContext: string | undefined;
  readonly requestId: string;
}

type Condition = "Success" | "RetriesExhausted" | "EventAgeExceeded";

/** How far an event has come. */
interface Progress {
  /** Attempts that reached the function. */
  attempts: number;
  /** The last of them. */
  last: Completed | undefined;
  /** Why the last attempt did not reach it. */
  refusal: ServiceError | undefined;
}

/**
 * Asynchronous invocations (Lambda, "How Lambda handles errors and retries with asynchronous invocation"): up to two
 * more attempts after an error of the function; after throttling and system errors as many as its age allows; then
 * the on-failure destination and the dead-letter queue.
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
    this.#counter(accepted)("AsyncEventsReceived", 1);
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

  #counter({ record, qualifier }: Event): (name: string, value: number, unit?: string) => void {
    return counter(this.#needs.metrics, record, qualifier, qualifier ?? "$LATEST");
  }

  async #carryOut(event: Event): Promise<void> {
    const { clock } = this.#needs.surroundings;
    const accepted = clock.now();
    const progress: Progress = { attempts: 0, last: undefined, refusal: undefined };
    for (let refused = 0; !this.#pauses.isClosed; ) {
      const { record, qualifier } = event;
      const config = record.eventInvokeConfigs.get(qualifier ?? "$LATEST");
      const maximumAge = (config?.maximumEventAgeInSeconds ?? MAXIMUM_EVENT_AGE_SECONDS) * 1_000;
      const age = clock.now() - accepted;
      if (age > maximumAge) return this.#finish(event, progress, "EventAgeExceeded");
      this.#counter(event)("AsyncEventAge", age, "Milliseconds");
      await this.#attempt(event, progress);
      if (this.#pauses.isClosed) return;
      if (progress.refusal) {
        // A function that is gone, or that may not run at all, is not tried again.
        const { status } = progress.refusal;
        if (record.reserved === 0 || (status !== 429 && status < 500))
          return this.#finish(event, progress, "RetriesExhausted");
        await this.#pauses.wait(this.#pauseAfter(refused));
        refused += 1;
        continue;
      }
      if (!progress.last?.outcome.isError) return this.#finish(event, progress, "Success");
      const retries = config?.maximumRetryAttempts ?? MAXIMUM_RETRY_ATTEMPTS;
      const delay = this.#needs.retryDelays[progress.attempts - 1];
      if (progress.attempts > retries || delay === undefined)
        return this.#finish(event, progress, "RetriesExhausted");
      await this.#pauses.wait(delay);
    }
  }

  #pauseAfter(refused: number): number {
    const most = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** refused, MAXIMUM_PAUSE_MILLISECONDS);
    return most * (0.5 + this.#needs.surroundings.random() / 2);
  }

  async #attempt(event: Event, progress: Progress): Promise<void> {
    progress.refusal = undefined;
    try {
      progress.last = await this.#needs.invoker.attempt(event);
      progress.attempts += 1;
    } catch (error) {
      progress.refusal = isRefusal(error)
        ? error
        : new ServiceError("ServiceException", (error as Error).message, 500);
    }
  }

  async #finish(event: Event, progress: Progress, condition: Condition): Promise<void> {
    const { record, qualifier } = event;
    const config = record.eventInvokeConfigs.get(qualifier ?? "$LATEST");
    const destination = condition === "Success" ? config?.onSuccess : config?.onFailure;
    const count = this.#counter(event);
    if (destination !== undefined)
      await this.#tell(
        event,
        destination,
        recordOf(this.#needs.surroundings, event, progress, condition),
      ).catch(() => count("DestinationDeliveryFailures", 1));
    if (condition === "Success") return;
    await this.#deadLetter(event, progress).catch(() => count("DeadLetterErrors", 1));
    count("AsyncEventsDropped", 1);
  }

  async #tell({ record, qualifier }: Event, destination: string, invocation: Json): Promise<void> {
    const { surroundings, queueUrl } = this.#needs;
    const { role } = versionOf(record, qualifier);
    await sendRecord({ call: surroundings.call, queueUrl }, destination, invocation, {
      arn: record.arn,
      role,
    });
  }

  async #deadLetter({ record, qualifier, payload, requestId }: Event, progress: Progress): Promise<void> {
    const { surroundings, queueUrl } = this.#needs;
    const { deadLetterArn, role } = versionOf(record, qualifier);
    if (deadLetterArn === undefined) return;
    const { last, refusal } = progress;
    const message = refusal?.message ?? errorMessage(last?.outcome.payload ?? "");
    const attribute = (DataType: string, StringValue: string) => ({ DataType, StringValue });
    const MessageAttributes = {
      RequestID: attribute("String", requestId),
      ErrorCode: attribute("Number", String(refusal?.status ?? 200)),
      ErrorMessage: attribute("String", message === "" ? "Unhandled" : message.slice(0, 1_024)),
    };
    const request = { QueueUrl: queueUrl(deadLetterArn), MessageBody: payload, MessageAttributes };
    await surroundings.call("sqs", "SendMessage", request, { region: record.region, principal: role });
  }
}

/** The record for a destination (Lambda, "Capturing records of Lambda asynchronous invocations"). */
function recordOf(
  { clock }: Surroundings,
  { record, qualifier, payload, requestId }: Event,
  { attempts, last }: Progress,
  condition: Condition,
): Json {
  const response = last && {
    responseContext: {
      statusCode: 200,
      executedVersion: last.version,
      ...(last.outcome.isError ? { functionError: "Unhandled" } : {}),
    },
    responsePayload: jsonOf(last.outcome.payload),
  };
  return {
    version: "1.0",
    timestamp: new Date(clock.now()).toISOString(),
    requestContext: {
      requestId,
      functionArn: `${record.arn}:${qualifier ?? "$LATEST"}`,
      condition,
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(payload),
    ...response,
  };
}

function errorMessage(payload: string): string {
  const described = jsonOf(payload);
  return isJson(described) ? String(described.errorMessage ?? "") : payload;
}

/** The value of JSON text; text that is none stands for itself. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
