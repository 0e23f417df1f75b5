import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { RecordedFact } from "../domain/decide.ts";
import type { TradeRow } from "../domain/trade-row.ts";
import { NamedError } from "./errors.ts";
import { serviceError } from "./service-errors.ts";

/** Where rows are kept; the recorder depends on no more. */
export interface TradeStore {
  /**
   * Writes the row unless its trade version already has one, which is then returned and left as it is. Throws
   * RETRYABLE_ERROR when the table is throttled, slow or out of reach.
   */
  putIfAbsent(row: TradeRow, signal: AbortSignal): Promise<RecordedFact | undefined>;
}

/** Rows in a DynamoDB table, each written by one conditional PutItem and never read beforehand. */
export function tradeStore(client: DynamoDBClient, tableName: string): TradeStore {
  return {
    async putIfAbsent(row, signal) {
      try {
        await client.send(putIfAbsentCommand(tableName, row), { abortSignal: signal });
        return undefined;
      } catch (thrown) {
        if (thrown instanceof ConditionalCheckFailedException) return recordedFact(row, thrown.Item);
        throw serviceError("DynamoDB PutItem", thrown);
      }
    },
  };
}

/** The put that fails, returning the row there is, if the trade version has one. */
export function putIfAbsentCommand(tableName: string, row: TradeRow): PutItemCommand {
  return new PutItemCommand({
    TableName: tableName,
    Item: tradeItem(row),
    // The condition is on the whole key: it holds if no item has this tradeId and version.
    ConditionExpression: "attribute_not_exists(tradeId)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

/** A row as DynamoDB attributes: text as S, numbers as N, so that no decimal passes through binary floating point. */
export function tradeItem(row: TradeRow): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, string | number | boolean]) => [name, attribute(value)]),
  );
}

function attribute(value: string | number | boolean): AttributeValue {
  if (typeof value === "string") return { S: value };
  return typeof value === "number" ? { N: String(value) } : { BOOL: value };
}

function recordedFact(row: TradeRow, item: Record<string, AttributeValue> | undefined): RecordedFact {
  const event = item?.event?.S;
  const contentHash = item?.contentHash?.S;
  if (event === undefined || contentHash === undefined) {
    throw new NamedError(
      "UnreadableRow",
      `row of ${row.tradeId} version ${row.version}: attributes event and contentHash are needed to judge another event`,
    );
  }
  return { event, contentHash };
}
