import { TRADE_DETAIL_TYPE } from "../../functions/contract.ts";
import { reason } from "../../functions/domain/reasons.ts";
import { isTraceHeader, TRACE_HEADER_RULE } from "../tape/entry.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { detailText } from "./detail.ts";
import type { EventEntry } from "./entry.ts";
import { TradeNotAcceptedError, TradeRefusedError } from "./errors.ts";
import { CLOSED, givenUp } from "./failure.ts";
import {
  checkDeadline,
  checkOptions,
  DEFAULT_LINGER_MILLISECONDS,
  DEFAULT_MAXIMUM_OUTSTANDING,
  type TradeProducerOptions,
} from "./options.ts";
import { Outbox, type Outcome, type Outgoing } from "./outbox.ts";
import type { TradeOf } from "./trade.ts";

/** What EventBridge has accepted. */
export interface Receipt {
  readonly eventId: string;
  /** Where it was accepted; absent behind a global endpoint, which does not tell. `<region>#<eventId>` names the event. */
  readonly region?: string;
}

export interface TradeOptions {
  /** The event's time; the time of acceptance if left out. Its milliseconds are cut off by EventBridge. */
  readonly time?: Date;
  /** X-Ray trace header, 1 to 500 characters long. */
  readonly traceHeader?: string;
}

export interface CloseOptions {
  /**
   * After this long, from 0 to 2,147,483,647, what is not accepted is given up; no limit if left out or Infinity.
   */
  readonly deadlineMilliseconds?: number;
}

export interface Closed {
  /** Trades that were accepted in the producer's life. */
  readonly accepted: number;
  /**
   * Trades given before the producer closed that ended without acceptance after it: each can be written to a tape and
   * sent later.
   */
  readonly notAccepted: readonly TradeNotAcceptedError[];
}

/**
 * Sends trades to EventBridge in batches, at most so many at once. Every trade ends exactly once: its promise resolves
 * when EventBridge has accepted it, or rejects with the reason. Order is not kept: a trade's versions say what is newer.
 */
export class TradeProducer {
  readonly #options: TradeProducerOptions;
  readonly #maximum: number;
  readonly #outbox: Outbox;
  /** Trades that wait for a place, and those that have one, in order of `send`. */
  readonly #waiting = new Set<Outgoing>();
  readonly #outstanding = new Set<Outgoing>();
  readonly #notAccepted: TradeNotAcceptedError[] = [];
  readonly #flushes = new Set<{ readonly left: Set<Outgoing>; readonly done: () => void }>();
  readonly #abort = () => this.#giveUp();
  #readyWaiters: (() => void)[] = [];
  #accepted = 0;
  #isClosed = false;

