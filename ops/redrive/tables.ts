import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { isJsonObject } from "../../functions/domain/json.ts";
import { TRADE_ID_FORMAT } from "../../functions/domain/trade.ts";
import { type Attempt, attemptsOf, keptEvent } from "../evidence/outcomes.ts";
import { versionsOf } from "../evidence/rows.ts";
import type { Evidence } from "./decision.ts";

export interface TableNames {
  readonly trades: string;
  readonly outcomes: string;
}

/** What the tables of a region say, read consistently within it. */
export class Tables {
  readonly #client: DynamoDBClient;
  readonly #names: TableNames;

  constructor(client: DynamoDBClient, names: TableNames) {
    this.#client = client;
    this.#names = names;
  }

  async evidence(event: string, tradeId: string | undefined): Promise<Evidence> {
    const attempts = await attemptsOf(this.#client, this.#names.outcomes, event);
    // A message without its event does not tell the trade, but an attempt may have kept the event.
    const known = tradeId ?? attempts.map(tradeIdOf).find((each) => each !== undefined);
    return { isRecorded: await this.#isRecorded(event, known), attempts };
  }

  /** Whether no row of the region that was accepted before this time waits for its enrichment. */
  async isEnriched(region: string, before: number): Promise<boolean> {
    const { Items } = await this.#client.send(
      new QueryCommand({
        TableName: this.#names.trades,
        IndexName: "EnrichmentPendingIndex",
        KeyConditionExpression: "enrichmentPending = :region AND #timestamp < :before",
        ExpressionAttributeNames: { "#timestamp": "timestamp" },
        ExpressionAttributeValues: { ":region": { S: region }, ":before": { N: String(before) } },
        Limit: 1,
      }),
    );
    return (Items ?? []).length === 0;
  }

  async #isRecorded(event: string, tradeId: string | undefined): Promise<boolean> {
    if (tradeId === undefined || !TRADE_ID_FORMAT.test(tradeId)) return false;
    for await (const row of versionsOf(this.#client, this.#names.trades, tradeId))
      if (row.event === event) return true;
    return false;
  }
}

function tradeIdOf(attempt: Attempt): string | undefined {
  const { detail } = keptEvent(attempt) ?? {};
  const tradeId = attempt.tradeId ?? (isJsonObject(detail) ? detail.tradeId : undefined);
  return typeof tradeId === "string" ? tradeId : undefined;
}
