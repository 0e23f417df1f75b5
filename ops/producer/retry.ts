export interface RetryOptions {
  /** PutEvents requests that an entry is part of at most; 6 if left out. */
  readonly maximumAttempts?: number | undefined;
  /** Upper bound of the first pause, which doubles with each attempt; 100 if left out. */
  readonly firstDelayMilliseconds?: number | undefined;
  /** Upper bound of every pause; 20,000 if left out. */
  readonly maximumDelayMilliseconds?: number | undefined;
}

/** The same with every field. */
export type Retry = { readonly [Field in keyof RetryOptions]-?: number };

const DEFAULT_MAXIMUM_ATTEMPTS = 6;
const DEFAULT_FIRST_DELAY_MILLISECONDS = 100;
const DEFAULT_MAXIMUM_DELAY_MILLISECONDS = 20_000;

/** The options with the default of each that is left out or undefined. */
export function retryOf(options: RetryOptions = {}): Retry {
  return {
    maximumAttempts: options.maximumAttempts ?? DEFAULT_MAXIMUM_ATTEMPTS,
    firstDelayMilliseconds: options.firstDelayMilliseconds ?? DEFAULT_FIRST_DELAY_MILLISECONDS,
    maximumDelayMilliseconds: options.maximumDelayMilliseconds ?? DEFAULT_MAXIMUM_DELAY_MILLISECONDS,
  };
}

/**
 * Milliseconds to wait after the given attempt, from 1, has failed: anything from 0 to a bound that doubles ("full
 * jitter"), so that producers that were throttled together do not come back together.
 */
export function retryDelay(attempt: number, retry: Retry, random: () => number): number {
  const bound = retry.firstDelayMilliseconds * 2 ** (attempt - 1);
  return random() * Math.min(retry.maximumDelayMilliseconds, bound);
}
