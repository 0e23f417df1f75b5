import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { rows, takeMessages, tradeDetail } from "../support/local-system.ts";
import { type DrivenSystem, HOME, MINUTE, OTHER, startDrivenSystem } from "./driven-system.ts";

const COMPLETER = "enrichment-completer";
const ALARM = "enrichment-pending-age-alarm-dev";
const DEAD_LETTERS = "metadata-enricher-dlq-dev";
/** How long the market data client's circuit stays open, in real milliseconds. */
const CIRCUIT_MILLISECONDS = 10_500;
const ENRICHMENT = ["aboveThreshold", "enrichedAt", "enrichment", "enrichmentPending", "market"];

describe("the enrichment completer", function () {
  this.timeout(180_000);
  let system: DrivenSystem;
  before(async () => {
    // An hour behind the functions' own time, so that rows can be as old as a test needs them.
    system = await startDrivenSystem(Date.now() - 60 * MINUTE, {
      ...{ failover: { enabled: false }, census: { everyMinutes: 0 } },
    });
  });
  after(() => system?.close());
  afterEach(() => {
    system.services.cloud.faults.clear();
    system.services.dynamodb.replication.resume();
  });

  const only = async (tradeId: unknown, region = HOME) => {
    const [row, ...more] = await rows(system, tradeId, region);
    expect(more).to.deep.equal([]);
    return row ?? {};
  };
  const without = (row: Json) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !ENRICHMENT.includes(name)));
  const marketIsBack = async () => {
    system.marketData.available = true;
    await pause(CIRCUIT_MILLISECONDS);
  };
  const fail = (service: string, operation: string, region: string, more: Json = {}) =>
    system.services.cloud.faults.add({
      ...{ service, operation, region, when: "before", ...more },
      effect: { kind: "error", code: "InternalServerError", status: 500 },
    });

  it("rings after a quarter of an hour in the region of the trade that waits, and only there", async () => {
    await system.minutes(6);
    expect(await system.alarm(ALARM, HOME)).to.equal("OK");
    expect(await system.alarm(ALARM, OTHER)).to.equal("OK");
    system.marketData.available = false;
    const old = tradeDetail();
    await system.put(OTHER, old);
    await system.settle();
    expect(await only(old.tradeId, OTHER)).to.include({ enrichment: "pending", enrichmentPending: OTHER });
    await system.minutes(6);
    expect(await system.alarm(ALARM, OTHER)).to.equal("ALARM");
    await system.clock.advance(Math.max(0, Date.now() - 5 * MINUTE - system.clock.now()));
    const young = tradeDetail();
    await system.put(HOME, young);
    await system.minutes(6);
    expect(await only(young.tradeId)).to.include({ enrichment: "pending", enrichmentPending: HOME });
    expect(await system.alarmStates(ALARM, HOME)).to.deep.equal(["OK"]);
    expect(system.metric(COMPLETER, "EnrichmentCompleted", HOME)).to.equal(0);
  });

  it("completes each region's own rows once there is market data, and changes nothing else of them", async () => {
    const before = await rows(system);
    expect(before.map(({ enrichmentPending }) => enrichmentPending).sort()).to.deep.equal([OTHER, HOME]);
    fail("dynamodb", "Query", HOME);
    await marketIsBack();
    await system.minutes(3);
    const half = await rows(system);
    const pending = half.filter(({ enrichment }) => enrichment === "pending");
    expect(pending.map(({ enrichmentPending }) => enrichmentPending)).to.deep.equal([HOME]);
    system.services.cloud.faults.clear();
    await system.minutes(5);
    const after = await rows(system);
    expect(after.map(without)).to.deep.equal(before.map(without));
    for (const row of after) {
      expect(
        Object.keys(row)
          .filter((name) => ENRICHMENT.includes(name))
          .sort(),
      ).to.deep.equal(ENRICHMENT.filter((name) => name !== "enrichmentPending"));
      expect(row).to.include({ enrichment: "complete", aboveThreshold: true });
      expect(JSON.parse(String(row.market))).to.deep.include({ kind: "currency", id: "USD", known: true });
    }
    expect(await rows(system, undefined, OTHER)).to.deep.equal(after);
    for (const region of [HOME, OTHER])
      expect(await system.metricOnce(1, COMPLETER, "EnrichmentCompleted", region), region).to.equal(1);
    await system.minutes(6);
    expect(await system.alarmStates(ALARM, OTHER)).to.deep.equal(["OK", "ALARM", "OK"]);
  });

  it("may update nothing of a row but its enrichment, and see nothing of it on the way", async () => {
    const detail = tradeDetail();
    await system.put(HOME, detail);
    await system.settle();
    const { Configuration } = await system.call("lambda", "GetFunction", {
      FunctionName: `${COMPLETER}-dev`,
    });
    const principal = String((Configuration as Json).Role);
    const as = (operation: string, input: Json) =>
      system.services.cloud
        .call(
          { service: "dynamodb", operation, region: HOME, principal, assumedBy: "lambda.amazonaws.com" },
          { TableName: "trades-dev", ...input },
        )
        .then(
          () => "done",
          (error: Error) => error.name,
        );
    const Key = { tradeId: { S: String(detail.tradeId) }, version: { N: "1" } };
    const set = (name: string, more: Json = {}) =>
      as("UpdateItem", {
        ...{ Key, UpdateExpression: "SET #name = :value", ExpressionAttributeNames: { "#name": name } },
        ...{ ExpressionAttributeValues: { ":value": { S: "x" } }, ...more },
      });
    for (const name of ["amount", "content", "contentHash", "recordedAt"])
      expect(await set(name), name).to.equal("AccessDeniedException");
    expect(await set("market", { ReturnValues: "ALL_NEW" })).to.equal("AccessDeniedException");
    expect(await as("PutItem", { Item: Key })).to.equal("AccessDeniedException");
    expect(await as("DeleteItem", { Key })).to.equal("AccessDeniedException");
    expect(await only(detail.tradeId)).to.include({ amount: "1000.50", enrichment: "complete" });
    expect(await set("market")).to.equal("done");
  });

  it("leaves a row alone that another region's write replaced after it was read", async () => {
    system.marketData.available = false;
    system.services.dynamodb.replication.pause();
    const detail = tradeDetail();
    await system.put(HOME, detail);
    await system.settle();
    const [winner] = await system.put(OTHER, { ...detail, amount: "7" });
    await system.settle();
    await marketIsBack();
    // Only the home region's completer gets on, as far as its update.
    system.services.cloud.faults.add({
      ...{
        service: "lambda",
        operation: "Invoke",
        region: OTHER,
        function: `${COMPLETER}-dev`,
        when: "before",
      },
      effect: { kind: "throttle" },
    });
    const { id } = system.services.cloud.faults.start({
      ...{ service: "dynamodb", operation: "UpdateItem", region: HOME, when: "before", times: 1 },
      effect: { kind: "delay", milliseconds: 20_000 },
    });
    const isAtUpdate = () =>
      system.services.cloud.faults.list().some((each) => each.id === id && each.applied > 0);
    await system.clock.runUntil(isAtUpdate, { limit: 5 * MINUTE });
    system.services.dynamodb.replication.resume();
    await system.clock.advance(10_000);
    expect(await only(detail.tradeId)).to.include({ amount: "7", enrichment: "pending" });
    await system.minutes(1);
    const row = await only(detail.tradeId);
    expect(row).to.include({ event: `${OTHER}#${winner}`, amount: "7", enrichmentPending: OTHER });
    expect(row).not.to.have.property("market");
    system.services.cloud.faults.clear();
    await system.minutes(5);
    expect(await only(detail.tradeId)).to.include({ event: `${OTHER}#${winner}`, enrichment: "complete" });
    expect(await rows(system, undefined, OTHER)).to.deep.equal(await rows(system));
  });

  it("leaves a run that failed at all attempts to the enricher's dead letter queue, and goes on afterwards", async () => {
    for (const region of [HOME, OTHER]) await takeMessages(system, DEAD_LETTERS, region);
    system.marketData.available = false;
    const detail = tradeDetail();
    await system.put(HOME, detail);
    await system.settle();
    fail("dynamodb", "Query", HOME);
    await marketIsBack();
    await system.minutes(8);
    const messages = await takeMessages(system, DEAD_LETTERS);
    expect(messages.length).to.be.at.least(1);
    for (const { attributes } of messages) {
      expect(attributes).to.include.keys("RequestID", "ErrorCode", "ErrorMessage");
      expect(attributes.ErrorMessage).to.match(/DynamoDB Query/);
    }
    expect(await takeMessages(system, DEAD_LETTERS, OTHER)).to.deep.equal([]);
    system.services.cloud.faults.clear();
    await system.minutes(5);
    expect(await only(detail.tradeId)).to.include({ enrichment: "complete" });
  });
});
