import { randomUUID } from "node:crypto";
import type { FaultSite } from "../faults.ts";
import type { Call, Json, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { type FunctionRecord, type FunctionStore, versionOf } from "./functions.ts";
import { MAXIMUM_EVENT_BYTES, MAXIMUM_PAYLOAD_BYTES, type Outcome } from "./outcome.ts";
import type { Pool } from "./pool.ts";
import { type FunctionSettings, tracingMode } from "./settings.ts";

/** Executions at a time in an account and region, and what has to stay unreserved of them (Lambda quotas). */
export const ACCOUNT_CONCURRENCY = 1_000;
export const UNRESERVED_MINIMUM = 100;

export interface InvokerNeeds {
  readonly surroundings: Surroundings;
  readonly metrics: MetricsPort;
  readonly store: FunctionStore;
  readonly poolOf: (record: FunctionRecord, settings: FunctionSettings) => Pool;
}

/** What is to be run, for whom. */
export interface Request {
  readonly record: FunctionRecord;
  readonly qualifier: string | undefined;
  /** JSON text. */
  readonly payload: string;
  readonly call: Call;
  readonly requestId?: string;
  readonly clientContext?: string | undefined;
  readonly wantsTail?: boolean;
}

/** An invocation that has ended: how, and of which version. */
export interface Completed {
  readonly outcome: Outcome;
  readonly version: string;
  readonly requestId: string;
  /** End of the log in base64, if wanted. */
  readonly tail: string | undefined;
}

/** Carries out invocations within the limits of concurrency, and counts them. */
export class Invoker {
  readonly #needs: InvokerNeeds;

  constructor(needs: InvokerNeeds) {
    this.#needs = needs;
  }

  /** As `run`, for attempts of Lambda's own: they do not come through the dispatcher, but faults on Invoke meet them. */
  async attempt(request: Request): Promise<Completed> {
    const { faults, clock } = this.#needs.surroundings;
    const site = siteOf(request);
    await faults.apply(site, "before", clock);
    const completed = await this.run(request);
    await faults.apply(site, "after", clock);
    return completed;
  }

  /** Runs the function once. Throws TooManyRequestsException when it may not run more often at a time. */
  async run(request: Request): Promise<Completed> {
    const { record, qualifier, payload, ...more } = request;
    const { surroundings, metrics, poolOf } = this.#needs;
    const { requestId = randomUUID(), clientContext, wantsTail = false } = more;
    const settings = versionOf(record, qualifier);
    const count = counter(metrics, record, qualifier, settings.version);
    const limit = this.#limitReached(record);
    if (limit !== undefined) {
      count("Throttles", 1);
      throw new ServiceError("TooManyRequestsException", "Rate Exceeded.", 429, {
        Reason: limit,
        Type: "User",
      });
    }
    record.inProgress += 1;
    this.#countConcurrent(record);
    const site = siteOf(request);
    const functionArn = qualifier === undefined ? record.arn : `${record.arn}:${qualifier}`;
    const traceId = record.sampler.header(tracingMode(settings) === "Active");
    try {
      const { outcome, duration, tail } = await poolOf(record, settings).run(
        { requestId, payload, functionArn, traceId, version: settings.version, clientContext },
        {
          before: surroundings.faults.crashes(site, "before"),
          after: () => surroundings.faults.crashes(site, "after"),
        },
        wantsTail,
      );
      if (outcome.refusal) throw outcome.refusal;
      count("Invocations", 1);
      count("Errors", outcome.isError ? 1 : 0);
      count("Duration", duration, "Milliseconds");
      return { outcome, version: settings.version, requestId, tail };
    } finally {
      record.inProgress -= 1;
    }
  }

  /** ConcurrentExecutions exists of a function and of all functions together, not of versions and aliases. */
  #countConcurrent(record: FunctionRecord): void {
    const { metrics, store } = this.#needs;
    const all = store.in(record.region).reduce((sum, each) => sum + each.inProgress, 0);
    const of = (dimensions: Record<string, string>, value: number) =>
      metrics.record(record.region, "AWS/Lambda", "ConcurrentExecutions", dimensions, value, "Count");
    of({ FunctionName: record.name }, record.inProgress);
    of({}, all);
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

function siteOf({ call, record }: Request): FaultSite {
  return { ...call, service: "lambda", operation: "Invoke", function: record.name };
}

/**
 * Records a metric of a function under each of its dimensions (Lambda, "Types of metrics for Lambda functions"): the
 * function, the version or alias that was named, with an alias also the version that ran, and all functions together.
 */
export function counter(
  metrics: MetricsPort,
  { region, name: FunctionName }: Pick<FunctionRecord, "region" | "name">,
  qualifier: string | undefined,
  version: string,
): (name: string, value: number, unit?: string) => void {
  const Resource = qualifier === undefined ? FunctionName : `${FunctionName}:${qualifier}`;
  const isAlias = qualifier !== undefined && qualifier !== version;
  const dimensions: Record<string, string>[] = [
    {},
    { FunctionName },
    { FunctionName, Resource },
    ...(isAlias ? [{ FunctionName, Resource, ExecutedVersion: version }] : []),
  ];
  return (name, value, unit = "Count") => {
    for (const each of dimensions) metrics.record(region, "AWS/Lambda", name, each, value, unit);
  };
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

/** Refuses a member that is there and none of these. */
export function oneOf(input: Json, member: string, allowed: readonly string[]): void {
  const value = input[member];
  if (value !== undefined && !allowed.includes(String(value)))
    throw new ServiceError(
      "InvalidParameterValueException",
      `${member} is ${JSON.stringify(value)}; allowed: ${allowed.join(", ")}`,
    );
}

/** The JSON text of a ClientContext, which comes in base64, in ASCII as it goes into a header. */
export function clientContextOf({ ClientContext }: Json): string | undefined {
  if (ClientContext === undefined) return undefined;
  try {
    const text = JSON.stringify(JSON.parse(Buffer.from(String(ClientContext), "base64").toString("utf8")));
    return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  } catch {
    throw new ServiceError(
      "InvalidRequestContentException",
      "Client context must be a valid Base64-encoded JSON object.",
      400,
      { Type: "User" },
    );
  }
}
