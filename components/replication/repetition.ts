/** Pauses between two looks at, or calls for, what AWS is still busy with, in milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;

/** Pauses after the given one, each longer than the last. Zero gives the first. */
export function pauseAfter(pause: number): number {
  return pause === 0 ? FIRST_PAUSE : Math.min(pause * 1.5, LONGEST_PAUSE);
}

/** Waits for a number of milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}

/**
 * Whether DynamoDB refuses a change only for the moment: throttled, another change under way, or too many of the
 * account's tables changing at once. Its other limits, which have the same name, do not pass by waiting.
 */
export function isPassing(error: unknown): boolean {
  const { name, message } = error as Error;
  if (name === "LimitExceededException") return /simultaneous/i.test(message);
  return name === "ThrottlingException" || name === "ResourceInUseException";
}

/**
 * Repeats an attempt as long as it fails with what `passes` tells to be passing, for at most `limit` milliseconds.
 * Throws the last error. The attempt is told when its time is over, in milliseconds since the epoch.
 */
export async function repeatWhile<T>(
  passes: (error: unknown) => boolean,
  limit: number,
  attempt: (end: number) => Promise<T>,
): Promise<T> {
  const end = Date.now() + limit;
  for (let pause = pauseAfter(0); ; pause = pauseAfter(pause)) {
    try {
      return await attempt(end);
    } catch (error) {
      if (!passes(error) || Date.now() > end) throw error;
    }
    await sleep(pause);
  }
}
