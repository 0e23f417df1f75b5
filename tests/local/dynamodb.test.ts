import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeGlobalTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import {
  createDynamoDb,
  type DynamoDbService,
  type WriteRecord,
} from "../../local/cloud/dynamodb/service.ts";
import { trade, tradesTable } from "./dynamodb-support.ts";
import { clientSettings, refusal, serve } from "./endpoint-support.ts";

const QUICK = { maxWaitTime: 5, minDelay: 0.01, maxDelay: 0.02 };

// Expectations: Amazon DynamoDB API Reference and Developer Guide.
describe("the local DynamoDB over the wire", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  let client: DynamoDBClient;
  let service: DynamoDbService;

  before(async () => {
    served = await serve([(surroundings) => (service = createDynamoDb(surroundings))]);
    client = new DynamoDBClient(clientSettings(served.endpoint));
    await client.send(new CreateTableCommand(tradesTable("trades")));
    await waitUntilTableExists({ client, ...QUICK }, { TableName: "trades" });
  });
  after(async () => {
    client.destroy();
    await served.close();
  });

  const putOnce = (tradeId: string, amount: string) =>
    client.send(
      new PutItemCommand({
        TableName: "trades",
        Item: trade(tradeId, amount),
        ConditionExpression: "attribute_not_exists(tradeId)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );

  it("gives the item that is there when a condition fails and it is asked for", async () => {
    await putOnce("T-1", "10");
    const error = await refusal(putOnce("T-1", "11"));
    expect(error.name).to.equal("ConditionalCheckFailedException");
    expect(error.message).to.equal("The conditional request failed");
    expect(error.Item).to.deep.equal(trade("T-1", "10"));
  });

  it("gives no item with a failed condition unless it is asked for", async () => {
    await putOnce("T-2", "10");
    const error = await refusal(
      client.send(
        new DeleteItemCommand({
          TableName: "trades",
          Key: { tradeId: { S: "T-2" }, version: { N: "1" } },
          ConditionExpression: "attribute_not_exists(tradeId)",
        }),
      ),
    );
    expect(error.name).to.equal("ConditionalCheckFailedException");
    expect(error.Item).to.equal(undefined);
  });

  it("lets exactly one of many concurrent conditional puts succeed", async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => putOnce("T-race", String(n))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).to.have.length(1);
  });

  it("updates by condition and returns the new image", async () => {
    await putOnce("T-3", "10");
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: "trades",
        Key: { tradeId: { S: "T-3" }, version: { N: "1" } },
        UpdateExpression: "SET amount = :amount REMOVE sourceSystem",
        ConditionExpression: "amount = :old",
        ExpressionAttributeValues: { ":amount": { S: "20" }, ":old": { S: "10" } },
        ReturnValues: "ALL_NEW",
      }),
    );
    const { sourceSystem: _removed, ...rest } = trade("T-3", "20");
    expect(Attributes).to.deep.equal(rest);
  });

  it("queries an index in order, page by page", async () => {
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          trades: [3, 1, 2].map((n) => ({
            PutRequest: { Item: { ...trade(`P-${n}`, "1", n), sourceSystem: { S: "paged" } } },
          })),
        },
      }),
    );
    const ids: (string | undefined)[] = [];
    let ExclusiveStartKey: QueryCommand["input"]["ExclusiveStartKey"];
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: "trades",
          IndexName: "SourceSystemIndex",
          KeyConditionExpression: "sourceSystem = :source",
          ExpressionAttributeValues: { ":source": { S: "paged" } },
          Limit: 2,
          ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
        }),
      );
      ids.push(...(page.Items ?? []).map(({ tradeId }) => tradeId?.S));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    expect(ids).to.deep.equal(["P-1", "P-2", "P-3"]);
  });

  it("scans, gets batches and reaches items by the table's ARN", async () => {
    await putOnce("T-4", "7");
    const Key = { tradeId: { S: "T-4" }, version: { N: "1" } };
    const { Items = [] } = await client.send(
      new ScanCommand({
        TableName: "trades",
        FilterExpression: "tradeId = :id",
        ExpressionAttributeValues: { ":id": { S: "T-4" } },
      }),
    );
    const batch = await client.send(new BatchGetItemCommand({ RequestItems: { trades: { Keys: [Key] } } }));
    const { Item } = await client.send(
      new GetItemCommand({ TableName: "arn:aws:dynamodb:us-east-1:000000000000:table/trades", Key }),
    );
    expect([Items, batch.Responses?.trades, [Item]]).to.deep.equal(Array(3).fill([trade("T-4", "7")]));
  });

  it("tells of each stored change with both images, and of none that was refused", async () => {
    const records: WriteRecord[] = [];
    const end = service.onWrite((record) => records.push(record));
    await putOnce("T-5", "1");
    await refusal(putOnce("T-5", "2"));
    await client.send(new PutItemCommand({ TableName: "trades", Item: trade("T-5", "3") }));
    const Key = { tradeId: { S: "T-5" }, version: { N: "1" } };
    await client.send(new BatchWriteItemCommand({ RequestItems: { trades: [{ DeleteRequest: { Key } }] } }));
    end();
    await putOnce("T-5", "4");
    expect(records.map(({ before, after }) => [before?.amount?.S, after?.amount?.S])).to.deep.equal([
      [undefined, "1"],
      ["1", "3"],
      ["3", undefined],
    ]);
    expect(records[0]).to.include({ region: "us-east-1", replicated: false });
  });

  it("refuses an item above 400 KB and keys that do not fit, as DynamoDB does", async () => {
    const large = await refusal(
      client.send(new PutItemCommand({ TableName: "trades", Item: trade("T-6", "x".repeat(410_000)) })),
    );
    expect(large.message).to.match(/Item size has exceeded the maximum allowed size/);
    const keyless = await refusal(
      client.send(new PutItemCommand({ TableName: "trades", Item: { a: { S: "b" } } })),
    );
    expect(keyless.message).to.match(/Missing the key tradeId in the item/);
  });

  // Developer Guide, "Determining the version of a global table".
  it("tells that its global tables are of the present version", async () => {
    const global = await refusal(client.send(new DescribeGlobalTableCommand({ GlobalTableName: "trades" })));
    expect(global.name).to.equal("GlobalTableNotFoundException");
    expect(global.message).to.equal(
      "Global table not found: Global table with name: 'trades' does not exist.",
    );
  });

  it("names a table that does not exist", async () => {
    const error = await refusal(client.send(new DescribeTableCommand({ TableName: "nowhere" })));
    expect(error.name).to.equal("ResourceNotFoundException");
    expect(error.message).to.equal("Requested resource not found: Table: nowhere not found");
  });

  it("keeps what a table is created with: stream, key, tags and protection", async () => {
    const key = "arn:aws:kms:us-east-1:000000000000:key/1";
    await client.send(
      new CreateTableCommand(
        tradesTable("kept", {
          SSESpecification: { Enabled: true, SSEType: "KMS", KMSMasterKeyId: key },
          Tags: [{ Key: "owner", Value: "desk" }],
          DeletionProtectionEnabled: true,
        }),
      ),
    );
    await waitUntilTableExists({ client, ...QUICK }, { TableName: "kept" });
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "kept" }));
    expect(Table?.TableArn).to.equal("arn:aws:dynamodb:us-east-1:000000000000:table/kept");
    expect(Table?.StreamSpecification).to.deep.equal({
      StreamEnabled: true,
      StreamViewType: "NEW_AND_OLD_IMAGES",
    });
    expect(Table?.LatestStreamArn).to.match(/:table\/kept\/stream\/20\d\d-/);
    expect(Table?.SSEDescription).to.deep.equal({ Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: key });
    expect(Table?.CreationDateTime).to.be.instanceOf(Date);

    const ResourceArn = Table?.TableArn ?? "";
    const tags = () => client.send(new ListTagsOfResourceCommand({ ResourceArn }));
    expect((await tags()).Tags).to.deep.equal([{ Key: "owner", Value: "desk" }]);
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["owner"] }));
    expect((await tags()).Tags).to.deep.equal([]);

    const error = await refusal(client.send(new DeleteTableCommand({ TableName: "kept" })));
    expect(error.message).to.match(/protected against deletion/);
    await client.send(new UpdateTableCommand({ TableName: "kept", DeletionProtectionEnabled: false }));
    await waitUntilTableExists({ client, ...QUICK }, { TableName: "kept" });
    await client.send(new DeleteTableCommand({ TableName: "kept" }));
    await waitUntilTableNotExists({ client, ...QUICK }, { TableName: "kept" });
  });

  it("is empty when it is created again after its deletion", async () => {
    const description = { TableName: "again" };
    for (let round = 0; round < 2; round += 1) {
      const { TableDescription } = await client.send(new CreateTableCommand(tradesTable("again")));
      expect(TableDescription?.TableStatus).to.equal("CREATING");
      await waitUntilTableExists({ client, ...QUICK }, description);
      expect((await client.send(new ScanCommand(description))).Count).to.equal(0);
      await client.send(new PutItemCommand({ ...description, Item: trade("T-1") }));
      await client.send(new DeleteTableCommand(description));
      await waitUntilTableNotExists({ client, ...QUICK }, description);
    }
  });

  it("turns point-in-time recovery on in one region only", async () => {
    const backups = async () => {
      const { ContinuousBackupsDescription } = await client.send(
        new DescribeContinuousBackupsCommand({ TableName: "trades" }),
      );
      return ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    };
    expect((await backups())?.PointInTimeRecoveryStatus).to.equal("DISABLED");
    await client.send(
      new UpdateContinuousBackupsCommand({
        TableName: "trades",
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    expect((await backups())?.PointInTimeRecoveryStatus).to.equal("ENABLED");
    expect((await backups())?.EarliestRestorableDateTime).to.be.instanceOf(Date);
  });

  it("says what it does not carry out instead of ignoring it", async () => {
    const transaction = await refusal(
      client.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName: "trades", Item: trade("T-9") } }],
        }),
      ),
    );
    expect(transaction.name).to.equal("UnknownOperationException");
    expect(transaction.message).to.match(/does not carry out dynamodb:TransactWriteItems/);
    const index = await refusal(
      client.send(
        new UpdateTableCommand({
          TableName: "trades",
          GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "SourceSystemIndex" } }],
        }),
      ),
    );
    expect(index.message).to.match(/does not add indexes/);
  });
});
