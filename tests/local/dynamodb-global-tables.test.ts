import { expect } from "chai";
import fc from "fast-check";
import type { Json } from "../../local/cloud/service.ts";
import { drivenTables, drivenTrades, keyOf, streamRecords, trade, tradesTable } from "./dynamodb-support.ts";
import { refusal } from "./endpoint-support.ts";

type Call = Awaited<ReturnType<typeof drivenTrades>>["east"];

const put = (call: Call, id: string, amount: string) =>
  call("PutItem", { TableName: "trades", Item: trade(id, amount) });
const amountIn = async (call: Call, id: string) =>
  (
    (await call("GetItem", { TableName: "trades", Key: keyOf(id) })).Item as
      | { amount?: { S: string } }
      | undefined
  )?.amount?.S;
const statusOf = async (call: Call) =>
  ((await call("DescribeTable", { TableName: "trades" })).Table as { TableStatus: string }).TableStatus;

// Expectations: Developer Guide, "How DynamoDB global tables work" (version 2019.11.21).
describe("global tables on a driven clock", () => {
  const region = fc.constantFrom("us-east-1", "eu-west-1");
  const write = fc.record({
    kind: fc.constant("write" as const),
    operation: fc.constantFrom("PutItem", "DeleteItem", "UpdateItem"),
    isEast: fc.boolean(),
    item: fc.constantFrom("A", "B"),
    amount: fc.constantFrom("1", "2", "3"),
  });
  const advance = fc.record({ kind: fc.constant("advance" as const), milliseconds: fc.nat(1500) });
  const lag = fc.record({ kind: fc.constant("lag" as const), region, milliseconds: fc.nat(2000) });
  const pause = fc.record({ kind: fc.constant("pause" as const), region, isOver: fc.boolean() });
  const step = fc.oneof(
    { weight: 6, arbitrary: write },
    { weight: 3, arbitrary: advance },
    { weight: 2, arbitrary: lag },
    { weight: 1, arbitrary: pause },
  );

  it("converge to the same items and index entries whatever is written, and however late it arrives", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { clock, cloud, service, east, west } = await drivenTrades({ replica: true });
        for (const each of steps) {
          if (each.kind === "advance") await clock.advance(each.milliseconds);
          else if (each.kind === "lag") service.replication.setLag(each.milliseconds, each.region);
          else if (each.kind === "pause") service.replication[each.isOver ? "resume" : "pause"](each.region);
          else {
            const { operation, isEast, item, amount } = each;
            const change =
              operation === "PutItem"
                ? { Item: trade(item, amount, Number(amount)) }
                : operation === "DeleteItem"
                  ? { Key: keyOf(item) }
                  : {
                      Key: keyOf(item),
                      UpdateExpression: "SET amount = :a",
                      ExpressionAttributeValues: { ":a": { S: amount } },
                    };
            await (isEast ? east : west)(operation, { TableName: "trades", ...change });
          }
        }
        service.replication.resume();
        await clock.advance(10_000);
        expect(service.replication.pending()).to.equal(0);
        const index = {
          TableName: "trades",
          IndexName: "SourceSystemIndex",
          KeyConditionExpression: "sourceSystem = :s",
          ExpressionAttributeValues: { ":s": { S: "system1" } },
        };
        const all = async (call: Call) => [
          (await call("Scan", { TableName: "trades" })).Items,
          (await call("Query", index)).Items,
        ];
        expect(await all(east)).to.deep.equal(await all(west));
        // What arrived was not sent back: nothing is left to happen.
        expect(clock.pending).to.equal(0);
        await cloud.close();
      }),
      { numRuns: 60 },
    );
  });

  it("let the later write win, though it arrives first", async () => {
    const { clock, cloud, service, east, west } = await drivenTrades({ replica: true });
    service.replication.setLag(5000, "eu-west-1");
    service.replication.setLag(100, "us-east-1");
    await put(east, "T", "earlier");
    await clock.advance(10);
    await put(west, "T", "later");
    await clock.advance(200);
    expect([await amountIn(east, "T"), await amountIn(west, "T")]).to.deep.equal(["later", "later"]);
    await clock.advance(5000);
    expect([await amountIn(east, "T"), await amountIn(west, "T")]).to.deep.equal(["later", "later"]);
    await cloud.close();
  });

  it("show in each replica's stream what was written there and what arrived, once, without own attributes", async () => {
    const { clock, cloud, east, west } = await drivenTrades({ replica: true });
    await put(east, "T", "1");
    await clock.advance(1000);
    await put(west, "T", "2");
    await clock.advance(1000);
    for (const [call, region] of [
      [east, "us-east-1"],
      [west, "eu-west-1"],
    ] as const) {
      const records = await streamRecords(call);
      expect(records.map(({ eventName, awsRegion }) => [eventName, awsRegion])).to.deep.equal([
        ["INSERT", region],
        ["MODIFY", region],
      ]);
      expect(records[1]?.dynamodb).to.deep.include({ NewImage: trade("T", "2") });
    }
    await cloud.close();
  });

  it("measure the time to the other region in milliseconds, by table and receiving region", async () => {
    const { clock, cloud, service, metrics, east } = await drivenTrades({ replica: true });
    service.replication.setLag(700);
    await put(east, "T", "1");
    await clock.advance(1000);
    const dimensions = { TableName: "trades", ReceivingRegion: "eu-west-1" };
    expect(metrics.statistics("us-east-1", "AWS/DynamoDB", "ReplicationLatency", dimensions)).to.include({
      count: 1,
      sum: 700,
    });
    await cloud.close();
  });

  it("use write capacity in the other region too, and deliver later what it throttles", async () => {
    const { clock, cloud, service, metrics, east, west } = await drivenTrades({
      replica: true,
      OnDemandThroughput: { MaxReadRequestUnits: -1, MaxWriteRequestUnits: 2 },
    });
    service.replication.setLag(0);
    service.replication.pause();
    for (let n = 0; n < 6; n += 1) {
      await put(east, `T-${n}`, "1");
      await clock.advance(500);
    }
    service.replication.resume();
    await clock.advance(0);
    expect((await west("Scan", { TableName: "trades" })).Count).to.equal(2);
    expect([service.replication.pending(), service.replication.heldBack()]).to.deep.equal([4, 0]);
    await clock.advance(5000);
    expect((await west("Scan", { TableName: "trades" })).Count).to.equal(6);
    const used = metrics.sum("eu-west-1", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", {
      TableName: "trades",
    });
    expect(used).to.equal(6);
    await cloud.close();
  });

  // Developer Guide, "Using IAM with global tables".
  it("stop where the replica's policy denies the role of replication, and go on once it does not", async () => {
    const { clock, cloud, service, east, west } = await drivenTrades({ replica: true });
    const ResourceArn = "arn:aws:dynamodb:eu-west-1:000000000000:table/trades";
    const Statement = {
      Effect: "Deny",
      Principal: {
        AWS:
          "arn:aws:iam::000000000000:role/aws-service-role/replication.dynamodb.amazonaws.com/" +
          "AWSServiceRoleForDynamoDBReplication",
      },
      Action: "dynamodb:*",
      Resource: ResourceArn,
    };
    await west("PutResourcePolicy", {
      ResourceArn,
      Policy: JSON.stringify({ Version: "2012-10-17", Statement: [Statement] }),
    });
    await put(east, "T", "east");
    await put(west, "U", "west");
    expect(service.replication.heldBack()).to.equal(0);
    await clock.advance(60_000);
    expect([await amountIn(west, "T"), await amountIn(east, "U")]).to.deep.equal([undefined, "west"]);
    expect([service.replication.pending(), service.replication.heldBack()]).to.deep.equal([1, 1]);
    // Whoever waits for replication does not wait for what nothing but another policy lets through.
    await service.replication.drained();
    await west("DeleteResourcePolicy", { ResourceArn });
    await clock.advance(2000);
    expect(await amountIn(west, "T")).to.equal("east");
    expect([service.replication.pending(), service.replication.heldBack()]).to.deep.equal([0, 0]);
    await cloud.close();
  });

  it("end the same though items change while a new replica is filled with them", async () => {
    const { clock, cloud, service, east, west } = await drivenTrades();
    const ids = Array.from({ length: 40 }, (_, n) => `T-${n}`);
    for (const id of ids) await put(east, id, "before");
    const ReplicaUpdates = [{ Create: { RegionName: "eu-west-1" } }];
    await east("UpdateTable", { TableName: "trades", ReplicaUpdates });
    const changes: Promise<Json>[] = [];
    service.onWrite(({ replicated }) => {
      if (!replicated || changes.length > 0) return;
      for (const [n, id] of ids.entries())
        changes.push(
          n % 2 === 0 ? put(east, id, "after") : east("DeleteItem", { TableName: "trades", Key: keyOf(id) }),
        );
    });
    await clock.advance(61_000);
    expect(await Promise.all(changes)).to.have.length(40);
    await clock.advance(1000);
    for (const [n, id] of ids.entries())
      expect(await amountIn(west, id), id).to.equal(n % 2 === 0 ? "after" : undefined);
    await cloud.close();
  });

  it("take their time on the clock, and keep the source for 24 hours", async () => {
    const { clock, cloud, east, west } = drivenTables();
    await east("CreateTable", tradesTable("trades"));
    expect(await statusOf(east)).to.equal("CREATING");
    expect((await refusal(put(east, "T", "1"))).name).to.equal("ResourceNotFoundException");
    await clock.advance(10_000);
    expect(await statusOf(east)).to.equal("ACTIVE");
    await put(east, "T", "1");
    const ReplicaUpdates = [{ Create: { RegionName: "eu-west-1" } }];
    await east("UpdateTable", { TableName: "trades", ReplicaUpdates });
    await clock.advance(59_000);
    expect([await statusOf(east), await statusOf(west)]).to.deep.equal(["UPDATING", "CREATING"]);
    await put(east, "U", "1");
    await clock.advance(1000);
    expect([await statusOf(east), await statusOf(west)]).to.deep.equal(["ACTIVE", "ACTIVE"]);
    expect([await amountIn(west, "T"), await amountIn(west, "U")]).to.deep.equal(["1", "1"]);
    expect((await refusal(east("DeleteTable", { TableName: "trades" }))).message).to.match(/last 24 hours/);
    await clock.advance(86_400_000);
    await east("DeleteTable", { TableName: "trades" });
    expect(await statusOf(east)).to.equal("DELETING");
    await clock.advance(10_000);
    expect((await refusal(statusOf(east))).name).to.equal("ResourceNotFoundException");
    expect(((await west("DescribeTable", { TableName: "trades" })).Table as Json).Replicas).to.equal(
      undefined,
    );
    expect(await amountIn(west, "T")).to.equal("1");
    await cloud.close();
  });
});
