import { expect } from "chai";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createDynamoDb } from "../../local/cloud/dynamodb/service.ts";
import { caller, trade, tradesTable, until } from "./dynamodb-support.ts";

describe("the local DynamoDB's throughput", () => {
  it("stores at least 1,000 conditional puts a second of processor time, a replica included", async () => {
    const cloud = new Cloud();
    const service = cloud.add(createDynamoDb);
    const call = caller(cloud, "us-east-1");
    const active = () =>
      until(async () => {
        const { Table } = await call("DescribeTable", { TableName: "trades" });
        return (Table as { TableStatus: string }).TableStatus === "ACTIVE";
      });
    await call("CreateTable", tradesTable("trades"));
    await active();
    await call("UpdateTable", {
      TableName: "trades",
      ReplicaUpdates: [{ Create: { RegionName: "eu-west-1" } }],
    });
    await active();
    const puts = 2000;
    // Processor time, since other work on the machine takes real time too.
    const start = process.cpuUsage();
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < puts) {
        next += 1;
        await call("PutItem", {
          TableName: "trades",
          // From several systems, since one partition of the index takes 1,000 writes a second.
          Item: { ...trade(`L-${next}`, "1", next), sourceSystem: { S: `system${next % 8}` } },
          ConditionExpression: "attribute_not_exists(tradeId)",
        });
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    await service.replication.drained();
    const { user, system } = process.cpuUsage(start);
    expect(puts / ((user + system) / 1_000_000)).to.be.greaterThan(1000);
    await cloud.close();
  });
});
