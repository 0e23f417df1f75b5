import type { Context } from "aws-lambda";
import type { FunctionInput, FunctionName } from "../contract.ts";
import { parseFunctionInput } from "../domain/function-input.ts";
import { isHeartbeat } from "../domain/heartbeat.ts";
import { isJsonObject } from "../domain/json.ts";
import { quoted } from "../domain/text.ts";
import { until } from "./deadline.ts";
import { type EnvironmentOf, readEnvironment } from "./environment.ts";
import { boundedError, inputError, retryableError } from "./errors.ts";
import { count, milliseconds, type Observability } from "./observability.ts";

/** What every invocation works with. */
export interface Invocation<Name extends FunctionName> {
  /** The payload as it came. */
  readonly payload: unknown;
  readonly environment: EnvironmentOf<Name>;
  /** Aborted when the handler has to give up; every client is given it. */
  readonly signal: AbortSignal;
}

/** One event on its way through a function. */
export type EventInvocation<Name extends FunctionName> = Invocation<Name> & FunctionInput;

export type LambdaHandler<Output> = (payload: unknown, context?: Context) => Promise<Output>;

/** Left between giving up and the platform's own time limit, for metrics and the answer. */
const SPARE_MILLISECONDS = 250;

/** Between ending the clients' calls and ending the work that made them. */
const LAST_WORDS_MILLISECONDS = 200;

/**
 * A handler of the workflow's events around `work`: a plain handler that also reads the input and names trade, event
 * and execution in every log line.
 */
export function lambdaHandler<Name extends FunctionName, Output>(
  name: Name,
  observability: Observability,
  work: (invocation: EventInvocation<Name>) => Promise<Output>,
): LambdaHandler<Output> {
  return plainHandler(name, observability, (invocation) => {
    const input = readInput(invocation.payload);
    observability.logger.appendKeys(keysOf(input));
    return work({ ...input, ...invocation });
  });
}

/** A Lambda handler around `work`: reads the environment, keeps the deadline, sends metrics, lets only bounded errors out. */
export function plainHandler<Name extends FunctionName, Output>(
  name: Name,
  observability: Observability,
  work: (invocation: Invocation<Name>) => Promise<Output>,
): LambdaHandler<Output> {
  const { logger, metrics } = observability;
  let environment: EnvironmentOf<Name> | undefined;
  return async (payload, context) => {
    const started = performance.now();
    let clear = () => {};
    try {
      // Not while loading: an error there has no name that the workflow could tell from a crash.
      if (environment === undefined) {
        environment = readEnvironment(name, process.env);
        metrics.setDefaultDimensions({ Environment: shared(environment).environmentSuffix });
      }
      metrics.captureColdStartMetric(context?.functionName);
      logger.resetKeys();
      const time = deadline(shared(environment).deadlineMilliseconds, context);
      clear = time.clear;
      const output = await until(time.end, work({ payload, environment, signal: time.signal }));
      if (!isHeartbeatInput(payload)) count(metrics, "eventsProcessed");
      return output;
    } catch (thrown) {
      count(metrics, "failed");
      logger.error("failed", thrown as Error);
      throw boundedError(thrown);
    } finally {
      clear();
      milliseconds(metrics, "processingTime", performance.now() - started);
      metrics.publishStoredMetrics();
    }
  };
}

/** What every function's environment has. TypeScript cannot see through the type parameter. */
function shared<Name extends FunctionName>(environment: EnvironmentOf<Name>): EnvironmentOf<FunctionName> {
  return environment as EnvironmentOf<FunctionName>;
}

function isHeartbeatInput(payload: unknown): boolean {
  return isJsonObject(payload) && isHeartbeat(payload.envelope);
}

function readInput(payload: unknown): FunctionInput {
  const input = parseFunctionInput(payload);
  if ("problems" in input) {
    throw inputError(
      `input: wrong at ${input.problems.join(", ")}; allowed: envelope, execution.id, execution.startTime`,
    );
  }
  return input;
}

/** What every log line of the event says; of the trade no more than its name. */
function keysOf({ envelope, execution }: FunctionInput) {
  const { id, detail } = isJsonObject(envelope) ? envelope : {};
  const tradeId = isJsonObject(detail) ? detail.tradeId : undefined;
  return { tradeId: quoted(tradeId), eventId: quoted(id), execution: quoted(execution.id, 512) };
}

/**
 * Two signals: `signal` ends the clients' calls, so that the work can still say what it has; a moment later `end`
 * ends the work. `clear` ends both.
 */
function deadline(milliseconds: number, context: Context | undefined) {
  const platform = (context?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY) - SPARE_MILLISECONDS;
  const limit = Math.max(0, Math.min(milliseconds, platform));
  const reason = retryableError(`given up after ${limit} ms`);
  const [calls, work] = [new AbortController(), new AbortController()];
  const timers = [
    setTimeout(() => calls.abort(reason), limit - Math.min(LAST_WORDS_MILLISECONDS, limit / 4)),
    setTimeout(() => work.abort(reason), limit),
  ];
  return { signal: calls.signal, end: work.signal, clear: () => timers.forEach(clearTimeout) };
}