  /** Throws RangeError naming options that cannot be. */
  constructor(options: TradeProducerOptions) {
    checkOptions(options);
    this.#options = options;
    this.#maximum = options.maximumOutstanding ?? DEFAULT_MAXIMUM_OUTSTANDING;
    this.#outbox = new Outbox({
      ...options,
      lingerMilliseconds: options.lingerMilliseconds ?? DEFAULT_LINGER_MILLISECONDS,
    });
    if (options.signal?.aborted) this.#giveUp();
    else options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Trades that have a place: given to EventBridge, or about to be, and not answered. Never above the maximum. */
  get outstanding(): number {
    return this.#outstanding.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Sends a trade as soon as it has a place. Resolves when EventBridge has accepted it. Rejects with TradeRefusedError
   * or TradeNotAcceptedError; with the latter, code `Closed`, if the producer is closed.
   */
  async send<Fields>(trade: TradeOf<Fields>, options: TradeOptions = {}): Promise<Receipt> {
    // All until the first await happens within the call, so that what was sent before `close` counts.
    const entry = this.#entryOf(trade, options);
    if (this.#isClosed) throw new TradeNotAcceptedError(entry, { ...CLOSED, attempts: 0 });
    const eventId = await new Promise<string>((accept, reject) => {
      const outgoing: Outgoing = {
        entry,
        settle: (outcome) => {
          if ("eventId" in outcome) accept(outcome.eventId);
          else reject(this.#failed(entry, outcome));
          this.#settled(outgoing, outcome);
        },
      };
      this.#waiting.add(outgoing);
      this.#fill();
    });
    const region = await this.#region();
    return region === undefined ? { eventId } : { eventId, region };
  }

  /** Resolves when a trade given now need not wait for a place, or when the producer is closed. */
  ready(): Promise<void> {
    if (this.#isReady()) return Promise.resolve();
    return new Promise((done) => this.#readyWaiters.push(done));
  }

  /** Sends without waiting for full batches. Resolves when every trade sent until now has ended, either way. */
  flush(): Promise<void> {
    const left = new Set([...this.#waiting, ...this.#outstanding]);
    if (left.size === 0) return Promise.resolve();
    return new Promise((done) => {
      this.#flushes.add({ left, done });
      this.#outbox.dispatch();
    });
  }

  /**
   * Takes no more trades and sends everything that was given. Resolves when every trade has ended, which with a deadline
   * is no later than that, and says which were not accepted. A later call may set an earlier deadline. Rejects only with
   * RangeError for a deadline that cannot be, and then closes nothing.
   */
  async close({ deadlineMilliseconds }: CloseOptions = {}): Promise<Closed> {
    const deadline = checkDeadline(deadlineMilliseconds);
    this.#isClosed = true;
    this.#announce();
    const clock = this.#options.clock ?? SYSTEM_CLOCK;
    const cancel = deadline === undefined ? undefined : clock.after(deadline, this.#abort);
    await this.flush();
    cancel?.();
    this.#options.signal?.removeEventListener("abort", this.#abort);
    return { accepted: this.#accepted, notAccepted: [...this.#notAccepted] };
  }

  #entryOf(trade: unknown, { time, traceHeader }: TradeOptions): EventEntry {
    const { source, sourceSystem, validate = true } = this.#options;
    const detail = detailText(trade, { source, sourceSystem, validate });
    if (time && Number.isNaN(time.getTime()))
      throw new TradeRefusedError([reason("envelope.invalid", "envelope.time", "Invalid Date")]);
    if (traceHeader !== undefined && !isTraceHeader(traceHeader)) {
      const value = `${traceHeader.length} characters`;
      throw new TradeRefusedError([
        reason("envelope.invalid", "envelope.traceHeader", value, TRACE_HEADER_RULE),
      ]);
    }
    const optional = { ...(time ? { time } : {}), ...(traceHeader === undefined ? {} : { traceHeader }) };
    return { source, detailType: TRADE_DETAIL_TYPE, detail, ...optional };
  }

  async #region(): Promise<string | undefined> {
    const { client, endpointId } = this.#options;
    // Whatever goes wrong here, the trade was accepted.
    return endpointId === undefined ? await client.config.region().catch(() => undefined) : undefined;
  }

  #failed(entry: EventEntry, outcome: Exclude<Outcome, { eventId: string }>): TradeNotAcceptedError {
    const error = new TradeNotAcceptedError(entry, outcome);
    // Before, the promise alone reports it; a caller that shuts down no longer listens to promises.
    if (this.#isClosed) this.#notAccepted.push(error);
    return error;
  }

  #settled(outgoing: Outgoing, outcome: Outcome): void {
    if ("eventId" in outcome) this.#accepted += 1;
    this.#waiting.delete(outgoing);
    this.#outstanding.delete(outgoing);
    for (const flush of this.#flushes) {
      flush.left.delete(outgoing);
      if (flush.left.size > 0) continue;
      this.#flushes.delete(flush);
      flush.done();
    }
    this.#fill();
    this.#announce();
  }

  /** Gives places to those that wait. */
  #fill(): void {
    for (const outgoing of this.#waiting) {
      if (this.#outstanding.size >= this.#maximum) break;
      this.#waiting.delete(outgoing);
      this.#outstanding.add(outgoing);
      this.#outbox.add(outgoing);
    }
    // With nothing under way, waiting for more trades would be waiting for the timer alone.
    const isFull = this.#outstanding.size >= this.#maximum;
    if (this.#outbox.unanswered === 0 && (isFull || this.#flushes.size > 0)) this.#outbox.dispatch();
  }

  #isReady(): boolean {
    return this.#isClosed || (this.#waiting.size === 0 && this.#outstanding.size < this.#maximum);
  }

  #announce(): void {
    if (!this.#isReady()) return;
    for (const done of this.#readyWaiters.splice(0)) done();
  }

  #giveUp(): void {
    this.#isClosed = true;
    // First set aside: each place that becomes free would else be given to one of them.
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#outbox.giveUp();
    for (const { settle } of waiting) settle({ ...givenUp(false), attempts: 0 });
    this.#announce();
  }
}
