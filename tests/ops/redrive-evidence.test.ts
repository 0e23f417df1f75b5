import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { dynamoDbClient } from "../../local/simulation/clients.ts";
import { Tables } from "../../ops/redrive/tables.ts";

const EVENT = "us-east-1#e1";
const ROW = {
  ...{ tradeId: { S: "T1" }, version: { N: "1" }, event: { S: EVENT }, action: { S: "NEW" } },
  ...{ contentHash: { S: "h" }, content: { S: "{}" }, sourceSystem: { S: "system1" } },
  ...{ region: { S: "us-east-1" }, timestamp: { N: "1767323045000" }, execution: { S: "x" } },
  recordedAt: { S: "2026-01-02T03:04:06.107Z" },
};
const ATTEMPT = {
  ...{ event: { S: EVENT }, attempt: { S: "arn:aws:states:us-east-1:1:execution:m:x" } },
  ...{ outcome: { S: "deadLettered" }, stage: { S: "validation" }, source: { S: "trading.system1" } },
  timestamp: { S: "2026-01-02T03:04:06.007Z" },
};

/** Tables with the row, and an attempt with this besides. */
function tables(more: Json): Tables {
  const client = dynamoDbClient(async (_service, _operation, { TableName, ExpressionAttributeValues }) => {
    if (TableName === "outcomes") return { Items: [{ ...ATTEMPT, ...more }] };
    expect(JSON.stringify(ExpressionAttributeValues)).to.include("T1");
    return { Items: [ROW] };
  });
  return new Tables(client, { trades: "trades", outcomes: "outcomes" });
}

describe("What a redrive knows of an event whose message does not tell the trade", () => {
  const envelope = { S: JSON.stringify({ detail: { tradeId: "T1" } }) };

  for (const [what, more] of [
    ["the envelope that an attempt kept", { envelope }],
    ["the trade that an attempt names", { tradeId: { S: "T1" } }],
  ] as const)
    it(`is that it is recorded, by ${what}`, async () => {
      expect(await tables(more).evidence(EVENT, undefined)).to.include({ isRecorded: true });
    });

  it("is nothing of a row where no attempt has it either", async () => {
    const { isRecorded, attempts } = await tables({}).evidence(EVENT, undefined);
    expect(isRecorded).to.equal(false);
    expect(attempts).to.have.length(1);
  });
});
