/** stdout and stderr, whose readers may end before this process does. */

export interface Output {
  /** Whether something could not be written, such as to a pipe whose reader has ended. */
  readonly isLost: boolean;
  /** Waits until everything is written, or cannot be. */
  flush(): Promise<void>;
}

const STREAMS = [process.stdout, process.stderr];

/** Calls `onLost` each time that output cannot be written; unwatched, that ends the process with a stack trace. */
export function watchOutput(onLost: () => void): Output {
  let isLost = false;
  for (const stream of STREAMS)
    stream.on("error", () => {
      isLost = true;
      onLost();
    });
  return {
    get isLost() {
      return isLost;
    },
    async flush() {
      await Promise.all(STREAMS.map((stream) => write(stream, "").catch(() => undefined)));
    },
  };
}

/** Writes text; throws if it cannot be written. */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((done, fail) => {
    stream.write(text, (error) => (error ? fail(error) : done()));
  });
}
