import { createHash } from "node:crypto";
import type { Json } from "../service.ts";
import type { Item } from "./dynalite.ts";
import type { Change } from "./engine.ts";
import { itemBytes } from "./items.ts";

export type StreamView = "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES" | "KEYS_ONLY";

/** What a stream is opened with. */
export interface StreamIdentity {
  readonly arn: string;
  readonly label: string;
  readonly table: string;
  readonly region: string;
  readonly view: StreamView;
  readonly keySchema: readonly { AttributeName: string; KeyType: string }[];
  readonly createdAt: number;
}

interface Entry {
  readonly at: number;
  readonly bytes: number;
  readonly record: Json;
}

/** API Reference, "DynamoDB Streams": records are kept for 24 hours. */
const RETENTION_MILLISECONDS = 86_400_000;
/** A stream that is not read must not fill the memory: the oldest records go early beyond these. */
const MAXIMUM_RECORDS = 50_000;
const MAXIMUM_BYTES = 32 * 1024 * 1024;
/** API Reference, GetRecords: at most 1 MB an answer. */
const MAXIMUM_ANSWER_BYTES = 1024 * 1024;

/** The changes of a table's items in one shard, in order. Positions count records from 0. */
export class TableStream {
  readonly identity: StreamIdentity;
  readonly shardId: string;
  /** When it was turned off, or its table deleted; it can be read for a day more. */
  closedAt: number | undefined;
  policy: string | undefined;
  #entries: Entry[] = [];
  /** Index in `#entries` of the oldest record that is kept. */
  #head = 0;
  /** Position of `#entries[0]`. */
  #offset = 0;
  #bytes = 0;

  constructor(identity: StreamIdentity) {
    this.identity = identity;
    const number = String(identity.createdAt).padStart(20, "0");
    this.shardId = `shardId-${number}-${digest(identity.arn).slice(0, 8)}`;
  }

  /** Position of the oldest record that is kept, or of the next one if there is none. */
  oldest(now: number): number {
    this.#trim(now);
    return this.#offset + this.#head;
  }

  /** Position of the record that will be written next. */
  get next(): number {
    return this.#offset + this.#entries.length;
  }

  /** Whether nothing of a closed stream is left to read. */
  isOver(now: number): boolean {
    return this.closedAt !== undefined && now - this.closedAt >= RETENTION_MILLISECONDS;
  }

  /** Writes the record of a change that happened at `now`. `isExpiry` if its time to live was over. */
  append({ before, after }: Change, isExpiry: boolean, now: number): void {
    const { keySchema, view, region, arn } = this.identity;
    const keys: Item = {};
    const source = after ?? before ?? {};
    for (const { AttributeName } of keySchema) keys[AttributeName] = source[AttributeName] ?? {};
    const hasNew = after !== undefined && (view === "NEW_IMAGE" || view === "NEW_AND_OLD_IMAGES");
    const hasOld = before !== undefined && (view === "OLD_IMAGE" || view === "NEW_AND_OLD_IMAGES");
    const bytes = itemBytes(keys) + (hasNew ? itemBytes(after) : 0) + (hasOld ? itemBytes(before) : 0);
    const sequence = sequenceNumber(this.next);
    const record: Json = {
      eventID: digest(`${arn} ${sequence}`),
      eventName: before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: region,
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(now / 1000),
        Keys: keys,
        ...(hasNew ? { NewImage: after } : {}),
        ...(hasOld ? { OldImage: before } : {}),
        SequenceNumber: sequence,
        SizeBytes: bytes,
        StreamViewType: view,
      },
      ...(isExpiry ? { userIdentity: { PrincipalId: "dynamodb.amazonaws.com", Type: "Service" } } : {}),
    };
    this.#entries.push({ at: now, bytes, record });
    this.#bytes += bytes;
    this.#trim(now);
  }

  /** Records from a position on: as many as asked for, and at most 1 MB unless one alone is larger. */
  read(position: number, limit: number): Json[] {
    const records: Json[] = [];
    let bytes = 0;
    for (
      let index = position - this.#offset;
      index < this.#entries.length && records.length < limit;
      index += 1
    ) {
      const entry = this.#entries[index];
      if (!entry || (records.length > 0 && bytes + entry.bytes > MAXIMUM_ANSWER_BYTES)) break;
      bytes += entry.bytes;
      records.push(entry.record);
    }
    return records;
  }

  #trim(now: number): void {
    for (;;) {
      const first = this.#entries[this.#head];
      if (!first) break;
      const kept = this.#entries.length - this.#head;
      const fits = kept <= MAXIMUM_RECORDS && this.#bytes <= MAXIMUM_BYTES;
      if (fits && now - first.at < RETENTION_MILLISECONDS) break;
      this.#bytes -= first.bytes;
      this.#head += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#offset += this.#head;
      this.#head = 0;
    }
  }
}

/** Sequence number of a position: 21 digits, which the API wants at least. */
export function sequenceNumber(position: number): string {
  return `1${String(position).padStart(20, "0")}`;
}

/** Position of a sequence number; undefined if it is none. */
export function positionOf(sequence: string): number | undefined {
  return /^1\d{20}$/.test(sequence) ? Number(sequence.slice(1)) : undefined;
}

function digest(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
