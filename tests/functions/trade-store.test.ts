import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { tradeStore } from "../../functions/adapters/trade-store.ts";
import { record } from "../../functions/compliance-recorder/record.ts";
import { RETRYABLE_ERROR } from "../../functions/contract.ts";
import { FULL_DETAIL, validEvent } from "../domain/trade-events.ts";
import { localClient, type ScriptedReply, scriptedService } from "./scripted-service.ts";

// The library comes without types.
const dynalite = createRequire(import.meta.url)("dynalite") as (options: { createTableMs: number }) => Server;

const EXECUTION = {
  id: "arn:aws:states:eu-west-1:000000000000:express:trade-processing-dev:run:1",
  startTime: "2026-01-05T14:30:00.500Z",
};
const MARKET = { kind: "instrument", id: "US0378331005", known: false };
const COMPLETE = { status: "complete", market: MARKET, aboveThreshold: true } as const;
const PENDING = { status: "pending", error: "market data: status 503" } as const;
const now = () => new Date("2026-01-05T14:30:02.000Z");
const { signal } = new AbortController();
const event = validEvent(FULL_DETAIL);

describe("recording into DynamoDB", () => {
  const server = dynalite({ createTableMs: 0 });
  let client: DynamoDBClient;

  before(async () => {
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    client = new DynamoDBClient(localClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    await client.send(
      new CreateTableCommand({
        TableName: "trades-dev",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "tradeId", AttributeType: "S" },
          { AttributeName: "version", AttributeType: "N" },
        ],
        KeySchema: [
          { AttributeName: "tradeId", KeyType: "HASH" },
          { AttributeName: "version", KeyType: "RANGE" },
        ],
      }),
    );
  });
  after(() => {
    client.destroy();
    server.close();
  });

  const item = async (tradeId: string, version = "1") => {
    const Key = { tradeId: { S: tradeId }, version: { N: version } };
    return (await client.send(new GetItemCommand({ TableName: "trades-dev", Key }))).Item;
  };

  it("writes the whole row in one put", async () => {
    const store = tradeStore(client, "trades-dev");
    const output = await record(event, COMPLETE, EXECUTION, { store, now }, signal);
    expect(output).to.deep.equal({ outcome: "recorded", ageMilliseconds: 1500 });
    expect(await item("T-1")).to.deep.equal({
      tradeId: { S: "T-1" },
      version: { N: "1" },
      action: { S: "NEW" },
      amount: { S: "1500.50" },
      currency: { S: "USD" },
      sourceSystem: { S: "system1" },
      instrument: { S: "US0378331005" },
      side: { S: "BUY" },
      quantity: { S: "10" },
      price: { S: "150.05" },
      venue: { S: "XNAS" },
      counterparty: { S: "HWUPKR0MPOU8FGXBT394" },
      executedAt: { S: "2026-01-05T14:29:59.123456Z" },
      sequence: { N: "42" },
      event: { S: "us-east-1#6a7e8feb-b491-4cf7-a9f1-bf3703467718" },
      eventId: { S: "6a7e8feb-b491-4cf7-a9f1-bf3703467718" },
      region: { S: "us-east-1" },
      timestamp: { N: String(Date.parse(EXECUTION.startTime)) },
      content: { S: event.canonical },
      contentHash: { S: event.contentHash },
      enrichment: { S: "complete" },
      market: { S: JSON.stringify(MARKET) },
      aboveThreshold: { BOOL: true },
      recordedAt: { S: "2026-01-05T14:30:02.000Z" },
      execution: { S: EXECUTION.id },
    });
  });

  it("keeps another version of the trade beside it", async () => {
    const cancel = validEvent({ ...FULL_DETAIL, action: "CANCEL", version: 7 });
    const store = tradeStore(client, "trades-dev");
    expect(await record(cancel, COMPLETE, EXECUTION, { store, now }, signal)).to.include({
      outcome: "recorded",
    });
    expect((await item("T-1", "7"))?.action).to.deep.equal({ S: "CANCEL" });
  });

  it("leaves a pending row for the region that runs it", async () => {
    const pending = validEvent({ ...FULL_DETAIL, tradeId: "T-2" });
    await record(pending, PENDING, EXECUTION, { store: tradeStore(client, "trades-dev"), now }, signal);
    const row = await item("T-2");
    expect(row).to.deep.include({ enrichment: { S: "pending" }, enrichmentPending: { S: "eu-west-1" } });
    expect(row).to.not.have.any.keys("market", "aboveThreshold");
  });

  it("says by name that a table is missing, which nobody retries", async () => {
    const outcome = record(
      event,
      COMPLETE,
      EXECUTION,
      { store: tradeStore(client, "no-table"), now },
      signal,
    );
    expect(await outcome.catch(({ name }: Error) => name)).to.equal("ResourceNotFoundException");
  });
});

describe("recording against what DynamoDB answers", () => {
  /** One recording against scripted answers; also what was sent. */
  async function recording(patience: AbortSignal, ...replies: ScriptedReply[]) {
    const service = await scriptedService(...replies);
    const client = new DynamoDBClient({ ...localClient(service.endpoint), maxAttempts: 2 });
    try {
      const ports = { store: tradeStore(client, "trades-dev"), now };
      const output = await record(event, COMPLETE, EXECUTION, ports, patience).catch(
        ({ name }: Error) => name,
      );
      return { output, requests: service.requests };
    } finally {
      client.destroy();
      await service.close();
    }
  }
  const failed = (Item?: Record<string, unknown>): ScriptedReply => ({
    status: 400,
    body: {
      __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
      message: "failed",
      Item,
    },
  });
  const row = { event: { S: event.key }, contentHash: { S: event.contentHash } };

  it("asks for the old row within the put, and for nothing else", async () => {
    const { requests } = await recording(signal, failed(row));
    expect(requests).to.have.length(1);
    expect(requests[0]).to.deep.include({
      TableName: "trades-dev",
      ConditionExpression: "attribute_not_exists(tradeId)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  });

  it("is recorded when an earlier attempt wrote the row", async () => {
    expect((await recording(signal, failed(row))).output).to.deep.equal({ outcome: "recorded" });
  });

  it("is a duplicate when another event wrote the same", async () => {
    const { output } = await recording(signal, failed({ ...row, event: { S: "eu-west-1#other" } }));
    expect(output).to.deep.equal({ outcome: "duplicate" });
  });

  it("is rejected when another event wrote something else", async () => {
    const { output } = await recording(
      signal,
      failed({ event: { S: "eu-west-1#other" }, contentHash: { S: "0" } }),
    );
    expect(output).to.include({ outcome: "rejected", reasonCount: 1 });
  });

  it("refuses to judge by a row that it cannot read", async () => {
    expect((await recording(signal, failed())).output).to.equal("UnreadableRow");
  });

  for (const [why, reply] of [
    [
      "throttled",
      { status: 400, body: { __type: "ProvisionedThroughputExceededException", message: "slow" } },
    ],
    ["failing", { status: 500, body: { __type: "InternalServerError", message: "oh" } }],
  ] as const) {
    it(`is tried twice and can then be retried while the table is ${why}`, async () => {
      const { output, requests } = await recording(signal, reply);
      expect([output, requests.length]).to.deep.equal([RETRYABLE_ERROR, 2]);
    });
  }

  it("gives up with the signal while the table is silent", async () => {
    expect((await recording(AbortSignal.timeout(50), "silence")).output).to.equal(RETRYABLE_ERROR);
  });
});
