import type { Clock } from "../service.ts";
import type { Item } from "./dynalite.ts";
import type { Version } from "./versions.ts";

/** A write on its way to another region. */
export interface Shipment {
  readonly table: string;
  readonly key: string;
  readonly item: Item | undefined;
  readonly version: Version;
}

/** Control over how writes reach the other regions. */
export interface Replication {
  /** Every write takes this long from now on; without a number again 5 to 50 ms, by chance. */
  setLag(milliseconds?: number): void;
  /** Stops delivering; writes keep queueing. For one region (as destination), or for all. */
  pause(region?: string): void;
  resume(region?: string): void;
  /** Writes that have not reached their destination. */
  pending(): number;
  /** Settles once nothing is pending; rejects if a write could not be delivered since it was last asked. */
  drained(): Promise<void>;
}

type Deliver = (region: string, shipment: Shipment) => Promise<void>;

interface Channel {
  readonly region: string;
  readonly queue: { due: number; shipment: Shipment }[];
  delivering: number;
  cancel: (() => void) | undefined;
}

const LAG_MINIMUM = 5;
const LAG_SPREAD = 45;
/** Deliveries under way at once to a region. */
const BATCH = 32;

/** Carries writes to other regions, each destination by itself, in the order of writing and with a lag. */
export class ReplicationQueue implements Replication {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #deliver: Deliver;
  readonly #channels = new Map<string, Channel>();
  readonly #paused = new Set<string>();
  #allPaused = false;
  #lag: number | undefined;
  #waiting: { done: () => void; fail: (error: unknown) => void }[] = [];
  #failures: unknown[] = [];

  constructor(clock: Clock, random: () => number, deliver: Deliver) {
    this.#clock = clock;
    this.#random = random;
    this.#deliver = deliver;
  }

  setLag(milliseconds?: number): void {
    if (milliseconds !== undefined && !(milliseconds >= 0))
      throw new RangeError(`lag is ${milliseconds}; allowed is a number of milliseconds from 0`);
    this.#lag = milliseconds;
  }

  pause(region?: string): void {
    if (region === undefined) this.#allPaused = true;
    else this.#paused.add(region);
  }

  resume(region?: string): void {
    if (region === undefined) {
      this.#allPaused = false;
      this.#paused.clear();
    } else this.#paused.delete(region);
    for (const channel of this.#channels.values()) this.#schedule(channel);
  }

  pending(): number {
    let count = 0;
    for (const { queue, delivering } of this.#channels.values()) count += queue.length + delivering;
    return count;
  }

  drained(): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ done, fail });
      this.#settle();
    });
  }

  /** Sends a write on its way. */
  ship(region: string, shipment: Shipment): void {
    let channel = this.#channels.get(region);
    if (!channel) {
      channel = { region, queue: [], delivering: 0, cancel: undefined };
      this.#channels.set(region, channel);
    }
    const lag = this.#lag ?? LAG_MINIMUM + this.#random() * LAG_SPREAD;
    channel.queue.push({ due: this.#clock.now() + lag, shipment });
    this.#schedule(channel);
  }

  /** Drops what is on its way to a table that is no replica any more. */
  forget(region: string, table: string): void {
    const channel = this.#channels.get(region);
    if (!channel) return;
    const kept = channel.queue.filter(({ shipment }) => shipment.table !== table);
    channel.queue.splice(0, channel.queue.length, ...kept);
    this.#settle();
  }

  close(): void {
    for (const channel of this.#channels.values()) {
      channel.cancel?.();
      channel.queue.length = 0;
    }
    this.#channels.clear();
    this.#settle();
  }

  #schedule(channel: Channel): void {
    if (channel.cancel || channel.delivering > 0 || this.#allPaused || this.#paused.has(channel.region))
      return;
    const [first] = channel.queue;
    if (!first) return;
    channel.cancel = this.#clock.after(Math.max(0, first.due - this.#clock.now()), () => {
      channel.cancel = undefined;
      this.#run(channel);
    });
  }

  #run(channel: Channel): void {
    if (this.#allPaused || this.#paused.has(channel.region)) return;
    const now = this.#clock.now();
    let count = 0;
    while (count < BATCH && (channel.queue[count]?.due ?? Number.POSITIVE_INFINITY) <= now) count += 1;
    const batch = channel.queue.splice(0, count);
    channel.delivering = batch.length;
    const settled = batch.map(({ shipment }) => this.#deliver(channel.region, shipment));
    Promise.allSettled(settled).then((results) => {
      for (const result of results) if (result.status === "rejected") this.#failures.push(result.reason);
      channel.delivering = 0;
      this.#schedule(channel);
      this.#settle();
    });
  }

  #settle(): void {
    if (this.pending() > 0 || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    const failures = this.#failures;
    this.#waiting = [];
    this.#failures = [];
    for (const { done, fail } of waiting)
      if (failures.length > 0)
        fail(new AggregateError(failures, "Writes could not be delivered to a replica"));
      else done();
  }
}
