import { expect } from "chai";
import { STORAGE_TYPES } from "../../local/providers/storage.ts";
import {
  type DrivenTables,
  drivenTables,
  drivenTrades,
  keyOf,
  streamRecords,
  trade,
} from "./dynamodb-support.ts";
import { refusal } from "./endpoint-support.ts";

type Call = DrivenTables["east"];

const ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/trades";

// Developer Guide, "Using time to live (TTL) in DynamoDB" and "DynamoDB Streams and Time to Live".
describe("the time to live of local items", () => {
  /** Seconds since the epoch at which a driven clock starts. */
  const START = 1_767_623_400;
  const expiring = (id: string, end: number) => ({ ...trade(id), expiresAt: { N: String(end) } });
  const enable = (call: Call, Enabled = true) =>
    call("UpdateTimeToLive", {
      TableName: "trades",
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled },
    });
  const statusIn = async (call: Call) =>
    (await call("DescribeTimeToLive", { TableName: "trades" })).TimeToLiveDescription;
  const ids = async (call: Call) =>
    ((await call("Scan", { TableName: "trades" })).Items as { tradeId: { S: string } }[])
      .map(({ tradeId }) => tradeId.S)
      .sort();

  it("deletes an item after its end, tells so in the stream and uses no capacity", async () => {
    const { clock, cloud, metrics, east } = await drivenTrades();
    const put = (Item: object) => east("PutItem", { TableName: "trades", Item });
    await put(expiring("before", START + 100));
    await enable(east);
    expect(await statusIn(east)).to.deep.equal({ AttributeName: "expiresAt", TimeToLiveStatus: "ENABLING" });
    await clock.advance(10_000);
    expect(await statusIn(east)).to.deep.equal({ AttributeName: "expiresAt", TimeToLiveStatus: "ENABLED" });
    await put(expiring("soon", START + 200));
    await put(expiring("later", START + 100_000));
    await put({ ...trade("text"), expiresAt: { S: String(START) } });
    await put(expiring("ancient", START - 6 * 365 * 86_400));
    await put(trade("endless"));
    const dimensions = { TableName: "trades" };
    const used = () => metrics.sum("us-east-1", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", dimensions);
    const before = used();
    await clock.advance(600_000);
    expect(await ids(east)).to.deep.equal(["ancient", "endless", "later", "text"]);
    expect(used()).to.equal(before);
    const removed = (await streamRecords(east)).filter(({ eventName }) => eventName === "REMOVE");
    expect(removed.map(({ userIdentity }) => userIdentity)).to.deep.equal(
      Array(2).fill({ PrincipalId: "dynamodb.amazonaws.com", Type: "Service" }),
    );
    await clock.advance(100_000_000);
    expect(await ids(east)).to.deep.equal(["ancient", "endless", "text"]);
    await cloud.close();
  });

  it("keeps an item that was given a later end", async () => {
    const { clock, cloud, east } = await drivenTrades();
    await enable(east);
    await clock.advance(10_000);
    await east("PutItem", { TableName: "trades", Item: expiring("T", START + 100) });
    await east("PutItem", { TableName: "trades", Item: expiring("T", START + 10_000) });
    await clock.advance(3_600_000);
    expect(await ids(east)).to.deep.equal(["T"]);
    await cloud.close();
  });

  it("holds for all replicas; only where it deletes does the record name the service", async () => {
    const { clock, cloud, service, east, west } = await drivenTrades({ replica: true });
    await enable(east);
    await clock.advance(10_000);
    expect(await statusIn(west)).to.deep.equal({ AttributeName: "expiresAt", TimeToLiveStatus: "ENABLED" });
    service.replication.setLag(10);
    await east("PutItem", { TableName: "trades", Item: expiring("T", START + 1000) });
    await clock.advance(3_600_000);
    expect([await ids(east), await ids(west)]).to.deep.equal([[], []]);
    const identities = await Promise.all(
      [east, west].map(async (call) => (await streamRecords(call)).at(-1)?.userIdentity),
    );
    expect(identities).to.deep.equal([{ PrincipalId: "dynamodb.amazonaws.com", Type: "Service" }, undefined]);
    await cloud.close();
  });

  it("is refused twice, and again within an hour", async () => {
    const { clock, cloud, east } = await drivenTrades();
    expect((await refusal(enable(east, false))).message).to.equal("TimeToLive is already disabled");
    await enable(east);
    await clock.advance(10_000);
    expect((await refusal(enable(east, false))).message).to.equal(
      "Time to live has been modified multiple times within a fixed interval",
    );
    await clock.advance(3_600_000);
    expect((await refusal(enable(east))).message).to.equal("TimeToLive is already enabled");
    await enable(east, false);
    await clock.advance(10_000);
    expect(await statusIn(east)).to.deep.equal({ TimeToLiveStatus: "DISABLED" });
    await cloud.close();
  });
});

