import { randomUUID } from "node:crypto";
import type { Json } from "../../service.ts";
import { sendRecord } from "../destinations.ts";
import type { Completed } from "../invoke.ts";
import { type BatchResult, count, failuresIn, invokeWith, type Source } from "./source.ts";

/** A change of a table. */
export interface StreamRecord {
  /** As the function gets it. */
  readonly event: Json;
  readonly sequenceNumber: string;
  /** Milliseconds since the epoch. */
  readonly arrival: number;
}

/** Records that are tried together, with the attempts that have failed. */
interface Slice {
  readonly records: readonly StreamRecord[];
  readonly failures: number;
}

type Condition = "RetryAttemptsExhausted" | "RecordAgeExceeded";

/** A stream keeps its records for a day. */
const RETENTION_SECONDS = 86_400;
const FIRST_PAUSE_MILLISECONDS = 1_000;
const MAXIMUM_PAUSE_MILLISECONDS = 60_000;

/**
 * Processes a batch until every record was processed or discarded, in order, and tells `done` of them (Lambda, "Retain discarded records for a
 * DynamoDB event source"). Throttling is tried again until the records expire; errors of the function as often as the
 * mapping allows, and splitting a batch counts as no attempt.
 */
export async function processStreamBatch(
  source: Source,
  shardId: string,
  batch: readonly StreamRecord[],
  done: (records: readonly StreamRecord[]) => void,
): Promise<void> {
  const { surroundings, pauses } = source;
  const slices: Slice[] = [{ records: batch, failures: 0 }];
  let last: Completed | undefined;
  for (let tries = 0; !pauses.isClosed; ) {
    const slice = slices.shift();
    if (!slice) return;
    const fresh = slice.records.filter((record) => !isExpired(source, record));
    const expired = slice.records.filter((record) => !fresh.includes(record));
    if (expired.length > 0)
      await discard(source, shardId, expired, slice.failures, last, "RecordAgeExceeded");
    done(expired);
    if (fresh.length === 0) continue;
    const result = await invokeWith(
      source,
      fresh.map(({ event }) => event),
    );
    if (result.kind === "refused") {
      slices.unshift({ records: fresh, failures: slice.failures });
      await pauses.wait(pauseAfter(tries, surroundings.random()));
      tries += 1;
      continue;
    }
    last = result.completed;
    count(source, "IteratorAge", surroundings.clock.now() - (fresh.at(-1)?.arrival ?? 0), "Milliseconds");
    const left = unprocessed(source, result, fresh);
    done(fresh.slice(0, fresh.length - left.length));
    if (left.length === 0) {
      tries = 0;
      continue;
    }
    const next = afterFailure(source, slice.failures, fresh, left);
    if (next) {
      slices.unshift(...next);
      await pauses.wait(pauseAfter(tries, surroundings.random()));
      tries += 1;
    } else {
      await discard(source, shardId, left, slice.failures + 1, last, "RetryAttemptsExhausted");
      done(left);
      tries = 0;
    }
  }
}

/** What a function has not processed: all, or all from the lowest number that it reports. */
function unprocessed(
  { settings }: Source,
  result: Exclude<BatchResult, { kind: "refused" }>,
  records: readonly StreamRecord[],
): readonly StreamRecord[] {
  if (result.kind === "failed") return records;
  if (!settings.reportsItemFailures) return [];
  const numbers = records.map(({ sequenceNumber }) => sequenceNumber);
  const failed = failuresIn(result.response, numbers);
  if (failed === undefined) return records;
  const first = Math.min(...failed.map((number) => numbers.indexOf(number)));
  return failed.length === 0 ? [] : records.slice(first);
}

/** What is tried next; undefined if the attempts are used up. */
function afterFailure(
  { settings }: Source,
  failures: number,
  tried: readonly StreamRecord[],
  left: readonly StreamRecord[],
): Slice[] | undefined {
  if (settings.bisects && left.length < tried.length) return [{ records: left, failures }];
  if (settings.bisects && left.length > 1) {
    const middle = Math.ceil(left.length / 2);
    return [
      { records: left.slice(0, middle), failures },
      { records: left.slice(middle), failures },
    ];
  }
  const limit = settings.maximumRetryAttempts;
  return limit !== -1 && failures >= limit ? undefined : [{ records: left, failures: failures + 1 }];
}

function isExpired({ settings, surroundings }: Source, { arrival }: StreamRecord): boolean {
  const { maximumRecordAgeSeconds } = settings;
  const seconds = maximumRecordAgeSeconds === -1 ? RETENTION_SECONDS : maximumRecordAgeSeconds;
  return surroundings.clock.now() - arrival > seconds * 1_000;
}

function pauseAfter(tries: number, chance: number): number {
  return Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** tries, MAXIMUM_PAUSE_MILLISECONDS) * (0.5 + chance / 2);
}

/** Gives records up; the on-failure destination gets their place in the stream, not the records. */
async function discard(
  source: Source,
  shardId: string,
  records: readonly StreamRecord[],
  attempts: number,
  last: Completed | undefined,
  condition: Condition,
): Promise<void> {
  const { record, qualifier, settings, surroundings, queueUrl, arn } = source;
  if (settings.onFailure === undefined) return;
  const first = records[0];
  const final = records.at(-1);
  const time = (milliseconds = 0) => new Date(milliseconds).toISOString();
  const document = {
    requestContext: {
      requestId: last?.requestId ?? randomUUID(),
      functionArn: qualifier === undefined ? record.arn : `${record.arn}:${qualifier}`,
      condition,
      approximateInvokeCount: attempts,
    },
    ...(last
      ? {
          responseContext: {
            statusCode: 200,
            executedVersion: last.version,
            ...(last.outcome.isError ? { functionError: "Unhandled" } : {}),
          },
        }
      : {}),
    version: "1.0",
    timestamp: time(surroundings.clock.now()),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: final?.sequenceNumber,
      approximateArrivalOfFirstRecord: time(first?.arrival),
      approximateArrivalOfLastRecord: time(final?.arrival),
      batchSize: records.length,
      streamArn: arn,
    },
  };
  const sender = { call: surroundings.call, queueUrl };
  await sendRecord(sender, settings.onFailure, document, { arn: record.arn, role: source.role() }).catch(() =>
    count(source, "DestinationDeliveryFailures", 1),
  );
}
