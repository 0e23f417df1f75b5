import { bounded } from "../../functions/domain/text.ts";
import type { Clock } from "./clock.ts";
import type { PutEventsOptions } from "./put-events.ts";
import type { RetryOptions } from "./retry.ts";

export interface TradeProducerOptions extends PutEventsOptions {
  /** The trading system's source, such as `trading.system1`. */
  readonly source: string;
  /** The name that belongs to `source`, such as `system1`: given, a trade of another sourceSystem is refused. */
  readonly sourceSystem?: string;
  /** Trades between `send` and acceptance at most; 1,000 if left out. */
  readonly maximumOutstanding?: number;
  /** How long a batch that is not full waits for more trades; 10 if left out. */
  readonly lingerMilliseconds?: number;
  /** PutEvents requests under way at once; 4 if left out. */
  readonly concurrency?: number;
  readonly retry?: RetryOptions;
  /** Whether trades are checked by the event contract before they are sent; true if left out. */
  readonly validate?: boolean;
  /** Closes the producer at once when it aborts: what is not accepted by then is given up. */
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly clock?: Clock;
  /** From 0 to below 1; for tests. */
  readonly random?: () => number;
}

export const DEFAULT_MAXIMUM_OUTSTANDING = 1_000;
export const DEFAULT_LINGER_MILLISECONDS = 10;

/** EventBridge API reference, "PutEvents", EndpointId. */
const ENDPOINT_ID = /^[A-Za-z0-9-]+\.[A-Za-z0-9-]+$/;
const MAXIMUM_ENDPOINT_ID_LENGTH = 50;
/** Longest that a timer of Node waits. */
const MAXIMUM_MILLISECONDS = 2_147_483_647;

/** Throws RangeError naming each option that cannot be, with its value and what is allowed. */
export function checkOptions(options: TradeProducerOptions): void {
  const { retry = {} } = options;
  const wrong = [
    text("eventBusName", options.eventBusName),
    text("source", options.source),
    endpointId(options.endpointId),
    whole("maximumOutstanding", options.maximumOutstanding, 1, Number.MAX_SAFE_INTEGER),
    whole("lingerMilliseconds", options.lingerMilliseconds, 0, MAXIMUM_MILLISECONDS),
    whole("concurrency", options.concurrency, 1, Number.MAX_SAFE_INTEGER),
    whole("retry.maximumAttempts", retry.maximumAttempts, 1, Number.MAX_SAFE_INTEGER),
    whole("retry.firstDelayMilliseconds", retry.firstDelayMilliseconds, 0, MAXIMUM_MILLISECONDS),
    whole("retry.maximumDelayMilliseconds", retry.maximumDelayMilliseconds, 0, MAXIMUM_MILLISECONDS),
  ].filter((each) => each !== undefined);
  if (wrong.length > 0) throw new RangeError(wrong.join("; "));
}

/**
 * Milliseconds until a deadline, undefined if there is none. Throws RangeError naming what cannot be: a timer of Node
 * would take it for one millisecond.
 */
export function checkDeadline(milliseconds: number | undefined): number | undefined {
  if (milliseconds === undefined || milliseconds === Number.POSITIVE_INFINITY) return undefined;
  if (milliseconds >= 0 && milliseconds <= MAXIMUM_MILLISECONDS) return milliseconds;
  throw new RangeError(
    `deadlineMilliseconds: must be a number from 0 to ${MAXIMUM_MILLISECONDS}, or Infinity, got ${milliseconds}`,
  );
}

function text(name: string, value: string): string | undefined {
  return value === "" ? `${name}: must be a non-empty text, got nothing` : undefined;
}

function endpointId(value: string | undefined): string | undefined {
  if (value === undefined || (ENDPOINT_ID.test(value) && value.length <= MAXIMUM_ENDPOINT_ID_LENGTH)) return;
  return `endpointId: must be a global endpoint's id, such as abcde.veo, got ${bounded(value)}`;
}

function whole(name: string, value: number | undefined, least: number, most: number): string | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return undefined;
  return `${name}: must be a whole number from ${least} to ${most}, got ${value}`;
}
