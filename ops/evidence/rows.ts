import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ACTIONS, DECIMAL_FIELDS, type TradeAction } from "../../functions/domain/trade.ts";
import { type Item, ItemReader, queried, scanned, type TimeWindow } from "./pages.ts";

/** A row of the trades table, as far as it is evidence; the trade's own fields are in `content`. */
export interface Row {
  /** `<region>#<event id>`. */
  readonly event: string;
  /** Where the event was put. */
  readonly region: string;
  readonly tradeId: string;
  readonly version: number;
  readonly action: TradeAction;
  readonly sourceSystem: string;
  /** When the system accepted the event, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Canonical form of the detail, and its SHA-256. */
  readonly content: string;
  readonly contentHash: string;
  /** The row's own texts of the decimal fields that the trade has. */
  readonly decimals: Readonly<Partial<Record<(typeof DECIMAL_FIELDS)[number], string>>>;
  readonly sequence?: number;
  /** The region that has to complete the enrichment, while it is pending. */
  readonly enrichmentPending?: string;
  /** ISO 8601. */
  readonly recordedAt: string;
  /** ARN of the execution that recorded it. */
  readonly execution: string;
}

/** Rows of one source system whose events were accepted in the window, in that order. Throws for what is no row. */
export async function* rowsOfWindow(
  client: DynamoDBClient,
  table: string,
  sourceSystem: string,
  { from, to }: TimeWindow,
): AsyncGenerator<Row> {
  const items = queried(client, {
    TableName: table,
    IndexName: "SourceSystemIndex",
    KeyConditionExpression: "sourceSystem = :name AND #timestamp BETWEEN :from AND :last",
    ExpressionAttributeNames: { "#timestamp": "timestamp" },
    ExpressionAttributeValues: {
      ":name": { S: sourceSystem },
      ":from": { N: String(from) },
      ":last": { N: String(to - 1) },
    },
  });
  for await (const item of items) yield rowOf(item, table);
}

/** Every row of the table, in no order. Throws for what is no row. */
export async function* allRows(client: DynamoDBClient, table: string): AsyncGenerator<Row> {
  for await (const item of scanned(client, table)) yield rowOf(item, table);
}

/** The rows of one trade, by ascending version, read consistently within the region. Throws for what is no row. */
export async function* versionsOf(
  client: DynamoDBClient,
  table: string,
  tradeId: string,
): AsyncGenerator<Row> {
  const items = queried(client, {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: "tradeId = :tradeId",
    ExpressionAttributeValues: { ":tradeId": { S: tradeId } },
  });
  for await (const item of items) yield rowOf(item, table);
}

/** An item of the trades table as a row. Throws naming table, key and attribute if it is none. */
export function rowOf(item: Item, table: string): Row {
  const read = new ItemReader(table, ["tradeId", "version"]);
  const sequence = read.optionalNumber(item, "sequence");
  const enrichmentPending = read.optionalText(item, "enrichmentPending");
  return {
    event: read.text(item, "event"),
    region: read.text(item, "region"),
    tradeId: read.text(item, "tradeId"),
    version: read.number(item, "version"),
    action: read.oneOf(item, "action", ACTIONS),
    sourceSystem: read.text(item, "sourceSystem"),
    timestamp: read.number(item, "timestamp"),
    content: read.text(item, "content"),
    contentHash: read.text(item, "contentHash"),
    decimals: Object.fromEntries(
      DECIMAL_FIELDS.flatMap((field) => (item[field]?.S === undefined ? [] : [[field, item[field].S]])),
    ),
    ...(sequence !== undefined && { sequence }),
    ...(enrichmentPending !== undefined && { enrichmentPending }),
    recordedAt: read.text(item, "recordedAt"),
    execution: read.text(item, "execution"),
  };
}
