import { AsyncLocalStorage } from "node:async_hooks";

type OnRejection = (error: Error) => void;

const onRejectionOf = new AsyncLocalStorage<OnRejection>();
let watching = 0;

/**
 * Runs work and tells of every promise that it made, that was rejected and that nobody handled. Other work of the
 * process, also such as is watched at the same time, is not mixed up with it.
 */
export async function watchRejections<Result>(
  onRejection: OnRejection,
  work: () => Promise<Result>,
): Promise<Result> {
  if (watching === 0) process.on("unhandledRejection", attribute);
  watching += 1;
  try {
    return await onRejectionOf.run(onRejection, work);
  } finally {
    watching -= 1;
    if (watching === 0) process.off("unhandledRejection", attribute);
  }
}

function attribute(reason: unknown): void {
  const onRejection = onRejectionOf.getStore();
  if (onRejection) onRejection(reason instanceof Error ? reason : new Error(String(reason)));
  // Nothing that is watched: without this listener it would end the process, so it does.
  else if (process.listenerCount("unhandledRejection") === 1) throw reason;
}
