import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { JsonObject } from "../../functions/domain/json.ts";
import { isJsonObject, parsedJson } from "../../functions/domain/json.ts";
import { OUTCOMES, type Outcome } from "../../functions/domain/outcome.ts";
import { epochMilliseconds, parseTimestamp } from "../../functions/domain/timestamp.ts";
import { type Item, ItemReader, queried, scanned, type TimeWindow } from "./pages.ts";

/** An attempt at an event that ended other than recorded: an item of the outcomes table. */
export interface Attempt {
  /** `<region>#<event id>`. */
  readonly event: string;
  /** ARN of the execution, or whatever else tells attempts apart. */
  readonly attempt: string;
  readonly outcome: Outcome;
  /** Such as validation or recording. */
  readonly stage: string;
  /** The event's source, such as `trading.system1`. */
  readonly source: string;
  /** When the attempt began, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** When the system accepted the event: the begin of its first attempt, which a redriven event carries along. */
  readonly acceptedAt: number;
  /** Codes of the reasons, of a rejected event. */
  readonly reasons: readonly string[];
  /** Name of the error, of a dead-lettered event. */
  readonly error?: string;
  readonly tradeId?: string;
  /** The event as it came in, as JSON text. */
  readonly envelope?: string;
  /** JSON text that stands for an envelope that is too large to keep. */
  readonly boundedCopy?: string;
}

/**
 * Attempts at events of one source (such as `trading.system1`) that the system accepted in the window, by begin of the
 * attempt. Attempts later than the window are read too, since a redriven event has its outcome later than it was
 * accepted. Throws for what is no outcome.
 */
export async function* outcomesOfWindow(
  client: DynamoDBClient,
  table: string,
  source: string,
  { from, to }: TimeWindow,
): AsyncGenerator<Attempt> {
  for await (const attempt of outcomesSince(client, table, source, from))
    if (attempt.acceptedAt >= from && attempt.acceptedAt < to) yield attempt;
}

/** Attempts of one source that began at `from` (milliseconds since the epoch) or later, in that order. */
export async function* outcomesSince(
  client: DynamoDBClient,
  table: string,
  source: string,
  from: number,
): AsyncGenerator<Attempt> {
  const items = queried(client, {
    TableName: table,
    IndexName: "SourceIndex",
    KeyConditionExpression: "#source = :source AND #timestamp >= :from",
    ExpressionAttributeNames: { "#source": "source", "#timestamp": "timestamp" },
    ExpressionAttributeValues: {
      ":source": { S: source },
      // The text without fraction and zone comes before every instant of its second, however that is written.
      ":from": { S: new Date(from).toISOString().slice(0, 19) },
    },
  });
  for await (const item of items) {
    const attempt = attemptOf(item, table);
    if (attempt.timestamp >= from) yield attempt;
  }
}

/** Every attempt in the table, in no order. Throws for what is no outcome. */
export async function* allOutcomes(client: DynamoDBClient, table: string): AsyncGenerator<Attempt> {
  for await (const item of scanned(client, table)) yield attemptOf(item, table);
}

/** Every attempt at one event, read consistently within the region. Throws for what is no outcome. */
export async function attemptsOf(client: DynamoDBClient, table: string, event: string): Promise<Attempt[]> {
  const items = queried(client, {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: "#event = :event",
    ExpressionAttributeNames: { "#event": "event" },
    ExpressionAttributeValues: { ":event": { S: event } },
  });
  const attempts: Attempt[] = [];
  for await (const item of items) attempts.push(attemptOf(item, table));
  return attempts;
}

/** The event that an attempt kept, as JSON: its envelope or the bounded copy; undefined where only the archive has it. */
export function keptEvent({ envelope, boundedCopy }: Attempt): JsonObject | undefined {
  const kept = parsedJson(envelope ?? boundedCopy ?? "");
  return isJsonObject(kept) ? kept : undefined;
}

/** An item of the outcomes table as an attempt. Throws naming table, key and attribute if it is none. */
export function attemptOf(item: Item, table: string): Attempt {
  const read = new ItemReader(table, ["event", "attempt"]);
  const begin = read.text(item, "timestamp");
  const timestamp = instantOf(begin);
  if (timestamp === undefined)
    throw new Error(
      `table ${table}, item of event ${JSON.stringify(item.event?.S)}: timestamp is ${JSON.stringify(begin)}; allowed is an ISO 8601 instant`,
    );
  const envelope = read.optionalText(item, "envelope");
  const boundedCopy = read.optionalText(item, "boundedCopy");
  const [error, tradeId] = [read.optionalText(item, "error"), read.optionalText(item, "tradeId")];
  return {
    event: read.text(item, "event"),
    attempt: read.text(item, "attempt"),
    outcome: read.oneOf(item, "outcome", OUTCOMES),
    stage: read.text(item, "stage"),
    source: read.text(item, "source"),
    timestamp,
    acceptedAt: redrivenFrom(envelope) ?? timestamp,
    reasons: codesOf(read.optionalText(item, "reasons") ?? ""),
    ...(error !== undefined && { error }),
    ...(tradeId && { tradeId }),
    ...(envelope !== undefined && { envelope }),
    ...(boundedCopy !== undefined && { boundedCopy }),
  };
}

/** When a redriven event was accepted first. Most envelopes are not redriven, and are not parsed. */
function redrivenFrom(envelope: string | undefined): number | undefined {
  if (!envelope?.includes('"redrive"')) return undefined;
  const fields = parsedJson(envelope);
  const redrive = isJsonObject(fields) ? fields.redrive : undefined;
  const acceptedAt = isJsonObject(redrive) ? redrive.acceptedAt : undefined;
  return typeof acceptedAt === "string" ? instantOf(acceptedAt) : undefined;
}

function codesOf(reasons: string): string[] {
  const list = parsedJson(reasons);
  if (!Array.isArray(list)) return [];
  const codes = list.flatMap((each: unknown) =>
    isJsonObject(each) && typeof each.code === "string" ? [each.code] : [],
  );
  return [...new Set(codes)];
}

function instantOf(text: string): number | undefined {
  const timestamp = parseTimestamp(text);
  return timestamp === undefined ? undefined : epochMilliseconds(timestamp);
}