describe("the protection of local tables", () => {
  // API Reference, PointInTimeRecoveryDescription.
  it("can restore from when recovery was turned on, at most 35 days back, in each region by itself", async () => {
    const { clock, cloud, east, west } = await drivenTrades({ replica: true });
    const on = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } };
    const start = clock.now();
    await east("UpdateContinuousBackups", { TableName: "trades", ...on });
    const recovery = async (call: Call) => {
      const { ContinuousBackupsDescription } = await call("DescribeContinuousBackups", {
        TableName: "trades",
      });
      return (ContinuousBackupsDescription as { PointInTimeRecoveryDescription: object })
        .PointInTimeRecoveryDescription;
    };
    expect(await recovery(west)).to.deep.equal({ PointInTimeRecoveryStatus: "DISABLED" });
    await clock.advance(3_600_000);
    expect(await recovery(east)).to.deep.equal({
      PointInTimeRecoveryStatus: "ENABLED",
      RecoveryPeriodInDays: 35,
      EarliestRestorableDateTime: start / 1000,
      LatestRestorableDateTime: (start + 3_300_000) / 1000,
    });
    await clock.advance(40 * 86_400_000);
    expect(await recovery(east)).to.include({
      EarliestRestorableDateTime: (clock.now() - 35 * 86_400_000) / 1000,
    });
    await cloud.close();
  });

  // API Reference, PutResourcePolicy and DeleteResourcePolicy.
  it("keeps policies of tables and streams by revision", async () => {
    const { cloud, service, east } = await drivenTrades();
    const policy = (Sid: string, Resource: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Sid, Effect: "Deny", Principal: "*", Action: "dynamodb:DeleteTable", Resource }],
      });
    const Policy = policy("one", ARN);
    const stream = `${ARN}/stream/2026-01-05T14:30:00.000`;
    const put = (input: object) => east("PutResourcePolicy", { ResourceArn: ARN, ...input });
    expect((await refusal(east("GetResourcePolicy", { ResourceArn: ARN }))).name).to.equal(
      "PolicyNotFoundException",
    );
    const { RevisionId } = await put({ Policy, ExpectedRevisionId: "NO_POLICY" });
    expect(await put({ Policy })).to.deep.equal({ RevisionId });
    expect(await east("GetResourcePolicy", { ResourceArn: ARN })).to.deep.equal({ Policy, RevisionId });
    const stale = await refusal(put({ Policy: policy("two", ARN), ExpectedRevisionId: "NO_POLICY" }));
    expect(stale.name).to.equal("PolicyNotFoundException");
    expect((await refusal(put({ Policy: "{" }))).name).to.equal("ValidationException");
    await east("PutResourcePolicy", { ResourceArn: stream, Policy: policy("three", stream) });
    expect(service.resourcePolicy?.(ARN)).to.equal(Policy);
    expect(service.resourcePolicy?.(`${ARN}/index/SourceSystemIndex`)).to.equal(Policy);
    expect(service.resourcePolicy?.(stream)).to.equal(policy("three", stream));
    expect(await east("DeleteResourcePolicy", { ResourceArn: ARN })).to.deep.equal({ RevisionId });
    expect(await east("DeleteResourcePolicy", { ResourceArn: ARN })).to.deep.equal({});
    expect(service.resourcePolicy?.(ARN)).to.equal(undefined);
    await cloud.close();
  });

  it("names the customer key of a table in its region, and none of AWS's own", async () => {
    const key = (region: string) => `arn:aws:kms:${region}:000000000000:key/1`;
    const { clock, cloud, service, east } = await drivenTrades({
      SSESpecification: { Enabled: true, SSEType: "KMS", KMSMasterKeyId: key("us-east-1") },
    });
    const ReplicaUpdates = [{ Create: { RegionName: "eu-west-1", KMSMasterKeyId: key("eu-west-1") } }];
    await east("UpdateTable", { TableName: "trades", ReplicaUpdates });
    await clock.advance(60_000);
    expect(service.encryptionKey?.(ARN)).to.equal(key("us-east-1"));
    expect(service.encryptionKey?.(ARN.replace("us-east-1", "eu-west-1"))).to.equal(key("eu-west-1"));
    const other = await drivenTrades({ SSESpecification: { Enabled: true } });
    expect(other.service.encryptionKey?.(ARN)).to.equal(undefined);
    await cloud.close();
    await other.cloud.close();
  });

  // Developer Guide, "Supported data types and naming rules" and "Error handling".
  it("refuses empty keys of tables and indexes, and numbers of more than 38 digits", async () => {
    const { cloud, east } = await drivenTrades();
    const put = (more: object) => east("PutItem", { TableName: "trades", Item: { ...trade("T"), ...more } });
    const empty = { S: "" };
    expect((await refusal(put({ tradeId: empty }))).message).to.match(
      /cannot contain an empty string value. Key: tradeId/,
    );
    expect((await refusal(put({ sourceSystem: empty }))).message).to.match(
      /IndexName: SourceSystemIndex, IndexKey: sourceSystem/,
    );
    await put({ note: empty, large: { N: "9".repeat(38) } });
    expect((await refusal(put({ large: { N: "9".repeat(39) } }))).message).to.match(
      /more than 38 significant digits/,
    );
    expect((await refusal(put({ tradeId: { S: "ü".repeat(1025) } }))).message).to.match(/limit of2048 bytes/);
    expect((await refusal(put({ note: { S: "ü".repeat(205_000) } }))).message).to.match(
      /Item size has exceeded/,
    );
    expect((await east("GetItem", { TableName: "trades", Key: keyOf("T") })).Item).to.include.keys(
      "note",
      "large",
    );
    await cloud.close();
  });
});

