export interface RetryOptions {
  /** PutEvents requests that an entry is part of at most; 6 if left out. */
  readonly maximumAttempts?: number;
  /** Upper bound of the first pause, which doubles with each attempt; 100 if left out. */
  readonly firstDelayMilliseconds?: number;
  /** Upper bound of every pause; 20,000 if left out. */
  readonly maximumDelayMilliseconds?: number;
}

export const DEFAULT_RETRY: Required<RetryOptions> = {
  maximumAttempts: 6,
  firstDelayMilliseconds: 100,
  maximumDelayMilliseconds: 20_000,
};

/**
 * Milliseconds to wait after the given attempt, from 1, has failed: anything from 0 to a bound that doubles ("full
 * jitter"), so that producers that were throttled together do not come back together.
 */
export function retryDelay(attempt: number, retry: Required<RetryOptions>, random: () => number): number {
  const bound = retry.firstDelayMilliseconds * 2 ** (attempt - 1);
  return random() * Math.min(retry.maximumDelayMilliseconds, bound);
}
