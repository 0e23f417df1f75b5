/** Sends entries in batches with a bounded number of requests under way: the core of the producer and of a tape. */
import { Batches } from "./batches.ts";
import { type Clock, pause, SYSTEM_CLOCK } from "./clock.ts";
import type { EventEntry } from "./entry.ts";
import { entryFailure, type Failure, givenUp, requestFailure } from "./failure.ts";
import { type PutEventsOptions, putEvents } from "./put-events.ts";
import { type Retry, type RetryOptions, retryDelay, retryOf } from "./retry.ts";

export interface Outgoing {
  readonly entry: EventEntry;
  /** Called exactly once, and must not throw. */
  readonly settle: (outcome: Outcome) => void;
}

/** Accepted under this id, or why not, after so many requests. */
export type Outcome = { readonly eventId: string } | (Failure & { readonly attempts: number });

export interface OutboxOptions extends PutEventsOptions {
  /** Requests under way at once, pauses between attempts included; 4 if left out. */
  readonly concurrency?: number | undefined;
  /** How long a batch with room waits for more; until `dispatch` if left out. */
  readonly lingerMilliseconds?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  /**
   * Waits until more may be sent, and gives how many of the waiting entries, at least 1. `unanswered` counts the entries
   * whose request is under way.
   */
  readonly admission?: ((waiting: number, unanswered: () => number) => Promise<number>) | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 to below 1. */
  readonly random?: (() => number) | undefined;
}

const DEFAULT_CONCURRENCY = 4;

/** A batch on its way. */
interface Sending {
  readonly batch: readonly Outgoing[];
  /** Those of the batch that are not settled yet. */
  readonly unsettled: Set<Outgoing>;
  attempts: number;
}

