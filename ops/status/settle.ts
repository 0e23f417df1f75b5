import { BatchGetItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { batchesOf } from "../../functions/domain/batches.ts";
import type { Item, TimeWindow } from "../evidence/pages.ts";
import { carrierOf, type Proof, type TradeKey } from "./proof.ts";

export interface SettlePlace {
  readonly client: DynamoDBClient;
  readonly tradesTable: string;
  readonly window: TimeWindow;
}

/** DynamoDB API Reference, BatchGetItem: keys of a request. */
const BATCH = 100;

/**
 * Looks for rows that events of the window got outside of it, by a replay: a later one means that the event is recorded,
 * an earlier one that it is an event of that window.
 */
export async function settle(place: SettlePlace, proof: Proof): Promise<void> {
  for (const some of batchesOf(BATCH, [...proof.unsettled()])) {
    const rows = await rowsAt(
      place,
      some.map(({ trade }) => trade),
    );
    for (const { event, sourceSystem } of some) {
      const timestamp = rows.get(event);
      if (timestamp === undefined) continue;
      if (timestamp < place.window.from) proof.forget(event);
      else proof.row(event, sourceSystem);
    }
  }
}

/** When each of these rows' events was accepted, by event. */
async function rowsAt(
  { client, tradesTable }: SettlePlace,
  trades: readonly TradeKey[],
): Promise<Map<string, number>> {
  const keys = new Map(
    trades.map((trade) => [
      carrierOf(trade, ""),
      { tradeId: { S: trade.tradeId }, version: { N: String(trade.version) } },
    ]),
  );
  const found = new Map<string, number>();
  let left: Item[] = [...keys.values()];
  while (left.length > 0) {
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetItemCommand({
        RequestItems: {
          [tradesTable]: {
            Keys: left,
            ProjectionExpression: "#event, #timestamp",
            ExpressionAttributeNames: { "#event": "event", "#timestamp": "timestamp" },
          },
        },
      }),
    );
    for (const { event, timestamp } of Responses?.[tradesTable] ?? [])
      if (event?.S !== undefined) found.set(event.S, Number(timestamp?.N));
    left = UnprocessedKeys?.[tradesTable]?.Keys ?? [];
  }
  return found;
}
