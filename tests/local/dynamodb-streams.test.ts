import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { drivenTrades, keyOf, streamRecords, trade, tradesTable } from "./dynamodb-support.ts";
import { refusal } from "./endpoint-support.ts";

// Expectations: API Reference, "DynamoDB Streams"; Developer Guide, "Change data capture for DynamoDB Streams".
describe("streams of local tables", () => {
  type Tables = Awaited<ReturnType<typeof drivenTrades>>;
  const put = ({ east }: Tables, id: string, amount = "1") =>
    east("PutItem", { TableName: "trades", Item: trade(id, amount) });
  const shardOf = async ({ east }: Tables) => {
    const { Table } = (await east("DescribeTable", { TableName: "trades" })) as {
      Table: { LatestStreamArn: string };
    };
    const StreamArn = Table.LatestStreamArn;
    const { StreamDescription } = (await east("DescribeStream", { StreamArn })) as {
      StreamDescription: { Shards: { ShardId: string }[] };
    };
    return { StreamArn, ShardId: StreamDescription.Shards[0]?.ShardId };
  };
  const iterator = async (tables: Tables, ShardIteratorType: string, more: object = {}) =>
    (await tables.east("GetShardIterator", { ...(await shardOf(tables)), ShardIteratorType, ...more }))
      .ShardIterator;
  const sequenceOf = (record: Json | undefined) =>
    (record?.dynamodb as { SequenceNumber: string } | undefined)?.SequenceNumber;
  const idsOf = (records: unknown) =>
    (records as { dynamodb: { Keys: { tradeId: { S: string } } } }[]).map(
      ({ dynamodb }) => dynamodb.Keys.tradeId.S,
    );

  it("record insert, change and removal in order, with keys and both images", async () => {
    const tables = await drivenTrades();
    await put(tables, "T", "1");
    await put(tables, "T", "2");
    await tables.east("DeleteItem", { TableName: "trades", Key: keyOf("T") });
    const records = await streamRecords(tables.east);
    expect(
      records.map((record) => {
        const { Keys, NewImage, OldImage } = record.dynamodb as Json;
        return [record.eventName, Keys, NewImage, OldImage];
      }),
    ).to.deep.equal([
      ["INSERT", keyOf("T"), trade("T", "1"), undefined],
      ["MODIFY", keyOf("T"), trade("T", "2"), trade("T", "1")],
      ["REMOVE", keyOf("T"), undefined, trade("T", "2")],
    ]);
    expect(records[0]).to.include({
      awsRegion: "us-east-1",
      eventSource: "aws:dynamodb",
      eventVersion: "1.1",
    });
    expect(records[0]?.dynamodb).to.include({
      // The clock starts at 14:30 UTC on 5 January 2026; the table took ten seconds.
      ApproximateCreationDateTime: 1_767_623_410,
      StreamViewType: "NEW_AND_OLD_IMAGES",
      // tradeId 7+1, version 7+2; the image besides: again 17, sourceSystem 12+7, timestamp 9+2, amount 6+1.
      SizeBytes: 17 + 54,
    });
    const sequences = records.map((record) => sequenceOf(record) ?? "");
    expect(sequences).to.deep.equal(sequences.toSorted());
    expect(new Set(records.map(({ eventID }) => eventID)).size).to.equal(3);
    await tables.cloud.close();
  });

  it("have no record of a write that changes nothing, and none of one that is refused", async () => {
    const tables = await drivenTrades();
    const set = { SS: ["a", "b"] };
    await tables.east("PutItem", { TableName: "trades", Item: { ...trade("T"), set } });
    await tables.east("PutItem", { TableName: "trades", Item: { ...trade("T"), set: { SS: ["b", "a"] } } });
    await tables.east("UpdateItem", {
      TableName: "trades",
      Key: keyOf("T"),
      UpdateExpression: "SET amount = :a",
      ExpressionAttributeValues: { ":a": { S: "1" } },
    });
    await tables.east("DeleteItem", { TableName: "trades", Key: keyOf("absent") });
    await refusal(
      tables.east("PutItem", {
        TableName: "trades",
        Item: trade("T", "9"),
        ConditionExpression: "attribute_not_exists(tradeId)",
      }),
    );
    expect(idsOf(await streamRecords(tables.east))).to.deep.equal(["T"]);
    await tables.cloud.close();
  });

  for (const [StreamViewType, members] of [
    ["KEYS_ONLY", []],
    ["NEW_IMAGE", ["NewImage"]],
    ["OLD_IMAGE", ["OldImage"]],
  ] as const)
    it(`have what ${StreamViewType} asks for`, async () => {
      const tables = await drivenTrades({ StreamSpecification: { StreamEnabled: true, StreamViewType } });
      await put(tables, "T", "1");
      await put(tables, "T", "2");
      const record = (await streamRecords(tables.east))[1]?.dynamodb as Json;
      expect(Object.keys(record).filter((member) => /Image/.test(member))).to.deep.equal(members);
      await tables.cloud.close();
    });

  it("are read from the start, from the end, at or after a record, in portions", async () => {
    const tables = await drivenTrades();
    const { east } = tables;
    await put(tables, "A");
    const latest = await iterator(tables, "LATEST");
    await put(tables, "B");
    await put(tables, "C");
    const first = await east("GetRecords", {
      ShardIterator: await iterator(tables, "TRIM_HORIZON"),
      Limit: 2,
    });
    expect(idsOf(first.Records)).to.deep.equal(["A", "B"]);
    const rest = await east("GetRecords", { ShardIterator: first.NextShardIterator });
    expect(idsOf(rest.Records)).to.deep.equal(["C"]);
    const none = await east("GetRecords", { ShardIterator: rest.NextShardIterator });
    expect(none.Records).to.deep.equal([]);
    expect(none.NextShardIterator).to.be.a("string");
    expect(idsOf((await east("GetRecords", { ShardIterator: latest })).Records)).to.deep.equal(["B", "C"]);
    const SequenceNumber = sequenceOf((first.Records as Json[])[1]);
    const at = await iterator(tables, "AT_SEQUENCE_NUMBER", { SequenceNumber });
    expect(idsOf((await east("GetRecords", { ShardIterator: at })).Records)).to.deep.equal(["B", "C"]);
    const after = await iterator(tables, "AFTER_SEQUENCE_NUMBER", { SequenceNumber });
    expect(idsOf((await east("GetRecords", { ShardIterator: after })).Records)).to.deep.equal(["C"]);
    await tables.cloud.close();
  });

  it("keep records for 24 hours and iterators for 15 minutes", async () => {
    const tables = await drivenTrades();
    await put(tables, "old");
    const SequenceNumber = sequenceOf((await streamRecords(tables.east))[0]);
    const early = await iterator(tables, "TRIM_HORIZON");
    await tables.clock.advance(15 * 60_000 + 1);
    const expired = await refusal(tables.east("GetRecords", { ShardIterator: early }));
    expect(expired.name).to.equal("ExpiredIteratorException");
    await tables.clock.advance(86_400_000 - 16 * 60_000);
    expect(idsOf(await streamRecords(tables.east))).to.deep.equal(["old"]);
    const soon = await iterator(tables, "TRIM_HORIZON");
    await tables.clock.advance(60_000);
    await put(tables, "new");
    expect(idsOf(await streamRecords(tables.east))).to.deep.equal(["new"]);
    const trimmed = await refusal(tables.east("GetRecords", { ShardIterator: soon }));
    expect(trimmed.name).to.equal("TrimmedDataAccessException");
    const gone = await refusal(iterator(tables, "AFTER_SEQUENCE_NUMBER", { SequenceNumber }));
    expect(gone.name).to.equal("TrimmedDataAccessException");
    await tables.cloud.close();
  });

  it("can be read to their end for a day after they are turned off or their table is deleted", async () => {
    const tables = await drivenTrades();
    const { east, clock } = tables;
    await put(tables, "T");
    const { StreamArn } = await shardOf(tables);
    const ShardIterator = await iterator(tables, "TRIM_HORIZON");
    await east("UpdateTable", { TableName: "trades", StreamSpecification: { StreamEnabled: false } });
    await clock.advance(10_000);
    const last = await east("GetRecords", { ShardIterator });
    expect(idsOf(last.Records)).to.deep.equal(["T"]);
    expect(last.NextShardIterator).to.equal(undefined);
    await east("DeleteTable", { TableName: "trades" });
    await clock.advance(10_000);
    const { StreamDescription } = await east("DescribeStream", { StreamArn });
    expect(StreamDescription).to.include({ StreamStatus: "DISABLED", TableName: "trades" });
    await clock.advance(86_400_000);
    expect((await refusal(east("DescribeStream", { StreamArn }))).name).to.equal("ResourceNotFoundException");
    await tables.cloud.close();
  });

  it("are listed by table, with the label that the table shows", async () => {
    const tables = await drivenTrades();
    await tables.east("CreateTable", tradesTable("other"));
    const { Table } = await tables.east("DescribeTable", { TableName: "trades" });
    const { LatestStreamArn, LatestStreamLabel } = Table as Json;
    expect(LatestStreamArn).to.equal(
      "arn:aws:dynamodb:us-east-1:000000000000:table/trades/stream/2026-01-05T14:30:00.000",
    );
    expect((await tables.east("ListStreams", { TableName: "trades" })).Streams).to.deep.equal([
      { StreamArn: LatestStreamArn, StreamLabel: LatestStreamLabel, TableName: "trades" },
    ]);
    const page = await tables.east("ListStreams", { Limit: 1 });
    expect(page.LastEvaluatedStreamArn).to.be.a("string");
    const next = await tables.east("ListStreams", { ExclusiveStartStreamArn: page.LastEvaluatedStreamArn });
    expect(
      [...(page.Streams as Json[]), ...(next.Streams as Json[])].map(({ TableName }) => TableName),
    ).to.have.members(["trades", "other"]);
    await tables.cloud.close();
  });
});