interface Waiter {
  readonly until: () => boolean;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Entries go out in order of `add`, in batches. Of a request's entries those that failed for a passing reason, and only
 * those, are sent again, so later entries may overtake them.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #retry: Retry;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #batches = new Batches<Outgoing>();
  readonly #up = new AbortController();
  #waiters: Waiter[] = [];
  #stopLingering: (() => void) | undefined;
  #requests = 0;
  #unanswered = 0;
  #isPumping = false;
  #fault: { readonly error: unknown } | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#retry = retryOf(options.retry);
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
  }

  /** Entries whose request is under way or waits for its next attempt. */
  get unanswered(): number {
    return this.#unanswered;
  }

  add(outgoing: Outgoing): void {
    if (this.#up.signal.aborted) {
      outgoing.settle({ ...givenUp(false), attempts: 0 });
    } else {
      this.#batches.add(outgoing);
      if (this.#batches.isAnyFull) void this.#pump();
      this.#linger();
    }
  }

  /** Sends what waits for a batch to become full. */
  dispatch(): void {
    this.#batches.complete();
    this.#linger();
    void this.#pump();
  }

  /** Resolves when every full batch is on its way. */
  room(): Promise<void> {
    return this.#wait(() => !this.#batches.isAnyFull);
  }

  /** Resolves when every entry is settled. Entries that wait for a batch to become full need `dispatch`. */
  drained(): Promise<void> {
    return this.#wait(() => !this.#batches.isAnyFull && this.#batches.forming === 0 && this.#requests === 0);
  }

  /** Gives up: whatever is not settled yet is settled now, as not accepted, and so is everything that comes. */
  giveUp(): void {
    this.#up.abort();
    for (const { settle } of this.#batches.takeAll()) settle({ ...givenUp(false), attempts: 0 });
    this.#linger();
    this.#changed();
  }

  #linger(): void {
    const { lingerMilliseconds } = this.#options;
    if (this.#batches.forming === 0) {
      this.#stopLingering?.();
      this.#stopLingering = undefined;
    } else if (this.#stopLingering === undefined && lingerMilliseconds !== undefined) {
      this.#stopLingering = this.#clock.after(lingerMilliseconds, () => {
        this.#stopLingering = undefined;
        this.dispatch();
      });
    }
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      const { concurrency = DEFAULT_CONCURRENCY, admission } = this.#options;
      while (this.#batches.isAnyFull && this.#requests < concurrency) {
        // Without admission nothing is awaited, so that `unanswered` is right when `dispatch` returns.
        const waiting = this.#batches.next;
        const admitted = admission ? await admission(waiting, () => this.#unanswered) : waiting;
        const batch = this.#batches.take(admitted);
        if (batch.length > 0) void this.#send(batch);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isPumping = false;
      this.#changed();
    }
  }

  async #send(batch: readonly Outgoing[]): Promise<void> {
    this.#requests += 1;
    this.#unanswered += batch.length;
    const sending: Sending = { batch, unsettled: new Set(batch), attempts: 0 };
    try {
      await this.#attempt(sending);
    } catch (error) {
      this.#fail(error);
      this.#abandon(sending, error);
    } finally {
      this.#requests -= 1;
      this.#changed();
      void this.#pump();
    }
  }

  async #attempt(sending: Sending): Promise<void> {
    const { signal } = this.#up;
    const uncertain = new Set<Outgoing>();
    let waiting = sending.batch;
    for (let attempt = 1; waiting.length > 0; attempt += 1) {
      sending.attempts = attempt;
      const answers = await putEvents(
        waiting.map(({ entry }) => entry),
        this.#options,
        signal,
      );
      const again: Outgoing[] = [];
      const isLast = attempt >= this.#retry.maximumAttempts;
      for (const [index, outgoing] of waiting.entries()) {
        const answer = answers[index] ?? entryFailure();
        const isAccepted = "eventId" in answer;
        if (!isAccepted && answer.mayBeAccepted) uncertain.add(outgoing);
        const mayBeAccepted = uncertain.has(outgoing);
        if (isAccepted) this.#settle(sending, outgoing, answer);
        else if (answer.isTransient && !isLast && !signal.aborted) again.push(outgoing);
        else this.#settle(sending, outgoing, { ...answer, mayBeAccepted, attempts: attempt });
      }
      waiting = again;
      if (waiting.length === 0) return;
      await pause(this.#clock, retryDelay(attempt, this.#retry, this.#random), signal);
      if (!signal.aborted) continue;
      for (const outgoing of waiting) {
        const mayBeAccepted = uncertain.has(outgoing);
        this.#settle(sending, outgoing, { ...givenUp(false), mayBeAccepted, attempts: attempt });
      }
      return;
    }
  }

  #settle({ unsettled }: Sending, outgoing: Outgoing, outcome: Outcome): void {
    unsettled.delete(outgoing);
    this.#unanswered -= 1;
    outgoing.settle(outcome);
  }

  /**
   * Settles what an error of the sending itself has left, so that nobody waits for an end that never comes. The answer
   * to a request may be among what was left.
   */
  #abandon(sending: Sending, error: unknown): void {
    const outcome = { ...requestFailure(error), isTransient: false, mayBeAccepted: true };
    for (const outgoing of sending.unsettled)
      try {
        this.#settle(sending, outgoing, { ...outcome, attempts: sending.attempts });
      } catch (thrown) {
        this.#fail(thrown);
      }
  }

  #wait(until: () => boolean): Promise<void> {
    if (this.#fault) return Promise.reject(this.#fault.error);
    if (until()) return Promise.resolve();
    return new Promise((done, fail) => this.#waiters.push({ until, done, fail }));
  }

  #changed(): void {
    const satisfied = this.#waiters.filter(({ until }) => until());
    this.#waiters = this.#waiters.filter((waiter) => !satisfied.includes(waiter));
    for (const { done } of satisfied) done();
  }

  /** What `admission`, `settle` or `random` threw is the caller's own, and ends its waiting. */
  #fail(error: unknown): void {
    this.#fault ??= { error };
    for (const { fail } of this.#waiters.splice(0)) fail(error);
  }
}
