import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { EnricherOutput } from "../contract.ts";
import { serviceError } from "./service-errors.ts";

/** Sparse index of the rows whose enrichment is pending: region, then time of acceptance. */
const PENDING_INDEX = "EnrichmentPendingIndex";

/** What the index says of a row whose enrichment is pending. */
export interface PendingKey {
  readonly tradeId: string;
  readonly version: number;
  /** When the system accepted the event, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What completing a row takes of it. */
export interface PendingRow {
  /** `<region>#<event id>` of the event that it was recorded from. */
  readonly event: string;
  readonly amount: string;
  readonly currency: string;
  readonly instrument?: string;
}

type Complete = Extract<EnricherOutput, { status: "complete" }>;

/** Rows whose enrichment is pending; the completer depends on no more. Its methods throw as serviceError says. */
export interface PendingStore {
  /** The region's rows, the oldest first. */
  pending(region: string, signal: AbortSignal): AsyncIterable<PendingKey>;
  /** The row as it is now; undefined if it is gone, or lacks what an enrichment needs. */
  read(key: PendingKey, signal: AbortSignal): Promise<PendingRow | undefined>;
  /** Completes the row if it is still pending in this region for this event; false if it is not. */
  complete(
    key: PendingKey,
    row: PendingRow,
    enrichment: Complete,
    at: { readonly region: string; readonly now: Date },
    signal: AbortSignal,
  ): Promise<boolean>;
}

/** The rows of a DynamoDB table. */
export function pendingStore(client: DynamoDBClient, tableName: string): PendingStore {
  return {
    async *pending(region, signal) {
      const pages = paginateQuery(
        { client },
        {
          TableName: tableName,
          IndexName: PENDING_INDEX,
          KeyConditionExpression: "enrichmentPending = :region",
          ExpressionAttributeValues: { ":region": { S: region } },
        },
        { abortSignal: signal },
      );
      try {
        for await (const { Items = [] } of pages)
          for (const { tradeId, version, timestamp } of Items)
            yield {
              tradeId: tradeId?.S ?? "",
              version: Number(version?.N),
              timestamp: Number(timestamp?.N),
            };
      } catch (thrown) {
        throw serviceError("DynamoDB Query", thrown);
      }
    },

    async read(key, signal) {
      const get = new GetItemCommand({ TableName: tableName, Key: keyOf(key), ConsistentRead: true });
      const { Item: item } = await client.send(get, { abortSignal: signal }).catch((thrown: unknown) => {
        throw serviceError("DynamoDB GetItem", thrown);
      });
      const [event, amount, currency] = [item?.event?.S, item?.amount?.S, item?.currency?.S];
      if (event === undefined || amount === undefined || currency === undefined) return undefined;
      const instrument = item?.instrument?.S;
      return { event, amount, currency, ...(instrument !== undefined && { instrument }) };
    },

    async complete(key, row, enrichment, at, signal) {
      try {
        await client.send(completion(tableName, key, row, enrichment, at), { abortSignal: signal });
        return true;
      } catch (thrown) {
        if (thrown instanceof ConditionalCheckFailedException) return false;
        throw serviceError("DynamoDB UpdateItem", thrown);
      }
    },
  };
}

/** The one update that a row ever gets. */
function completion(
  TableName: string,
  key: PendingKey,
  row: PendingRow,
  { market, aboveThreshold }: Complete,
  { region, now }: { readonly region: string; readonly now: Date },
): UpdateItemCommand {
  return new UpdateItemCommand({
    TableName,
    Key: keyOf(key),
    UpdateExpression:
      "SET enrichment = :complete, market = :market, aboveThreshold = :above, enrichedAt = :now REMOVE enrichmentPending",
    // Another region's row may have taken this one's place since it was read.
    ConditionExpression: "enrichmentPending = :region AND #event = :event",
    ExpressionAttributeNames: { "#event": "event" },
    ExpressionAttributeValues: {
      ":complete": { S: "complete" },
      ":market": { S: JSON.stringify(market) },
      ":above": { BOOL: aboveThreshold },
      ":now": { S: now.toISOString() },
      ":region": { S: region },
      ":event": { S: row.event },
    },
  });
}

function keyOf({ tradeId, version }: PendingKey) {
  return { tradeId: { S: tradeId }, version: { N: String(version) } };
}
