import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createDynamoDb, type DynamoDbService } from "../../local/cloud/dynamodb/service.ts";
import { MetricStore } from "../../local/cloud/monitoring/metric-store.ts";
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

/** DynamoDB on a clock that the test drives: tables change in 10 seconds, replicas in 60. */
export interface DrivenTables {
  readonly clock: DrivenClock;
  readonly cloud: Cloud;
  readonly metrics: MetricStore;
  readonly service: DynamoDbService;
  readonly east: (operation: string, input: object) => Promise<Json>;
  readonly west: (operation: string, input: object) => Promise<Json>;
}

export function drivenTables(): DrivenTables {
  const clock = new DrivenClock();
  const cloud = new Cloud({ clock, random: () => 0.5 });
  const metrics = new MetricStore(clock);
  const service = cloud.add((surroundings) =>
    createDynamoDb(surroundings, { metrics, tableMilliseconds: 10_000, replicaMilliseconds: 60_000 }),
  );
  return {
    ...{ clock, cloud, metrics, service },
    east: caller(cloud, "us-east-1"),
    west: caller(cloud, "eu-west-1"),
  };
}

/** The same with a table of trades in us-east-1, and a replica of it in eu-west-1 if asked for. */
export async function drivenTrades({
  replica = false,
  ...more
}: Partial<CreateTableCommandInput> & { replica?: boolean } = {}): Promise<DrivenTables> {
  const tables = drivenTables();
  await tables.east("CreateTable", tradesTable("trades", more));
  await tables.clock.advance(10_000);
  if (replica) {
    const ReplicaUpdates = [{ Create: { RegionName: "eu-west-1" } }];
    await tables.east("UpdateTable", { TableName: "trades", ReplicaUpdates });
    await tables.clock.advance(60_000);
  }
  return tables;
}

/** The key of a trade's item. */
export function keyOf(tradeId: string) {
  return { tradeId: { S: tradeId }, version: { N: "1" } };
}

/** Every record of a table's stream that is kept. */
export async function streamRecords(call: DrivenTables["east"], TableName = "trades"): Promise<Json[]> {
  const { Streams } = (await call("ListStreams", { TableName })) as { Streams: { StreamArn: string }[] };
  const StreamArn = Streams.at(-1)?.StreamArn;
  const { StreamDescription } = await call("DescribeStream", { StreamArn });
  const [shard] = (StreamDescription as { Shards: { ShardId: string }[] }).Shards;
  const start = { StreamArn, ShardId: shard?.ShardId, ShardIteratorType: "TRIM_HORIZON" };
  const { ShardIterator } = await call("GetShardIterator", start);
  return (await call("GetRecords", { ShardIterator })).Records as Json[];
}
