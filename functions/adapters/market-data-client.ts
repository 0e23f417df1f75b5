import { setTimeout as pause } from "node:timers/promises";
import {
  answerOf,
  MAXIMUM_RESPONSE_BYTES,
  type MarketAnswer,
  type MarketQuestion,
  pathOf,
} from "../domain/market-data.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { NamedError } from "./errors.ts";

export interface MarketDataOptions {
  /** Time limit of one attempt, in milliseconds. */
  readonly attemptMilliseconds: number;
  /** The pause after the first failure is random up to this; it doubles with each further one. */
  readonly firstPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
  /** Failed attempts in a row that open the circuit, and how long it stays open. */
  readonly circuit: { readonly failures: number; readonly openMilliseconds: number };
  readonly now: () => number;
  /** Random number in [0, 1). */
  readonly random: () => number;
}

export const MARKET_DATA_DEFAULTS: MarketDataOptions = {
  attemptMilliseconds: 1000,
  firstPauseMilliseconds: 100,
  longestPauseMilliseconds: 500,
  circuit: { failures: 5, openMilliseconds: 10_000 },
  now: () => performance.now(),
  random: Math.random,
};

export interface MarketDataCall {
  /** Base URL of the API, http or https. */
  readonly endpoint: string;
  /** How often to try, at least 1. */
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/** Asks the market data API; the signature is the port that the enricher depends on. */
export type AskMarketData = (question: MarketQuestion, call: MarketDataCall) => Promise<MarketAnswer>;

/** What can be said of a failed attempt. */
class AttemptError extends NamedError {
  readonly isFinal: boolean;
  constructor(message: string, isFinal = false) {
    super("MarketDataError", message);
    this.isFinal = isFinal;
  }
}

/** Whether the API did answer and refuses this question, so that others may still be asked. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AttemptError && error.isFinal;
}

/**
 * A client of the market data API (docs/market-data-api.md). Connections are kept alive by the platform's fetch.
 * It throws MarketDataError once the attempts are used up, the circuit is open or the signal is aborted.
 */
export function marketDataClient(options: MarketDataOptions = MARKET_DATA_DEFAULTS): AskMarketData {
  let endpoint = "";
  let breaker = new CircuitBreaker({ ...options.circuit, now: options.now });
  return async (question, call) => {
    if (call.endpoint !== endpoint) {
      // Another endpoint owes nothing to the last one's failures.
      endpoint = call.endpoint;
      breaker = new CircuitBreaker({ ...options.circuit, now: options.now });
    }
    return askRepeatedly(question, call, options, breaker);
  };
}

async function askRepeatedly(
  question: MarketQuestion,
  call: MarketDataCall,
  options: MarketDataOptions,
  breaker: CircuitBreaker,
): Promise<MarketAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    if (!breaker.admits())
      throw new AttemptError("market data: not asked, since it failed just before (circuit open)");
    try {
      const answer = await askOnce(question, call, options.attemptMilliseconds);
      breaker.succeeded();
      return answer;
    } catch (thrown) {
      const error =
        thrown instanceof AttemptError ? thrown : new AttemptError(`market data: ${causeOf(thrown)}`);
      // The service did answer; it is this question that it refuses.
      if (error.isFinal) breaker.succeeded();
      else breaker.failed();
      if (error.isFinal || attempt >= call.attempts || call.signal.aborted) {
        throw new AttemptError(`${error.message}; attempt ${attempt} of ${call.attempts}`, error.isFinal);
      }
    }
    await pauseAfter(attempt, call.signal, options);
  }
}

async function askOnce(
  question: MarketQuestion,
  call: MarketDataCall,
  milliseconds: number,
): Promise<MarketAnswer> {
  const url = `${call.endpoint.replace(/\/+$/, "")}/${pathOf(question)}`;
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.any([call.signal, AbortSignal.timeout(milliseconds)]),
  });
  if (response.status === 404) {
    await response.body?.cancel();
    return { ...question, known: false };
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new AttemptError(`market data: status ${response.status}`, isFinal(response.status));
  }
  const answer = answerOf(question, parseJson(await boundedBody(response)));
  if (answer === undefined) throw new AttemptError("market data: the response is not what its contract says");
  return answer;
}

/** Whether the same question will get the same refusal: any 4xx but those that speak of time or load. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

async function boundedBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest of the body.
    if (bytes > MAXIMUM_RESPONSE_BYTES) {
      throw new AttemptError(`market data: the response exceeds ${MAXIMUM_RESPONSE_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AttemptError("market data: the response is not JSON");
  }
}

async function pauseAfter(attempt: number, signal: AbortSignal, options: MarketDataOptions): Promise<void> {
  const longest = Math.min(
    options.longestPauseMilliseconds,
    options.firstPauseMilliseconds * 2 ** (attempt - 1),
  );
  try {
    await pause(options.random() * longest, undefined, { signal });
  } catch {
    throw new AttemptError("market data: given up, since time is up");
  }
}

/** fetch hides the system's error behind a TypeError. */
function causeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "unknown error";
  if (thrown.name === "TimeoutError") return "no answer in time";
  const { cause } = thrown;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined;
  return typeof code === "string" ? `not reachable (${code})` : thrown.message;
}
