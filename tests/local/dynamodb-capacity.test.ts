import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { drivenTrades, keyOf, trade, tradesTable } from "./dynamodb-support.ts";
import { refusal } from "./endpoint-support.ts";

type Tables = Awaited<ReturnType<typeof drivenTrades>>;

const INDEX = "arn:aws:dynamodb:us-east-1:000000000000:table/trades/index/SourceSystemIndex";
const TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/trades";

/** Puts this many items at once; gives the errors. */
async function putMany(
  { east }: Tables,
  count: number,
  item: (n: number) => object,
  TableName = "trades",
): Promise<(Error & Json)[]> {
  const puts = Array.from({ length: count }, (_, n) => east("PutItem", { TableName, Item: item(n) }));
  const results = await Promise.allSettled(puts);
  return results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
}

describe("the capacity of local tables", () => {
  // Developer Guide, "Designing partition keys", "Diagnosing throttling" and "GSI throttling and back pressure".
  it("throttles writes to the table where one partition of an index takes more than 1,000 a second", async () => {
    const tables = await drivenTrades();
    const errors = await putMany(tables, 1005, (n) => trade(`T-${n}`));
    expect(errors.map(({ name }) => name)).to.deep.equal(Array(5).fill("ThrottlingException"));
    expect(errors[0]?.message).to.match(/^Throughput exceeds the current capacity of your table or index\./);
    expect((errors[0] as unknown as { fields: Json }).fields).to.deep.equal({
      ThrottlingReasons: [{ reason: "IndexWriteKeyRangeThroughputExceeded", resource: INDEX }],
    });
    // Nothing of a throttled write is stored, and other partitions still take writes.
    const { Count } = await tables.east("Scan", { TableName: "trades", Select: "COUNT" });
    expect(Count).to.equal(1000);
    const other = (n: number) => ({ ...trade(`O-${n}`), sourceSystem: { S: "other" } });
    expect(await putMany(tables, 5, other)).to.deep.equal([]);
    await tables.clock.advance(100);
    expect(await putMany(tables, 101, (n) => trade(`U-${n}`))).to.have.length(1);
    expect(
      tables.metrics.sum("us-east-1", "AWS/DynamoDB", "WriteThrottleEvents", {
        TableName: "trades",
        GlobalSecondaryIndexName: "SourceSystemIndex",
      }),
    ).to.equal(6);
    expect(
      tables.metrics.sum("us-east-1", "AWS/DynamoDB", "ThrottledRequests", {
        TableName: "trades",
        Operation: "PutItem",
      }),
    ).to.equal(6);
    await tables.cloud.close();
  });

  it("throttles a key that is read more than 3,000 units a second", async () => {
    const tables = await drivenTrades();
    await tables.east("PutItem", {
      TableName: "trades",
      Item: { ...trade("T"), text: { S: "x".repeat(399_000) } },
    });
    const read = () => tables.east("GetItem", { TableName: "trades", Key: keyOf("T"), ConsistentRead: true });
    // 98 units each: the 31st read takes what is left.
    for (let count = 0; count < 31; count += 1) await read();
    const error = await refusal(read());
    expect((error as unknown as { fields: Json }).fields).to.deep.equal({
      ThrottlingReasons: [{ reason: "TableReadKeyRangeThroughputExceeded", resource: TABLE }],
    });
    await tables.clock.advance(1000);
    await read();
    await tables.cloud.close();
  });

  // Developer Guide, "Burst and adaptive capacity".
  it("keeps up to five minutes of a provisioned table's unused capacity", async () => {
    const tables = await drivenTrades();
    const units = { ReadCapacityUnits: 5, WriteCapacityUnits: 2 };
    const { GlobalSecondaryIndexes: _none, ...plain } = tradesTable("provisioned", {
      BillingMode: "PROVISIONED",
      ProvisionedThroughput: units,
      AttributeDefinitions: [
        { AttributeName: "tradeId", AttributeType: "S" },
        { AttributeName: "version", AttributeType: "N" },
      ],
    });
    await tables.east("CreateTable", plain);
    await tables.clock.advance(10_000);
    const spread = (n: number) => trade(`T-${n}`);
    const [first] = await putMany(tables, 3, spread, "provisioned");
    expect(first?.name).to.equal("ProvisionedThroughputExceededException");
    expect(first?.message).to.equal(
      "The level of configured provisioned throughput for the table was exceeded. Consider increasing your " +
        "provisioning level with the UpdateTable API.",
    );
    await tables.clock.advance(24 * 3_600_000);
    expect(await putMany(tables, 605, spread, "provisioned")).to.have.length(5);
    await tables.cloud.close();
  });

  it("holds an on-demand table to the most that was set", async () => {
    const tables = await drivenTrades({
      OnDemandThroughput: { MaxReadRequestUnits: 5, MaxWriteRequestUnits: 3 },
    });
    const errors = await putMany(tables, 4, (n) => trade(`T-${n}`));
    expect(errors.map((error) => (error as unknown as { fields: Json }).fields)).to.deep.equal([
      { ThrottlingReasons: [{ reason: "TableWriteMaxOnDemandThroughputExceeded", resource: TABLE }] },
    ]);
    await tables.cloud.close();
  });

  // API Reference, BatchWriteItem and BatchGetItem.
  it("gives back what of a batch was throttled, and fails only if all of it was", async () => {
    const tables = await drivenTrades({
      OnDemandThroughput: { MaxReadRequestUnits: 2, MaxWriteRequestUnits: 3 },
    });
    const request = (n: number) => ({ PutRequest: { Item: trade(`B-${n}`) } });
    const write = (requests: object[]) =>
      tables.east("BatchWriteItem", { RequestItems: { trades: requests } });
    const all = [0, 1, 2, 3, 4].map(request);
    const { UnprocessedItems } = await write(all);
    const left = (UnprocessedItems as { trades: object[] }).trades;
    expect(left).to.have.length(2);
    expect(all).to.deep.include.members(left);
    expect((await refusal(write(left))).name).to.equal("ThrottlingException");
    const Keys = [0, 1, 2, 3, 4, 5].map((n) => keyOf(`B-${n}`));
    const { Responses, UnprocessedKeys } = await tables.east("BatchGetItem", {
      RequestItems: { trades: { Keys } },
    });
    expect((UnprocessedKeys as { trades: { Keys: object[] } }).trades.Keys).to.have.length(2);
    expect((Responses as { trades: object[] }).trades).to.have.length.within(1, 3);
    await tables.cloud.close();
  });

  // Developer Guide, "Read and write operations" and "Global Secondary Indexes: provisioned throughput considerations".
  it("counts units by size, for the table and for each index that a write changes", async () => {
    const tables = await drivenTrades();
    const units = async (operation: string, input: object) =>
      (await tables.east(operation, { TableName: "trades", ReturnConsumedCapacity: "INDEXES", ...input }))
        .ConsumedCapacity;
    const consumed = (table: number, index?: number) => ({
      TableName: "trades",
      CapacityUnits: table + (index ?? 0),
      Table: { CapacityUnits: table },
      ...(index === undefined
        ? {}
        : { GlobalSecondaryIndexes: { SourceSystemIndex: { CapacityUnits: index } } }),
    });
    const Item = { ...trade("T"), text: { S: "ü".repeat(1000) } };
    expect(await units("PutItem", { Item })).to.deep.equal(consumed(3, 3));
    expect(await units("PutItem", { Item })).to.deep.equal(consumed(3));
    // A new key of the index: an entry is deleted and one is put.
    expect(await units("PutItem", { Item: trade("T", "1", 9) })).to.deep.equal(consumed(3, 4));
    expect(await units("GetItem", { Key: keyOf("T") })).to.deep.equal(consumed(0.5));
    expect(await units("GetItem", { Key: keyOf("T"), ConsistentRead: true })).to.deep.equal(consumed(1));
    const failed = units("PutItem", { Item, ConditionExpression: "attribute_not_exists(tradeId)" });
    expect((await refusal(failed)).name).to.equal("ConditionalCheckFailedException");
    expect(await units("DeleteItem", { Key: keyOf("T") })).to.deep.equal(consumed(1, 1));
    const three = [1, 2, 3].map((n) => ({ PutRequest: { Item: trade(`B-${n}`) } }));
    const batch = { RequestItems: { trades: three }, ReturnConsumedCapacity: "INDEXES" };
    expect((await tables.east("BatchWriteItem", batch)).ConsumedCapacity).to.deep.equal([consumed(3, 3)]);
    const sum = (name: string, more: object = {}) =>
      tables.metrics.sum("us-east-1", "AWS/DynamoDB", name, { TableName: "trades", ...more });
    // The failed condition used one unit as well.
    expect(sum("ConsumedWriteCapacityUnits")).to.equal(3 + 3 + 3 + 1 + 1 + 3);
    expect(sum("ConsumedWriteCapacityUnits", { GlobalSecondaryIndexName: "SourceSystemIndex" })).to.equal(
      8 + 3,
    );
    expect(sum("ConsumedReadCapacityUnits")).to.equal(1.5);
    expect(sum("ConditionalCheckFailedRequests")).to.equal(1);
    await tables.east("GetItem", { TableName: "trades", Key: {} }).catch(() => {});
    expect(tables.metrics.sum("us-east-1", "AWS/DynamoDB", "UserErrors", {})).to.equal(1);
    const latency = { TableName: "trades", Operation: "PutItem" };
    expect(
      tables.metrics.statistics("us-east-1", "AWS/DynamoDB", "SuccessfulRequestLatency", latency).count,
    ).to.equal(3);
    await tables.cloud.close();
  });
});
