import { randomUUID } from "node:crypto";
import type { Call, Json, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { type FunctionRecord, type FunctionStore, versionOf } from "./functions.ts";
import { MAXIMUM_EVENT_BYTES, MAXIMUM_PAYLOAD_BYTES, type Outcome } from "./outcome.ts";
import type { Pool } from "./pool.ts";
import type { FunctionSettings } from "./settings.ts";
import { traceId } from "./variables.ts";

/** Executions at a time in an account and region, and what has to stay unreserved of them (Lambda quotas). */
export const ACCOUNT_CONCURRENCY = 1_000;
export const UNRESERVED_MINIMUM = 100;

export interface InvokerNeeds {
  readonly surroundings: Surroundings;
  readonly metrics: MetricsPort;
  readonly store: FunctionStore;
  readonly poolOf: (record: FunctionRecord, settings: FunctionSettings) => Pool;
}

/** An invocation that has ended: how, and of which version. */
export interface Completed {
  readonly outcome: Outcome;
  readonly version: string;
}

/** Carries out invocations within the limits of concurrency, and counts them. */
export class Invoker {
  readonly #needs: InvokerNeeds;

  constructor(needs: InvokerNeeds) {
    this.#needs = needs;
  }

  /** Runs the function once. Throws TooManyRequestsException when it may not run more often at a time. */
  async run(
    record: FunctionRecord,
    qualifier: string | undefined,
    payload: string,
    call: Call,
    requestId: string = randomUUID(),
  ): Promise<Completed> {
    const { surroundings, metrics, poolOf } = this.#needs;
    const settings = versionOf(record, qualifier);
    const dimensions = { FunctionName: record.name };
    const count = (name: string, value: number, unit = "Count") =>
      metrics.record(record.region, "AWS/Lambda", name, dimensions, value, unit);
    const limit = this.#limitReached(record);
    if (limit !== undefined) {
      count("Throttles", 1);
      throw new ServiceError("TooManyRequestsException", "Rate Exceeded.", 429, {
        Reason: limit,
        Type: "User",
      });
    }
    record.inProgress += 1;
    count("ConcurrentExecutions", record.inProgress);
    const started = surroundings.clock.now();
    const site = { ...call, operation: "Invoke", function: record.name };
    const functionArn = qualifier === undefined ? record.arn : `${record.arn}:${qualifier}`;
    try {
      const outcome = await poolOf(record, settings).run(
        { requestId, payload, functionArn, traceId: traceId(started) },
        {
          before: surroundings.faults.crashes(site, "before"),
          after: () => surroundings.faults.crashes(site, "after"),
        },
      );
      count("Invocations", 1);
      count("Errors", outcome.isError ? 1 : 0);
      count("Duration", surroundings.clock.now() - started, "Milliseconds");
      return { outcome, version: settings.version };
    } finally {
      record.inProgress -= 1;
    }
  }

  /** The Reason of the refusal if one more invocation would be too many. */
  #limitReached(record: FunctionRecord): string | undefined {
    if (record.reserved !== undefined)
      return record.inProgress >= record.reserved
        ? "ReservedFunctionConcurrentInvocationLimitExceeded"
        : undefined;
    const others = this.#needs.store.in(record.region);
    const reserved = others.reduce((sum, each) => sum + (each.reserved ?? 0), 0);
    const unreserved = others.reduce(
      (sum, each) => sum + (each.reserved === undefined ? each.inProgress : 0),
      0,
    );
    return unreserved >= ACCOUNT_CONCURRENCY - reserved ? "ConcurrentInvocationLimitExceeded" : undefined;
  }
}

/** The payload of a request as JSON text. Too large or not JSON is refused as Lambda does. */
export function payloadText(input: Json): string {
  const { Payload } = input;
  const text = Payload instanceof Uint8Array ? Buffer.from(Payload).toString("utf8") : (Payload ?? "");
  if (typeof text !== "string")
    throw new ServiceError("InvalidRequestContentException", "Payload must be JSON text or bytes");
  const most = input.InvocationType === "Event" ? MAXIMUM_EVENT_BYTES : MAXIMUM_PAYLOAD_BYTES;
  if (Buffer.byteLength(text) > most)
    throw new ServiceError(
      "RequestTooLargeException",
      `Request must be smaller than ${most} bytes for the InvokeFunction operation`,
      413,
      { Type: "User" },
    );
  if (text === "") return "{}";
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ServiceError(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${(error as Error).message}`,
      400,
      { Type: "User" },
    );
  }
  return text;
}
