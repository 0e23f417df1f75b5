import { ReplicationPace } from "../replication-pace.ts";
import type { Clock } from "../service.ts";
import type { Item } from "./dynalite.ts";
import type { Version } from "./versions.ts";

/** A write on its way to another region. */
export interface Shipment {
  readonly table: string;
  readonly key: string;
  readonly item: Item | undefined;
  readonly version: Version;
  /** Milliseconds since the epoch; undefined for what a new replica is filled with. */
  readonly writtenAt: number | undefined;
}

/** Control over how writes reach the other regions. */
export interface Replication {
  /**
   * Every write takes this long from now on; without a number again 5 to 50 ms, by chance. For one region (as
   * destination), or for all.
   */
  setLag(milliseconds?: number, region?: string): void;
  /** Stops delivering; writes keep queueing. For one region (as destination), or for all. */
  pause(region?: string): void;
  resume(region?: string): void;
  /** Writes that have not reached their destination. */
  pending(): number;
  /** Of these, writes that the policy of the destination's table has denied; they are tried again each second. */
  heldBack(): number;
  /**
   * Settles once nothing is pending but what is held back; rejects if a write could not be delivered since it was last
   * asked.
   */
  drained(): Promise<void>;
}

/**
 * What became of a write at its destination: what was throttled, denied (by the table's policy) or could not leave or
 * reach a lost region is tried again.
 */
export type Delivery = "delivered" | "throttled" | "denied" | "unreachable";
type Deliver = (region: string, shipment: Shipment) => Promise<Delivery>;

interface Entry {
  readonly due: number;
  readonly shipment: Shipment;
  /** Whether the last attempt was denied. */
  readonly isDenied: boolean;
}

interface Channel {
  readonly region: string;
  readonly queue: Entry[];
  delivering: number;
  cancel: (() => void) | undefined;
}

const LAG_MINIMUM = 5;
const LAG_SPREAD = 45;
/** A write that a replica does not take for now is tried again after this. */
const RETRY_MILLISECONDS = 1000;
/** Deliveries under way at once to a region. */
const BATCH = 32;

/** Carries writes to other regions, each destination by itself, in the order of writing and with a lag. */
export class ReplicationQueue implements Replication {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #deliver: Deliver;
  readonly #channels = new Map<string, Channel>();
  readonly #pace = new ReplicationPace();
  #isClosed = false;
  #waiting: { done: () => void; fail: (error: unknown) => void }[] = [];
  #failures: unknown[] = [];

  constructor(clock: Clock, random: () => number, deliver: Deliver) {
    this.#clock = clock;
    this.#random = random;
    this.#deliver = deliver;
  }

  setLag(milliseconds?: number, region?: string): void {
    this.#pace.setLag(milliseconds, region);
  }

  pause(region?: string): void {
    this.#pace.pause(region);
  }

  resume(region?: string): void {
    this.#pace.resume(region);
    for (const channel of this.#channels.values()) this.#schedule(channel);
  }

  pending(): number {
    let count = 0;
    for (const { queue, delivering } of this.#channels.values()) count += queue.length + delivering;
    return count;
  }

  heldBack(): number {
    let count = 0;
    for (const { queue } of this.#channels.values())
      for (const { isDenied } of queue) if (isDenied) count += 1;
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
    const lag = this.#pace.lagTo(region) ?? LAG_MINIMUM + this.#random() * LAG_SPREAD;
    channel.queue.push({ due: this.#clock.now() + lag, shipment, isDenied: false });
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
    this.#isClosed = true;
    for (const channel of this.#channels.values()) {
      channel.cancel?.();
      channel.queue.length = 0;
    }
    this.#channels.clear();
    this.#settle();
  }

  #schedule(channel: Channel): void {
    if (channel.cancel || channel.delivering > 0 || this.#pace.isPaused(channel.region)) return;
    const [first] = channel.queue;
    if (!first) return;
    channel.cancel = this.#clock.after(Math.max(0, first.due - this.#clock.now()), () => {
      channel.cancel = undefined;
      this.#run(channel);
    });
  }

  #run(channel: Channel): void {
    if (this.#pace.isPaused(channel.region)) return;
    const now = this.#clock.now();
    let count = 0;
    while (count < BATCH && (channel.queue[count]?.due ?? Number.POSITIVE_INFINITY) <= now) count += 1;
    const batch = channel.queue.splice(0, count);
    channel.delivering = batch.length;
    const end = this.#clock.hold();
    const settled = batch.map(({ shipment }) => this.#deliver(channel.region, shipment));
    Promise.allSettled(settled).then((results) => {
      const again: Channel["queue"] = [];
      for (const [index, result] of results.entries()) {
        const entry = batch[index];
        if (result.status === "rejected") this.#failures.push(result.reason);
        else if (entry && result.value !== "delivered") {
          const due = this.#clock.now() + RETRY_MILLISECONDS;
          again.push({ due, shipment: entry.shipment, isDenied: result.value === "denied" });
        }
      }
      // Behind what is due earlier; of one item's writes the latest wins whatever their order.
      for (const entry of this.#isClosed ? [] : again) {
        const place = channel.queue.findLastIndex(({ due }) => due <= entry.due) + 1;
        channel.queue.splice(place, 0, entry);
      }
      channel.delivering = 0;
      end();
      this.#schedule(channel);
      this.#settle();
    });
  }

  #settle(): void {
    if (this.#waiting.length === 0 || this.pending() > this.heldBack()) return;
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
