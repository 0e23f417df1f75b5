/**
 * Settles as `work` does, or rejects with the signal's reason as soon as that is aborted: for clients that take no
 * signal. What is given up on goes on unobserved.
 */
export async function until<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  // Whatever happens to the work after it was given up on is nobody's concern.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
