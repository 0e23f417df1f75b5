import { createHash } from "node:crypto";
import type { Json } from "../../service.ts";
import { isRefusal } from "../acting.ts";
import { asRole, filterOf, REFUSED_PAUSE_MILLISECONDS, type Source } from "./source.ts";
import type { StreamRecord } from "./stream-batch.ts";
import { Lane } from "./stream-lane.ts";

/** Lambda polls a shard four times a second (Lambda, "Using AWS Lambda with Amazon DynamoDB"). */
const POLL_MILLISECONDS = 250;
/** How often a stream is asked for new shards. */
const SHARDS_MILLISECONDS = 10_000;
/** Most records of one request to a stream. */
const REQUEST_RECORDS = 1_000;
/** Records that wait for the function before no more are read. */
const MAXIMUM_WAITING = 10_000;

/** How far a shard has been read and processed. */
export interface ShardProgress {
  /** Records that were read and not processed, in their order. */
  readonly pending: Set<StreamRecord>;
  /** Where GetShardIterator finds what was not read, if there is no iterator. */
  from: Json;
  iterator: unknown;
  /** Everything was read. */
  isOver: boolean;
  /** The last poller's work on it: the next one waits for its end. */
  work: Promise<void>;
}

/**
 * Polls the shards of a DynamoDB stream and invokes the function with what it reads: a shard's records in order, or
 * those of each item in order if a shard has several lanes; a shard after the one it came from.
 */
export function pollStream(source: Source): void {
  void follow(source);
}

async function follow(source: Source): Promise<void> {
  const { shards, settings, pauses } = source;
  const started = new Set<string>();
  while (!pauses.isClosed) {
    try {
      const listed = await shardsOf(source);
      // What appears later has come after the position at which the mapping began.
      const position = shards.size === 0 ? settings.startingPosition : "TRIM_HORIZON";
      for (const { ShardId } of listed)
        if (!shards.has(String(ShardId))) shards.set(String(ShardId), untouched(position));
      for (const { ShardId, ParentShardId } of listed) {
        const id = String(ShardId);
        const shard = shards.get(id);
        const parent = shards.get(String(ParentShardId));
        const waits = parent !== undefined && !(parent.isOver && parent.pending.size === 0);
        if (!shard || started.has(id) || waits) continue;
        started.add(id);
        shard.work = shard.work.then(() => readShard(source, id, shard));
      }
    } catch (error) {
      tell(source, error);
    }
    await pauses.wait(SHARDS_MILLISECONDS);
  }
}

function untouched(ShardIteratorType: string): ShardProgress {
  return {
    ...{ pending: new Set(), from: { ShardIteratorType }, iterator: undefined, isOver: false },
    work: Promise.resolve(),
  };
}

async function shardsOf(source: Source): Promise<Json[]> {
  const shards: Json[] = [];
  let last: unknown;
  do {
    const input = { StreamArn: source.arn, ...(last === undefined ? {} : { ExclusiveStartShardId: last }) };
    const { StreamDescription } = await source.surroundings.call(
      ...(["dynamodb", "DescribeStream", input, asRole(source)] as const),
    );
    const description = StreamDescription as { Shards?: Json[]; LastEvaluatedShardId?: string };
    shards.push(...(description.Shards ?? []));
    last = description.LastEvaluatedShardId;
  } while (last !== undefined);
  return shards;
}

/** Reads a shard to its end, which comes only when the stream closes it. */
async function readShard(source: Source, ShardId: string, shard: ShardProgress): Promise<void> {
  const { surroundings, settings, pauses, arn } = source;
  const passes = filterOf(settings.filters);
  const lanes = Array.from(
    { length: settings.parallelizationFactor },
    () => new Lane(source, ShardId, shard),
  );
  const take = (record: StreamRecord) => lanes[laneOf(record, lanes.length)]?.add(record);
  for (const record of shard.pending) take(record);
  while (!pauses.isClosed && !shard.isOver) {
    try {
      if (shard.iterator === undefined) {
        const input = { StreamArn: arn, ShardId, ...shard.from };
        const found = await surroundings.call("dynamodb", "GetShardIterator", input, asRole(source));
        shard.iterator = found.ShardIterator;
      }
      if (shard.pending.size < MAXIMUM_WAITING) {
        const input = { ShardIterator: shard.iterator, Limit: REQUEST_RECORDS };
        const found = await surroundings.call("dynamodb", "GetRecords", input, asRole(source));
        for (const raw of (found.Records ?? []) as Json[]) {
          const record = streamRecord(raw, arn);
          shard.from = { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: record.sequenceNumber };
          if (!passes(record.event)) continue;
          shard.pending.add(record);
          take(record);
        }
        shard.iterator = found.NextShardIterator;
        shard.isOver = shard.iterator === undefined;
      }
      if (!shard.isOver) await pauses.wait(POLL_MILLISECONDS);
    } catch (error) {
      tell(source, error);
      const code = isRefusal(error) ? error.code : "";
      if (code === "TrimmedDataAccessException") shard.from = { ShardIteratorType: "TRIM_HORIZON" };
      if (code === "TrimmedDataAccessException" || code === "ExpiredIteratorException")
        shard.iterator = undefined;
      await pauses.wait(REFUSED_PAUSE_MILLISECONDS);
    }
  }
  await Promise.all(lanes.map((lane) => lane.finished()));
}

function tell(source: Source, error: unknown): void {
  if (!isRefusal(error)) throw error;
  source.report(`PROBLEM: ${error.code}: ${error.message}`);
}

function streamRecord(raw: Json, arn: string): StreamRecord {
  const change = raw.dynamodb as Json;
  return {
    event: { ...raw, eventSourceARN: arn },
    sequenceNumber: String(change.SequenceNumber),
    arrival: Number(change.ApproximateCreationDateTime) * 1_000,
  };
}

/** The lane of an item: the same for all of its changes. */
function laneOf({ event }: StreamRecord, lanes: number): number {
  if (lanes === 1) return 0;
  const keys = JSON.stringify((event.dynamodb as Json).Keys);
  return createHash("sha256").update(keys).digest().readUInt32BE() % lanes;
}
