import type { TableDescription } from "./dynalite.ts";

/** What a table or one of its indexes may take a second; undefined for no limit of its own. */
export interface Throughput {
  readonly read: number | undefined;
  readonly write: number | undefined;
  /** Seconds of unused throughput that may be used later. */
  readonly burstSeconds: number;
}

export type Access = "Read" | "Write";

/** What is throttled, and why. As in the API Reference, ThrottlingReason. */
export interface Throttled {
  /** Name of the index, or undefined for the table. */
  readonly index: string | undefined;
  readonly access: Access;
  readonly limit:
    | "KeyRangeThroughputExceeded"
    | "ProvisionedThroughputExceeded"
    | "MaxOnDemandThroughputExceeded";
}

/** One use of a table or an index: `partition` is left out if it is spread over many. */
export interface Use {
  readonly index: string | undefined;
  readonly partition: string | undefined;
  readonly units: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Developer Guide, "Designing partition keys": units a partition takes a second. */
const PARTITION_UNITS: Readonly<Record<Access, number>> = { Read: 3000, Write: 1000 };
/** Developer Guide, "Burst and adaptive capacity": up to five minutes of unused capacity are kept. */
export const BURST_SECONDS = 300;
const BUCKETS_KEPT = 10_000;

/**
 * Throughput that one table and its indexes have used. Every value of a partition key counts as a partition of its
 * own. A use is let through while there is any capacity left, and what it takes beyond delays those that follow.
 */
export class TableCapacity {
  readonly #buckets = new Map<string, Bucket>();
  #sweepAt = BUCKETS_KEPT;

  /** Takes the units of all uses, or says what is exhausted and takes none. */
  take(
    access: Access,
    uses: readonly Use[],
    throughput: (index: string | undefined) => Throughput,
    isProvisioned: boolean,
    now: number,
  ): Throttled | undefined {
    const taken: [Bucket, number][] = [];
    for (const { index, partition, units } of uses) {
      const owner = `${access}\n${index ?? ""}`;
      if (partition !== undefined) {
        const bucket = this.#filled(`${owner}\n${partition}`, PARTITION_UNITS[access], 1, now);
        if (bucket.tokens <= 0) return { index, access, limit: "KeyRangeThroughputExceeded" };
        taken.push([bucket, units]);
      }
      const { read, write, burstSeconds } = throughput(index);
      const rate = access === "Read" ? read : write;
      if (rate === undefined) continue;
      const bucket = this.#filled(owner, rate, burstSeconds, now);
      if (bucket.tokens <= 0)
        return {
          index,
          access,
          limit: isProvisioned ? "ProvisionedThroughputExceeded" : "MaxOnDemandThroughputExceeded",
        };
      taken.push([bucket, units]);
    }
    for (const [bucket, units] of taken) bucket.tokens -= units;
    return undefined;
  }

  /** A bucket with what came to it since it was last used. A new one has a second's worth. */
  #filled(key: string, rate: number, burstSeconds: number, now: number): Bucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(now);
      bucket = { tokens: rate, at: now };
      this.#buckets.set(key, bucket);
      return bucket;
    }
    const gained = ((now - bucket.at) / 1000) * rate;
    bucket.tokens = Math.min(rate * burstSeconds, bucket.tokens + gained);
    bucket.at = now;
    return bucket;
  }

  /** Drops the buckets of partitions that are full again, which is what a new one is. */
  #sweep(now: number): void {
    for (const [key, { tokens, at }] of this.#buckets) {
      const [access, , partition] = key.split("\n", 3);
      const rate = PARTITION_UNITS[access as Access];
      if (partition !== undefined && tokens + ((now - at) / 1000) * rate >= rate) this.#buckets.delete(key);
    }
    this.#sweepAt = Math.max(BUCKETS_KEPT, this.#buckets.size * 2);
  }
}

/** Whether a table has provisioned throughput; otherwise it is on demand. */
export function isProvisioned(table: TableDescription): boolean {
  return table.BillingModeSummary?.BillingMode !== "PAY_PER_REQUEST";
}

/** The partition of an encoded key: dynalite writes `hash/partition key/sort key/`. */
export function partitionOf(key: string): string {
  return key.slice(0, key.indexOf("/", key.indexOf("/") + 1));
}