describe("tables of a deployment", () => {
  it("have the stream's own ARN as output, and time to live and recovery as declared", async () => {
    const { cloud, clock, east } = drivenTables();
    const type = "aws:dynamodb/table:Table";
    const request = {
      ...{ type, name: "trades", urn: "urn:pulumi:dev::p::t::trades", account: "000000000000" },
      region: "us-east-1",
      inputs: {
        name: "trades",
        billingMode: "PAY_PER_REQUEST",
        hashKey: "tradeId",
        attributes: [{ name: "tradeId", type: "S" }],
        streamEnabled: true,
        streamViewType: "NEW_IMAGE",
        ttl: { attributeName: "expiresAt", enabled: true },
        pointInTimeRecovery: { enabled: true, recoveryPeriodInDays: 7 },
        onDemandThroughput: { maxReadRequestUnits: 10, maxWriteRequestUnits: 20 },
        deletionProtectionEnabled: true,
      },
    } as unknown as Parameters<(typeof STORAGE_TYPES)[string]["describe"]>[0];
    const described = STORAGE_TYPES[type]?.describe(request);
    const ports = { call: cloud.surroundings.call, pushImage: async () => {} };
    if (described) await STORAGE_TYPES[type]?.create?.(request, ports, described);
    await clock.advance(10_000);
    const { Table } = await east("DescribeTable", { TableName: "trades" });
    expect(Table).to.deep.include({
      LatestStreamArn: described?.outputs.streamArn,
      DeletionProtectionEnabled: true,
      OnDemandThroughput: { MaxReadRequestUnits: 10, MaxWriteRequestUnits: 20 },
    });
    expect(described?.outputs.streamArn).to.equal(`${ARN}/stream/2026-01-05T14:30:00.000`);
    const { TimeToLiveDescription } = await east("DescribeTimeToLive", { TableName: "trades" });
    expect(TimeToLiveDescription).to.deep.equal({ AttributeName: "expiresAt", TimeToLiveStatus: "ENABLED" });
    await cloud.close();
  });
});
