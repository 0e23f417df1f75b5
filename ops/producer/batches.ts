import { entryBytes, MAXIMUM_ENTRY_BYTES } from "../tape/entry.ts";
import type { EventEntry } from "./entry.ts";

/** PutEvents takes at most this many entries (EventBridge quotas, "PutEvents request entries"). */
export const ENTRIES_PER_REQUEST = 10;
/** Kept below PutEvents' limit of 1 MB a request, and enough for the largest entry. */
export const BYTES_PER_REQUEST = MAXIMUM_ENTRY_BYTES;

/** Cuts what comes, in order, into batches that fit into a PutEvents request. */
export class Batches<Item extends { readonly entry: EventEntry }> {
  readonly #full: Item[][] = [];
  #forming: Item[] = [];
  #bytes = 0;

  /** Whether a batch can be taken. */
  get isAnyFull(): boolean {
    return this.#full.length > 0;
  }

  /** How many wait in a batch that has room for more. */
  get forming(): number {
    return this.#forming.length;
  }

  add(item: Item): void {
    const bytes = entryBytes(item.entry);
    if (this.#bytes + bytes > BYTES_PER_REQUEST) this.complete();
    this.#forming.push(item);
    this.#bytes += bytes;
    if (this.#forming.length === ENTRIES_PER_REQUEST) this.complete();
  }

  /** Lets the batch that has room go as it is. */
  complete(): void {
    if (this.#forming.length > 0) this.#full.push(this.#forming);
    this.#forming = [];
    this.#bytes = 0;
  }

  /** How many the next batch has. */
  get next(): number {
    return this.#full[0]?.length ?? 0;
  }

  /** Takes the next batch, or so many of it. */
  take(most: number): Item[] {
    const [batch = []] = this.#full;
    const taken = batch.splice(0, most);
    if (batch.length === 0) this.#full.shift();
    return taken;
  }

  /** Takes all that is left. */
  takeAll(): Item[] {
    this.complete();
    return this.#full.splice(0).flat();
  }
}
