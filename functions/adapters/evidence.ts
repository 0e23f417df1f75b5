import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  paginateQuery,
} from "@aws-sdk/client-dynamodb";
import { foldOutcome, isOutcome, type Outcome } from "../domain/outcome.ts";
import { MAXIMUM_VERSION } from "../domain/reasons.ts";
import { TRADE_ID_FORMAT } from "../domain/trade.ts";
import { serviceError } from "./service-errors.ts";

/** An event that something may be written of. */
export interface KnownEvent {
  /** `<region>#<event id>`. */
  readonly event: string;
  readonly tradeId?: string;
  readonly version?: number;
}

/** Rows that one BatchGetItem may ask for (DynamoDB API reference). */
const KEYS_PER_REQUEST = 100;

/** What is written of events in the tables of trades and outcomes. Throws as serviceError says. */
export function evidence(client: DynamoDBClient, tables: { trades: string; outcomes: string }) {
  return {
    /** What became of each event, in their order; undefined where nothing is written of it. */
    async outcomesOf(events: readonly KnownEvent[], signal: AbortSignal): Promise<(Outcome | undefined)[]> {
      const recorded = await recordedEvents(client, tables.trades, events, signal);
      return Promise.all(
        events.map(async ({ event }) =>
          recorded.has(event)
            ? "recorded"
            : foldOutcome(await attempts(client, tables.outcomes, event, signal)),
        ),
      );
    },
  };
}

type Key = Record<string, AttributeValue>;

/** The events that the rows of these trade versions were recorded from. */
async function recordedEvents(
  client: DynamoDBClient,
  table: string,
  events: readonly KnownEvent[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const keys = new Map<string, Key>();
  for (const { tradeId, version } of events)
    if (tradeId !== undefined && version !== undefined && isRowKey(tradeId, version))
      keys.set(JSON.stringify([tradeId, version]), {
        tradeId: { S: tradeId },
        version: { N: String(version) },
      });
  const found = new Set<string>();
  let waiting = [...keys.values()];
  while (waiting.length > 0) {
    const request = waiting.splice(0, KEYS_PER_REQUEST);
    const get = new BatchGetItemCommand({
      RequestItems: {
        [table]: {
          Keys: request,
          ConsistentRead: true,
          ProjectionExpression: "#event",
          ExpressionAttributeNames: { "#event": "event" },
        },
      },
    });
    const answer = await client.send(get, { abortSignal: signal }).catch((thrown: unknown) => {
      throw serviceError("DynamoDB BatchGetItem", thrown);
    });
    for (const { event } of answer.Responses?.[table] ?? []) if (event?.S !== undefined) found.add(event.S);
    waiting = [...waiting, ...(answer.UnprocessedKeys?.[table]?.Keys ?? [])];
  }
  return found;
}

/** Whether a row can have this key: DynamoDB refuses a whole request for one key that is too long. */
function isRowKey(tradeId: string, version: number): boolean {
  const isVersion = Number.isInteger(version) && version >= 1 && version <= MAXIMUM_VERSION;
  return isVersion && TRADE_ID_FORMAT.test(tradeId);
}

async function attempts(
  client: DynamoDBClient,
  TableName: string,
  event: string,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName,
      KeyConditionExpression: "#event = :event",
      ProjectionExpression: "#outcome",
      ExpressionAttributeNames: { "#event": "event", "#outcome": "outcome" },
      ExpressionAttributeValues: { ":event": { S: event } },
      ConsistentRead: true,
    },
    { abortSignal: signal },
  );
  try {
    for await (const { Items = [] } of pages)
      for (const { outcome } of Items) if (isOutcome(outcome?.S)) outcomes.push(outcome.S);
  } catch (thrown) {
    throw serviceError("DynamoDB Query", thrown);
  }
  return outcomes;
}
