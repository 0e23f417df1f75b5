import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { readLedger } from "../../local/system.ts";
import { outcomes, rows, tradeDetail } from "../support/local-system.ts";
import { type DrivenSystem, HOME, MINUTE, OTHER, startDrivenSystem } from "./driven-system.ts";

const ALARM = "replacement-conflict-alarm-dev";
const RECORDER = "replacement-recorder";
const NOTHING_SENT = { sent: 0, refused: [], accepted: 0 };

describe("a trade version that both regions record", function () {
  this.timeout(120_000);
  let system: DrivenSystem;
  before(async () => {
    system = await startDrivenSystem(Date.now());
  });
  after(() => system?.close());
  afterEach(() => {
    system.services.cloud.faults.clear();
    system.services.dynamodb.replication.resume();
    system.marketData.available = true;
  });

  /** Records a detail in the home region, and later another one in the other, while nothing is replicated. */
  async function inBoth(first: Json, second: Json): Promise<{ losing: string; winning: string }> {
    system.services.dynamodb.replication.pause();
    const [one] = await system.put(HOME, first);
    await system.settle();
    const [two] = await system.put(OTHER, second);
    await system.settle();
    return { losing: `${HOME}#${one}`, winning: `${OTHER}#${two}` };
  }

  async function resume(): Promise<void> {
    system.services.dynamodb.replication.resume();
    await system.clock.advance(10_000);
  }

  const eventsOf = async (tradeId: unknown, region: string) =>
    (await rows(system, tradeId, region)).map(({ event }) => event);
  const ledger = () => readLedger(system, NOTHING_SENT, 1);

  it("is a duplicate where the contents are equal: the last writer's row stands, and nobody is alarmed", async () => {
    const detail = tradeDetail();
    const { losing, winning } = await inBoth(detail, detail);
    expect(await eventsOf(detail.tradeId, HOME)).to.deep.equal([losing]);
    expect(await eventsOf(detail.tradeId, OTHER)).to.deep.equal([winning]);
    await resume();
    for (const region of [HOME, OTHER]) {
      expect(await eventsOf(detail.tradeId, region), region).to.deep.equal([winning]);
      const found = await outcomes(system, detail.tradeId, region);
      expect(found, region).to.have.length(1);
      expect(found[0], region).to.include({
        ...{ event: losing, attempt: `replaced-by#${winning}`, outcome: "duplicate", stage: "replication" },
        source: "trading.system1",
      });
    }
    expect(system.metric(RECORDER, "Replaced")).to.equal(1);
    expect(system.metric(RECORDER, "ReplacedByConflict")).to.equal(0);
    await system.clock.advance(10 * MINUTE);
    expect(await system.alarm(ALARM)).to.equal("OK");
    expect(await ledger()).to.include({ recorded: 1, duplicate: 1, rejected: 0, inFlight: 0, lost: 0 });
  });

  it("is a conflict where they differ, which alarms the region whose row was replaced", async () => {
    const before = await ledger();
    const detail = tradeDetail();
    const { losing, winning } = await inBoth(detail, { ...detail, amount: "7" });
    await resume();
    for (const region of [HOME, OTHER]) {
      const [row, ...more] = await rows(system, detail.tradeId, region);
      expect(more).to.deep.equal([]);
      expect(row, region).to.include({ event: winning, amount: "7" });
      const found = await outcomes(system, detail.tradeId, region);
      expect(found, region).to.have.length(1);
      expect(found[0], region).to.include({ event: losing, outcome: "rejected", stage: "replication" });
      expect(JSON.parse(String(found[0]?.reasons))[0]).to.include({ code: "version.conflict" });
      expect(JSON.parse(String(found[0]?.envelope))).to.have.nested.property("detail.amount", "1000.5");
    }
    await system.clock.advance(2 * MINUTE);
    expect(await system.alarmStates(ALARM)).to.include("ALARM");
    expect(await system.alarmStates(ALARM, OTHER)).not.to.include("ALARM");
    const after = await ledger();
    expect(after.matched - before.matched).to.equal(2);
    expect([after.recorded - before.recorded, after.rejected - before.rejected]).to.deep.equal([1, 1]);
    expect(after).to.include({ inFlight: 0, lost: 0 });
  });

  it("has one outcome also where the function dies before and after it wrote it", async () => {
    const crash = (when: "before" | "after") =>
      system.services.cloud.faults.add({
        ...{ service: "lambda", function: `${RECORDER}-dev`, effect: { kind: "crash" }, when, times: 1 },
      });
    const [one, two] = [tradeDetail(), tradeDetail()];
    await inBoth(one, { ...one, amount: "7" });
    await inBoth(two, two);
    crash("before");
    crash("after");
    await resume();
    await system.clock.advance(5 * MINUTE);
    for (const detail of [one, two])
      for (const region of [HOME, OTHER])
        expect(await outcomes(system, detail.tradeId, region), region).to.have.length(1);
    const applied = system.services.cloud.faults.list().map((each) => each.applied);
    expect(applied).to.deep.equal([1, 1]);
  });

  it("comes again until its outcome can be written", async () => {
    const detail = tradeDetail();
    await inBoth(detail, { ...detail, amount: "7" });
    const restore = system.services.cloud.faults.add({
      ...{ service: "dynamodb", operation: "PutItem", region: HOME, when: "before" },
      effect: { kind: "error", code: "InternalServerError", status: 500 },
    });
    await resume();
    await system.clock.advance(2 * MINUTE);
    expect(await outcomes(system, detail.tradeId)).to.deep.equal([]);
    restore();
    await system.clock.advance(10 * MINUTE);
    for (const region of [HOME, OTHER])
      expect(await outcomes(system, detail.tradeId, region), region).to.have.length(1);
  });

  it("still ends as one recorded and one other where the earlier one's enrichment was completed meanwhile", async () => {
    system.marketData.available = false;
    const detail = tradeDetail();
    const { losing, winning } = await inBoth(detail, { ...detail, amount: "7" });
    system.marketData.available = true;
    await system.clock.advance(3 * MINUTE);
    for (const [region, event] of [
      [HOME, losing],
      [OTHER, winning],
    ] as const)
      expect((await rows(system, detail.tradeId, region))[0]).to.include({ event, enrichment: "complete" });
    // Completing is a write: whichever row was completed last is the last writer's.
    await resume();
    await system.clock.advance(3 * MINUTE);
    const [row] = await rows(system, detail.tradeId);
    expect(row).to.include({ enrichment: "complete" }).and.not.to.have.property("enrichmentPending");
    expect(await rows(system, detail.tradeId, OTHER)).to.deep.equal([row]);
    const other = row?.event === winning ? losing : winning;
    for (const region of [HOME, OTHER]) {
      const found = await outcomes(system, detail.tradeId, region);
      expect(found.map(({ event, outcome }) => ({ event, outcome }))).to.deep.equal([
        { event: other, outcome: "rejected" },
      ]);
    }
  });

  it("leaves a completed enrichment alone: a row that stays its event's has no outcome", async () => {
    system.marketData.available = false;
    const detail = tradeDetail();
    await system.put(HOME, detail);
    await system.settle();
    expect((await rows(system, detail.tradeId))[0]).to.include({ enrichment: "pending" });
    system.marketData.available = true;
    await system.clock.advance(3 * MINUTE);
    expect((await rows(system, detail.tradeId))[0]).to.include({ enrichment: "complete" });
    expect(await outcomes(system, detail.tradeId)).to.deep.equal([]);
  });

  it("leaves a ledger that balances", async () => {
    const all = await ledger();
    const { recorded, duplicate, rejected, deadLettered } = all;
    expect(recorded + duplicate + rejected + deadLettered).to.equal(all.matched);
    expect(all).to.include({ inFlight: 0, lost: 0, deadLettered: 0 });
  });
});
