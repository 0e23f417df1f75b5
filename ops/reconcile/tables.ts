import { setTimeout } from "node:timers/promises";
import { BatchGetItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Item, queried, scanned, type TimeWindow } from "../evidence/pages.ts";
import { type Key, keyText } from "./key.ts";

/** Which rows and attempts are looked at. */
export interface Selection {
  /** When events were accepted, and attempts began; whenever if left out. */
  readonly window?: TimeWindow;
  readonly sources: readonly { readonly name: string; readonly source: string }[];
  /** Whether these are not all sources. */
  readonly isOneSource: boolean;
}

/** Keys that one BatchGetItem may ask for (DynamoDB API Reference, "BatchGetItem"). */
export const KEYS_PER_REQUEST = 100;
/** Longest pause before keys that were left unprocessed are asked for again, in milliseconds. */
const LONGEST_PAUSE = 2_000;

/** One of the two replicated tables: its key, and how it is read. */
export interface Table {
  readonly kind: "trades" | "outcomes";
  readonly name: string;
  /** Name of the partition key. */
  readonly hashKey: string;
  keyOf(item: Item): Key;
  itemKey(key: Key): Item;
  /** Items of a selection, in no order, each as of some moment. */
  items(client: DynamoDBClient, selection: Selection): AsyncIterable<Item>;
}

/** The table of trades, by trade and version. */
export function tradesTable(name: string): Table {
  return {
    kind: "trades",
    name,
    hashKey: "tradeId",
    keyOf: (item) => ({ id: item.tradeId?.S ?? "", part: Number(item.version?.N) }),
    itemKey: ({ id, part }) => ({ tradeId: { S: id }, version: { N: String(part) } }),
    async *items(client, selection) {
      if (isEverything(selection)) return yield* scanned(client, name);
      const { from, to } = selection.window ?? { from: 0, to: Number.MAX_SAFE_INTEGER };
      for (const source of selection.sources)
        yield* queried(client, {
          TableName: name,
          IndexName: "SourceSystemIndex",
          KeyConditionExpression: "sourceSystem = :name AND #timestamp BETWEEN :from AND :last",
          ExpressionAttributeNames: { "#timestamp": "timestamp" },
          ExpressionAttributeValues: {
            ":name": { S: source.name },
            ":from": { N: String(from) },
            ":last": { N: String(to - 1) },
          },
        });
    },
  };
}

/** The table of outcomes, by event and attempt. */
export function outcomesTable(name: string): Table {
  return {
    kind: "outcomes",
    name,
    hashKey: "event",
    keyOf: (item) => ({ id: item.event?.S ?? "", part: item.attempt?.S ?? "" }),
    itemKey: ({ id, part }) => ({ event: { S: id }, attempt: { S: String(part) } }),
    async *items(client, selection) {
      if (isEverything(selection)) return yield* scanned(client, name);
      const { from, to } = selection.window ?? { from: 0, to: Date.parse("9999-12-31T23:59:59Z") };
      for (const { source } of selection.sources)
        for await (const item of queried(client, {
          TableName: name,
          IndexName: "SourceIndex",
          KeyConditionExpression: "#source = :source AND #timestamp BETWEEN :from AND :to",
          ExpressionAttributeNames: { "#source": "source", "#timestamp": "timestamp" },
          ExpressionAttributeValues: {
            ":source": { S: source },
            // Without fraction and zone, which may be written in several ways; what is outside is left out below.
            ":from": { S: new Date(from).toISOString().slice(0, 19) },
            ":to": { S: `${new Date(to).toISOString().slice(0, 19)}~` },
          },
        })) {
          const begin = Date.parse(item.timestamp?.S ?? "");
          if (!(begin < from) && !(begin >= to)) yield item;
        }
    },
  };
}

function isEverything({ window, isOneSource }: Selection): boolean {
  return window === undefined && !isOneSource;
}

/** The items of at most KEYS_PER_REQUEST keys, by `keyText`, read consistently within the client's region. */
export async function itemsOf(
  client: DynamoDBClient,
  table: Table,
  keys: readonly Key[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  let waiting: Item[] = keys.map((key) => table.itemKey(key));
  for (let pause = 50; waiting.length > 0; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const command = new BatchGetItemCommand({
      RequestItems: { [table.name]: { Keys: waiting, ConsistentRead: true } },
    });
    const { Responses, UnprocessedKeys } = await client.send(command, { abortSignal: signal });
    for (const item of Responses?.[table.name] ?? []) found.set(keyText(table.keyOf(item)), item);
    waiting = UnprocessedKeys?.[table.name]?.Keys ?? [];
    if (waiting.length > 0) await setTimeout(pause, undefined, { signal });
  }
  return found;
}
