import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { tradeItem } from "../../functions/adapters/trade-store.ts";
import type { TradeRow } from "../../functions/domain/trade-row.ts";
import type { LocalSystem } from "../../local/system.ts";
import { type Attempt, allOutcomes, attemptsOf, outcomesOfWindow } from "../../ops/evidence/outcomes.ts";
import { allRows, type Row, rowsOfWindow } from "../../ops/evidence/rows.ts";
import { readWindow } from "../../ops/status/window.ts";
import { startTestSystem } from "../support/local-system.ts";

const TRADES = "trades-dev";
const OUTCOMES = "trade-outcomes-dev";
const NONE = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
const at = (time: string) => Date.parse(`2026-03-${time}Z`);
/** The window of the figures: 2 March. */
const WINDOW = { from: at("02T00:00:00"), to: at("03T00:00:00") };

describe("the tables of a window", function () {
  this.timeout(120_000);
  let system: LocalSystem;
  let client: DynamoDBClient;
  before(async () => {
    system = await startTestSystem();
    client = new DynamoDBClient({
      region: "us-east-1",
      endpoint: system.services.endpoint.url,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
  });
  after(async () => {
    client?.destroy();
    await system?.close();
  });

  const putRow = (id: string, tradeId: string, time: string, change: Partial<TradeRow> = {}) => {
    const row: TradeRow = {
      ...{ tradeId, version: 1, action: "NEW", amount: "1", currency: "USD", sourceSystem: "system1" },
      ...{ event: `us-east-1#${id}`, eventId: id, region: "us-east-1", timestamp: at(time) },
      ...{ content: "{}", contentHash: `hash of ${id}`, enrichment: "complete" },
      ...{ recordedAt: new Date(at(time)).toISOString(), execution: `arn of ${id}` },
      ...change,
    };
    return client.send(new PutItemCommand({ TableName: TRADES, Item: tradeItem(row) }));
  };
  const putAttempt = (
    id: string,
    time: string,
    outcome: string,
    { envelope, ...change }: { envelope?: object; [attribute: string]: unknown } = {},
  ) => {
    const kept = {
      ...{ id, source: "trading.system1", "detail-type": "Trade Event", region: "us-east-1" },
      ...{ time: `2026-03-${time}Z`, detail: { tradeId: id }, ...envelope },
    };
    const texts = {
      ...{ event: `us-east-1#${id}`, attempt: `attempt at ${time}`, outcome, stage: "recording" },
      ...{ source: "trading.system1", timestamp: `2026-03-${time}Z`, envelope: JSON.stringify(kept) },
      ...(outcome === "deadLettered" ? { error: "Broken" } : {}),
      ...change,
    };
    const Item = Object.fromEntries(
      Object.entries(texts).map(([name, value]) => [name, { S: String(value) }]),
    );
    return client.send(new PutItemCommand({ TableName: OUTCOMES, Item }));
  };
  const replayed = { envelope: { "replay-name": "again" } };
  const redriven = (time: string) => ({ envelope: { redrive: { acceptedAt: `2026-03-${time}Z` } } });
  const figures = async (window = WINDOW) =>
    (
      await readWindow({
        ...{ client, regions: [client], tradesTable: TRADES, outcomesTable: OUTCOMES, window },
        ...{ sources: [{ name: "system1", source: "trading.system1" }], undelivered: [], onRead: () => {} },
      })
    ).proof;

  it("have events by their first acceptance, whenever they were redriven or replayed", async () => {
    // Of the window: dead-lettered, redriven two days later and recorded, as of the first acceptance.
    await putAttempt("redriven", "02T10:00:00.000", "deadLettered");
    await putRow("redriven", "redriven", "02T10:00:00.000");
    // Dead-lettered, redriven after the window, and dead-lettered again.
    await putAttempt("twice", "02T11:00:00.000", "deadLettered");
    await putAttempt("twice", "04T11:00:00.000", "deadLettered", redriven("02T11:00:00.000"));
    // Dead-lettered, and recorded by a replay after the window.
    await putAttempt("late", "02T12:00:00.000", "deadLettered");
    await putRow("late", "late", "05T12:00:00.000");
    // Dead-lettered, and a duplicate when it was replayed after the window.
    await putAttempt("copy", "02T13:00:00.000", "deadLettered");
    await putAttempt("copy", "05T13:00:00.000", "duplicate", replayed);
    // Not of the window: replayed in it, but accepted and dead-lettered before.
    await putAttempt("early", "01T14:00:00.000", "deadLettered");
    await putAttempt("early", "02T14:00:00.000", "deadLettered", replayed);
    // Not of the window: recorded before, and dead-lettered by a replay in the window.
    await putRow("old", "old", "01T15:00:00.000");
    await putAttempt("old", "02T15:00:00.000", "deadLettered", replayed);
    // Not of the window: redriven in it, accepted before.
    await putAttempt("before", "02T16:00:00.000", "rejected", redriven("01T16:00:00.000"));
    // Of the window: first and last millisecond; and neither before nor after.
    await putAttempt("first", "02T00:00:00.000", "rejected");
    await putAttempt("last", "02T23:59:59.999", "rejected");
    await putAttempt("next", "03T00:00:00.000", "rejected");
    await putAttempt("previous", "01T23:59:59.999", "rejected");
    const proof = await figures();
    expect(proof.outcomes).to.deep.equal({ recorded: 2, duplicate: 1, rejected: 2, deadLettered: 1 });
    // redriven, twice (2), late, copy (2), first, last.
    expect(proof.attempts).to.equal(8);
    expect(proof.bySource).to.deep.equal({ system1: proof.outcomes });
  });

  it("have a conflict as rejected, though the trade has a row: that is another event's", async () => {
    await putRow("winner", "conflict", "10T10:00:00.000");
    await putAttempt("loser", "10T10:00:01.000", "rejected", {
      envelope: { detail: { tradeId: "conflict" } },
      reasons: JSON.stringify([{ code: "version.conflict" }, { code: "version.conflict" }, { code: 1 }]),
    });
    const proof = await figures({ from: at("10T00:00:00"), to: at("11T00:00:00") });
    expect(proof.outcomes).to.deep.equal({ ...NONE, recorded: 1, rejected: 1 });
    expect(proof.rejectedBy).to.deep.equal({ "version.conflict": 1 });
  });

  it("go on over the pages of both, and of the lookup of rows", async () => {
    // DynamoDB answers with at most 1 MB, and takes 100 keys of BatchGetItem.
    const note = "n".repeat(20_000);
    const ids = Array.from({ length: 120 }, (_, index) => `page-${index}`);
    for (const id of ids) {
      await putAttempt(id, "20T10:00:00.000", "deadLettered", {
        envelope: { detail: { tradeId: id, note } },
      });
      await putRow(id, id, "21T10:00:00.000", { content: JSON.stringify({ note }) });
    }
    const attempts = await figures({ from: at("20T00:00:00"), to: at("21T00:00:00") });
    expect(attempts).to.deep.include({ attempts: 120, outcomes: { ...NONE, recorded: 120 } });
    const recorded = await figures({ from: at("21T00:00:00"), to: at("22T00:00:00") });
    expect(recorded).to.deep.include({ attempts: 0, outcomes: { ...NONE, recorded: 120 } });
    const all: Row[] = [];
    for await (const row of allRows(client, TRADES)) all.push(row);
    expect(all.filter(({ tradeId }) => ids.includes(tradeId))).to.have.length(120);
    const every: Attempt[] = [];
    for await (const attempt of allOutcomes(client, OUTCOMES)) every.push(attempt);
    expect(
      every.filter(({ tradeId, event }) => tradeId === undefined && event.includes("#page-")),
    ).to.have.length(120);
  });

  it("give an event's attempts alone", async () => {
    const attempts = await attemptsOf(client, OUTCOMES, "us-east-1#twice");
    expect(attempts.map(({ attempt, acceptedAt }) => [attempt, acceptedAt])).to.deep.equal([
      ["attempt at 02T11:00:00.000", at("02T11:00:00.000")],
      ["attempt at 04T11:00:00.000", at("02T11:00:00.000")],
    ]);
    expect(await attemptsOf(client, OUTCOMES, "us-east-1#nobody")).to.deep.equal([]);
  });

  it("refuse what is none of theirs, naming table, key and attribute", async () => {
    const day = { from: at("25T00:00:00"), to: at("26T00:00:00") };
    await putAttempt("odd", "25T10:00:00.000", "vanished");
    const outcomes = async () => {
      for await (const _ of outcomesOfWindow(client, OUTCOMES, "trading.system1", day));
    };
    const rows = async () => {
      for await (const _ of rowsOfWindow(client, TRADES, "system1", day));
    };
    const message = (run: () => Promise<void>) => run().then(String, ({ message }: Error) => message);
    expect(await message(outcomes)).to.equal(
      'table trade-outcomes-dev, item of event "us-east-1#odd", attempt "attempt at 25T10:00:00.000": outcome is "vanished"; allowed is recorded, duplicate, rejected, deadLettered',
    );
    await putRow("odd", "odd", "25T10:00:00.000", { sequence: 1.5 });
    expect(await message(rows)).to.equal(
      'table trades-dev, item of tradeId "odd", version "1": sequence is "1.5"; allowed is a whole number',
    );
  });
});
