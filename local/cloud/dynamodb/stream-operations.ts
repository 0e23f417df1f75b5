import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { RegionTables } from "./region-tables.ts";
import { validation } from "./table-settings.ts";
import { positionOf, sequenceNumber, type TableStream } from "./table-stream.ts";

/** API Reference, GetShardIterator: an iterator can be used for 15 minutes. */
const ITERATOR_MILLISECONDS = 900_000;
const MAXIMUM_RECORDS = 1000;
const MAXIMUM_LISTED = 100;
const TYPES = ["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] as const;

/** The operations of Amazon DynamoDB Streams. A stream has one shard. */
export function streamOperations(
  clock: Clock,
  regions: RegionState<RegionTables>,
): Record<string, Operation> {
  const find = (region: string, arn: string): TableStream => {
    const stream = regions.of(region).stream(arn, clock.now());
    if (stream) return stream;
    throw new ServiceError(
      "ResourceNotFoundException",
      `Requested resource not found: Stream: ${arn} not found`,
    );
  };
  const findShard = (region: string, input: Input): TableStream => {
    const stream = find(region, input.text("StreamArn"));
    const shard = input.text("ShardId");
    if (shard === stream.shardId) return stream;
    throw new ServiceError(
      "ResourceNotFoundException",
      `Requested resource not found: Shard: ${shard} in Stream: ${stream.identity.arn} not found`,
    );
  };
  return {
    ListStreams(json, { region }) {
      const input = new Input(json).only(["TableName", "Limit", "ExclusiveStartStreamArn"]);
      const table = input.optionalText("TableName");
      const limit = input.optionalInteger("Limit", { minimum: 1, maximum: MAXIMUM_LISTED }) ?? MAXIMUM_LISTED;
      const start = input.optionalText("ExclusiveStartStreamArn");
      const listed = regions
        .of(region)
        .allStreams(clock.now())
        .map(({ identity }) => identity)
        .filter((identity) => table === undefined || identity.table === table)
        .toSorted((one, other) => (one.arn < other.arn ? -1 : 1))
        .filter(({ arn }) => start === undefined || arn > start);
      const last = listed.length > limit ? listed[limit - 1] : undefined;
      return {
        Streams: listed
          .slice(0, limit)
          .map(({ arn, label, table }) => ({ StreamArn: arn, TableName: table, StreamLabel: label })),
        ...(last ? { LastEvaluatedStreamArn: last.arn } : {}),
      };
    },
    DescribeStream(json, { region }) {
      const input = new Input(json).only(["StreamArn", "Limit", "ExclusiveStartShardId"]);
      const stream = find(region, input.text("StreamArn"));
      input.optionalInteger("Limit", { minimum: 1, maximum: MAXIMUM_LISTED });
      const isListed = input.optionalText("ExclusiveStartShardId") === undefined;
      return { StreamDescription: describe(stream, isListed, clock.now()) };
    },
    GetShardIterator(json, { region }) {
      const input = new Input(json).only(["StreamArn", "ShardId", "ShardIteratorType", "SequenceNumber"]);
      const stream = findShard(region, input);
      const position = startOf(stream, input, clock.now());
      return { ShardIterator: encode(stream, position, clock.now()) };
    },
    GetRecords(json, { region }) {
      const input = new Input(json).only(["ShardIterator", "Limit"]);
      const now = clock.now();
      const { arn, position, at } = decode(input.text("ShardIterator"));
      const limit =
        input.optionalInteger("Limit", { minimum: 1, maximum: MAXIMUM_RECORDS }) ?? MAXIMUM_RECORDS;
      const stream = find(region, arn);
      if (now - at > ITERATOR_MILLISECONDS)
        throw new ServiceError(
          "ExpiredIteratorException",
          `Iterator expired. The iterator was created at time ${new Date(at).toISOString()} while right now it is ` +
            `${new Date(now).toISOString()}`,
        );
      if (position < stream.oldest(now)) throw trimmed();
      const records = stream.read(position, limit);
      const next = position + records.length;
      const isOver = stream.closedAt !== undefined && next >= stream.next;
      return { Records: records, ...(isOver ? {} : { NextShardIterator: encode(stream, next, now) }) };
    },
  };
}

function describe(stream: TableStream, isListed: boolean, now: number): Json {
  const { arn, label, view, createdAt, table, keySchema } = stream.identity;
  const isClosed = stream.closedAt !== undefined;
  const range = {
    StartingSequenceNumber: sequenceNumber(stream.oldest(now)),
    ...(isClosed ? { EndingSequenceNumber: sequenceNumber(Math.max(0, stream.next - 1)) } : {}),
  };
  return {
    StreamArn: arn,
    StreamLabel: label,
    StreamStatus: isClosed ? "DISABLED" : "ENABLED",
    StreamViewType: view,
    CreationRequestDateTime: createdAt / 1000,
    TableName: table,
    KeySchema: keySchema,
    Shards: isListed ? [{ ShardId: stream.shardId, SequenceNumberRange: range }] : [],
  };
}

function startOf(stream: TableStream, input: Input, now: number): number {
  const type = input.text("ShardIteratorType", { oneOf: TYPES });
  if (type === "TRIM_HORIZON") return stream.oldest(now);
  if (type === "LATEST") return stream.next;
  const sequence = input.text("SequenceNumber");
  const position = positionOf(sequence);
  if (position === undefined || position >= stream.next)
    throw validation(`Invalid SequenceNumber: ${sequence} is not of the shard ${stream.shardId}`);
  if (position < stream.oldest(now)) throw trimmed();
  return type === "AT_SEQUENCE_NUMBER" ? position : position + 1;
}

function encode(stream: TableStream, position: number, at: number): string {
  const state = Buffer.from(JSON.stringify({ position, at })).toString("base64");
  return `${stream.identity.arn}|1|${state}`;
}

function decode(iterator: string): { arn: string; position: number; at: number } {
  const [arn = "", , state = ""] = iterator.split("|");
  try {
    const { position, at } = JSON.parse(Buffer.from(state, "base64").toString());
    if (Number.isSafeInteger(position) && Number.isFinite(at)) return { arn, position, at };
  } catch {
    // It is no iterator, as below.
  }
  throw validation("Invalid ShardIterator");
}

function trimmed(): ServiceError {
  return new ServiceError(
    "TrimmedDataAccessException",
    "The operation attempted to read past the oldest stream record in a shard",
  );
}
