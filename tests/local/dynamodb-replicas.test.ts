import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import fc from "fast-check";
import { Cloud } from "../../local/cloud/cloud.ts";
import {
  createDynamoDb,
  type DynamoDbService,
  type WriteRecord,
} from "../../local/cloud/dynamodb/service.ts";
import { nextVersion, type Version, wins } from "../../local/cloud/dynamodb/versions.ts";
import { caller, trade, tradesTable, until } from "./dynamodb-support.ts";
import { clientSettings, refusal, serve } from "./endpoint-support.ts";

// Expectations: Amazon DynamoDB Developer Guide, "Global tables", and API Reference, UpdateTable.
describe("replicas of local tables", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  let service: DynamoDbService;
  let east: DynamoDBClient;
  let west: DynamoDBClient;

  beforeEach(async () => {
    served = await serve([
      (surroundings) => (service = createDynamoDb(surroundings, { replicaMilliseconds: 20 })),
    ]);
    east = new DynamoDBClient(clientSettings(served.endpoint, "us-east-1"));
    west = new DynamoDBClient(clientSettings(served.endpoint, "eu-west-1"));
  });
  afterEach(async () => {
    east.destroy();
    west.destroy();
    await served.close();
  });

  const describeTable = async (client: DynamoDBClient) =>
    (await client.send(new DescribeTableCommand({ TableName: "trades" }))).Table;
  const active = (client: DynamoDBClient) =>
    until(async () => (await describeTable(client).catch(() => undefined))?.TableStatus === "ACTIVE");
  const create = async (more: object = {}): Promise<void> => {
    await east.send(new CreateTableCommand(tradesTable("trades", more)));
    await active(east);
  };
  const replicas = (update: object) =>
    east.send(new UpdateTableCommand({ TableName: "trades", ReplicaUpdates: [update] }));
  const addReplica = async (more: object = {}): Promise<void> => {
    await replicas({ Create: { RegionName: "eu-west-1", ...more } });
    await active(east);
  };
  const amountIn = async (client: DynamoDBClient, tradeId: string) =>
    (
      await client.send(
        new GetItemCommand({ TableName: "trades", Key: { tradeId: { S: tradeId }, version: { N: "1" } } }),
      )
    ).Item?.amount?.S;
  const put = (client: DynamoDBClient, tradeId: string, amount: string) =>
    client.send(new PutItemCommand({ TableName: "trades", Item: trade(tradeId, amount) }));

  it("adds a replica that is CREATING first, holds the earlier items and shows in both regions", async () => {
    await create();
    await put(east, "T-before", "1");
    const { TableDescription } = await replicas({ Create: { RegionName: "eu-west-1" } });
    expect(TableDescription?.TableStatus).to.equal("UPDATING");
    expect(TableDescription?.Replicas).to.deep.include({
      RegionName: "eu-west-1",
      ReplicaStatus: "CREATING",
    });
    const busy = await refusal(replicas({ Delete: { RegionName: "eu-west-1" } }));
    expect(busy.name).to.equal("ResourceInUseException");
    await active(east);
    expect((await describeTable(east))?.Replicas).to.deep.equal([
      { RegionName: "eu-west-1", ReplicaStatus: "ACTIVE" },
    ]);
    const other = await describeTable(west);
    expect(other?.Replicas).to.deep.equal([{ RegionName: "us-east-1", ReplicaStatus: "ACTIVE" }]);
    expect(other?.TableArn).to.equal("arn:aws:dynamodb:eu-west-1:000000000000:table/trades");
    expect(other?.GlobalSecondaryIndexes?.[0]?.IndexStatus).to.equal("ACTIVE");
    expect(await amountIn(west, "T-before")).to.equal("1");
  });

  it("carries puts and deletes both ways", async () => {
    await create();
    await addReplica();
    await put(east, "T-east", "1");
    await put(west, "T-west", "2");
    await service.replication.drained();
    expect([await amountIn(west, "T-east"), await amountIn(east, "T-west")]).to.deep.equal(["1", "2"]);
    const call = caller(served.cloud, "eu-west-1");
    await call("DeleteItem", { TableName: "trades", Key: { tradeId: { S: "T-east" }, version: { N: "1" } } });
    await service.replication.drained();
    expect(await amountIn(east, "T-east")).to.equal(undefined);
  });

  it("lets both regions accept the same trade while apart; afterwards the last writer's item is in both", async () => {
    await create();
    await addReplica();
    service.replication.pause();
    const condition = { ConditionExpression: "attribute_not_exists(tradeId)" };
    await east.send(new PutItemCommand({ TableName: "trades", Item: trade("T", "east"), ...condition }));
    await new Promise((done) => setTimeout(done, 5));
    await west.send(new PutItemCommand({ TableName: "trades", Item: trade("T", "west"), ...condition }));
    expect(service.replication.pending()).to.equal(2);
    const seen: WriteRecord[] = [];
    service.onWrite((record) => seen.push(record));
    service.replication.resume();
    await service.replication.drained();
    expect([await amountIn(east, "T"), await amountIn(west, "T")]).to.deep.equal(["west", "west"]);
    // Only the region that lost sees its item replaced.
    const changes = seen.map(({ region, before, after, replicated }) => ({
      region,
      before,
      after,
      replicated,
    }));
    expect(changes).to.deep.equal([
      { region: "us-east-1", before: trade("T", "east"), after: trade("T", "west"), replicated: true },
    ]);
  });

  it("takes at least as long as the lag that was set", async () => {
    await create();
    await addReplica();
    service.replication.setLag(120);
    const start = performance.now();
    await put(east, "T-lag", "1");
    expect(await amountIn(west, "T-lag")).to.equal(undefined);
    await service.replication.drained();
    expect(performance.now() - start).to.be.greaterThan(115);
    expect(await amountIn(west, "T-lag")).to.equal("1");
  });

  it("refuses a replica without the stream that carries both images, or of a provisioned table", async () => {
    await create({ StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" } });
    expect((await refusal(replicas({ Create: { RegionName: "eu-west-1" } }))).message).to.match(
      /StreamViewType NEW_AND_OLD_IMAGES/,
    );
  });

  it("refuses replicas in the own region, twice, or where a table of the name is", async () => {
    await create();
    const own = await refusal(replicas({ Create: { RegionName: "us-east-1" } }));
    expect(own.message).to.match(/Cannot add, delete, or update the local region/);
    await addReplica();
    const twice = await refusal(replicas({ Create: { RegionName: "eu-west-1" } }));
    expect(twice.message).to.match(/already existed as tables/);
    const missing = await refusal(replicas({ Delete: { RegionName: "us-west-2" } }));
    expect(missing.message).to.match(/was not found/);
  });

  it("wants a key of the replica's region for a table under a customer key", async () => {
    const keyIn = (region: string) => `arn:aws:kms:${region}:000000000000:key/1`;
    await create({ SSESpecification: { Enabled: true, SSEType: "KMS", KMSMasterKeyId: keyIn("us-east-1") } });
    const none = await refusal(replicas({ Create: { RegionName: "eu-west-1" } }));
    expect(none.message).to.match(/KMSMasterKeyId must be specified/);
    const wrong = await refusal(
      replicas({ Create: { RegionName: "eu-west-1", KMSMasterKeyId: keyIn("us-east-1") } }),
    );
    expect(wrong.message).to.match(/not in the replica's region eu-west-1/);
    await addReplica({ KMSMasterKeyId: keyIn("eu-west-1") });
    expect((await describeTable(west))?.SSEDescription?.KMSMasterKeyArn).to.equal(keyIn("eu-west-1"));
    const other = "arn:aws:kms:eu-west-1:000000000000:key/2";
    await replicas({ Update: { RegionName: "eu-west-1", KMSMasterKeyId: other } });
    await active(east);
    expect((await describeTable(east))?.Replicas?.[0]?.KMSMasterKeyId).to.equal(other);
  });

  it("removes a replica with its table; only then can the source be deleted", async () => {
    await create();
    await addReplica();
    const early = await refusal(east.send(new DeleteTableCommand({ TableName: "trades" })));
    expect(early.message).to.match(/acted as a source region/);
    await replicas({ Delete: { RegionName: "eu-west-1" } });
    expect((await describeTable(east))?.Replicas?.[0]?.ReplicaStatus).to.equal("DELETING");
    await active(east);
    expect((await describeTable(east))?.Replicas).to.equal(undefined);
    expect((await refusal(describeTable(west))).name).to.equal("ResourceNotFoundException");
    await put(east, "T-alone", "1");
    expect(service.replication.pending()).to.equal(0);
    await east.send(new DeleteTableCommand({ TableName: "trades" }));
  });

  it("can add a replica again after it was removed", async () => {
    await create();
    await addReplica();
    await replicas({ Delete: { RegionName: "eu-west-1" } });
    await active(east);
    await put(east, "T-between", "1");
    await addReplica();
    expect(await amountIn(west, "T-between")).to.equal("1");
  });
});

describe("last writer wins", () => {
  const version = fc.record({
    time: fc.nat(3),
    region: fc.constantFrom("us-east-1", "eu-west-1", "us-west-2"),
  });

  it("decides the same whichever of two writes comes first", () => {
    fc.assert(
      fc.property(version, version, (a: Version, b: Version) => {
        const same = a.time === b.time && a.region === b.region;
        expect(wins(a, b) !== wins(b, a)).to.equal(!same);
      }),
    );
  });

  it("lets a write always win over what it replaced", () => {
    fc.assert(
      fc.property(fc.nat(3), version, (now, existing) => {
        expect(wins(nextVersion(now, "eu-west-1", existing), existing)).to.equal(true);
      }),
    );
  });

  it("ends with the same items everywhere, whatever was written where and when", async () => {
    const step = fc.record({
      region: fc.constantFrom("us-east-1", "eu-west-1"),
      item: fc.constantFrom("A", "B"),
      action: fc.constantFrom("PutItem", "DeleteItem", "UpdateItem"),
      settle: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const cloud = new Cloud();
        const service = cloud.add((surroundings) => createDynamoDb(surroundings, { replicaMilliseconds: 0 }));
        service.replication.setLag(0);
        const east = caller(cloud, "us-east-1");
        const west = caller(cloud, "eu-west-1");
        const status = async () => (await east("DescribeTable", { TableName: "trades" })).Table;
        const active = () =>
          until(async () => ((await status()) as { TableStatus: string }).TableStatus === "ACTIVE");
        await east("CreateTable", tradesTable("trades"));
        await active();
        const ReplicaUpdates = [{ Create: { RegionName: "eu-west-1" } }];
        await east("UpdateTable", { TableName: "trades", ReplicaUpdates });
        await active();
        for (const [index, { region, item, action, settle }] of steps.entries()) {
          const call = region === "us-east-1" ? east : west;
          const Key = { tradeId: { S: item }, version: { N: "1" } };
          if (action === "PutItem")
            await call(action, { TableName: "trades", Item: trade(item, String(index)) });
          else if (action === "DeleteItem") await call(action, { TableName: "trades", Key });
          else
            await call(action, {
              TableName: "trades",
              Key,
              UpdateExpression: "SET amount = :a",
              ExpressionAttributeValues: { ":a": { S: String(index) } },
            });
          if (settle) await service.replication.drained();
        }
        await service.replication.drained();
        const query = {
          TableName: "trades",
          IndexName: "SourceSystemIndex",
          KeyConditionExpression: "sourceSystem = :s",
          ExpressionAttributeValues: { ":s": { S: "system1" } },
        };
        const all = async (call: typeof east) => [
          (await call("Scan", { TableName: "trades" })).Items,
          new Set(((await call("Query", query)).Items as unknown[]).map((item) => JSON.stringify(item))),
        ];
        expect(await all(east)).to.deep.equal(await all(west));
        await cloud.close();
      }),
      { numRuns: 25 },
    );
  });
});
