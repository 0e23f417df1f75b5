import type { Clock } from "../service.ts";

/** Thrown into what waits when its execution or branch has ended; nothing retries or catches it. */
export const STOPPED = new Error("The execution or branch has ended");

/** An execution or a branch: everything that waits in it ends with it. */
export class Extent {
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  /** An extent within this one. */
  inner(): Extent {
    const inner = new Extent();
    const leave = this.#enter(() => inner.end());
    inner.#waiting.add(leave);
    if (this.#isOver) inner.end();
    return inner;
  }

  /** Throws STOPPED once it has ended. */
  require(): void {
    if (this.#isOver) throw STOPPED;
  }

  /** Ends all that waits with STOPPED. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stop of [...this.#waiting]) stop();
    this.#waiting.clear();
  }

  /** Waits. */
  pause(clock: Clock, milliseconds: number): Promise<void> {
    return this.await(clock, undefined, milliseconds, (done) => done(undefined));
  }

  /** Waits for work; if that takes longer than the limit in milliseconds, `late` decides. */
  await<T>(
    clock: Clock,
    work: Promise<T> | undefined,
    limit: number | undefined,
    late: (done: (value: T) => void, fail: (error: unknown) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isOver) {
        work?.catch(() => undefined);
        return reject(STOPPED);
      }
      let cancel = () => {};
      const leave = this.#enter(() => {
        cancel();
        reject(STOPPED);
      });
      const ended = <V>(act: (value: V) => void) => {
        return (value: V) => {
          cancel();
          leave();
          act(value);
        };
      };
      const [done, fail] = [ended(resolve), ended(reject)];
      if (limit !== undefined) cancel = clock.after(limit, () => late(done, fail));
      work?.then(done, fail);
    });
  }

  #enter(stop: () => void): () => void {
    this.#waiting.add(stop);
    return () => this.#waiting.delete(stop);
  }
}
