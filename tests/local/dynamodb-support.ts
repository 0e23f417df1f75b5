import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import type { Cloud } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";

/** A table of trades as the system has it. */
export function tradesTable(
  TableName: string,
  more: Partial<CreateTableCommandInput> = {},
): CreateTableCommandInput {
  return {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "tradeId", AttributeType: "S" },
      { AttributeName: "version", AttributeType: "N" },
      { AttributeName: "sourceSystem", AttributeType: "S" },
      { AttributeName: "timestamp", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "tradeId", KeyType: "HASH" },
      { AttributeName: "version", KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "SourceSystemIndex",
        KeySchema: [
          { AttributeName: "sourceSystem", KeyType: "HASH" },
          { AttributeName: "timestamp", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    ...more,
  };
}

export interface TradeItem extends Record<string, { S: string } | { N: string }> {
  tradeId: { S: string };
  version: { N: string };
}

/** A trade's item. */
export function trade(tradeId: string, amount = "1", timestamp = 1_700_000_000_000): TradeItem {
  return {
    tradeId: { S: tradeId },
    version: { N: "1" },
    sourceSystem: { S: "system1" },
    timestamp: { N: String(timestamp) },
    amount: { S: amount },
  };
}

/** Calls DynamoDB in a region without the wire. */
export function caller(cloud: Cloud, region: string) {
  return (operation: string, input: object): Promise<Json> =>
    cloud.call({ service: "dynamodb", operation, region, principal: "test" }, input as Json);
}

/** Waits until the condition holds, at most five seconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error("It did not happen within five seconds");
    await new Promise((done) => setTimeout(done, 2));
  }
}
