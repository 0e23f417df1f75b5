import { expect } from "chai";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import { readLedgerSources } from "../../local/ledger-source.ts";
import { type DeployedSystem, drain, readLedger, runTape } from "../../local/system.ts";
import { startTestSystem, tapeLine, tradeDetail } from "../support/local-system.ts";

const SENT = { sent: 5, refused: [], accepted: 5 };
const BUS = "trading-event-bus-dev";
const RULE = "trades-system1-dev";

// Replays: EventBridge User Guide, "Archiving and replaying events".
describe("The ledger after a replay", function () {
  this.timeout(60_000);
  let system: DeployedSystem;
  before(async () => {
    system = await startTestSystem();
  });
  after(() => system.close());

  const events = (operation: string, input: Json) =>
    system.services.cloud.surroundings.call("events", operation, input, {
      ...{ region: "us-east-1", principal: OPERATOR },
    });

  async function replay(ReplayName: string): Promise<void> {
    const at = (bus: string) => `arn:aws:events:us-east-1:000000000000:${bus}`;
    await events("StartReplay", {
      ...{ ReplayName, EventSourceArn: at("archive/trades-archive-dev") },
      ...{ Destination: { Arn: at(`event-bus/${BUS}`) } },
      ...{ EventStartTime: Date.now() / 1_000 - 3_600, EventEndTime: Date.now() / 1_000 + 60 },
    });
    while ((await events("DescribeReplay", { ReplayName })).State !== "COMPLETED")
      await new Promise((done) => setTimeout(done, 20));
    await drain(system);
  }

  it("has the figures from before, and the further attempts apart", async () => {
    const trade = tradeDetail();
    const lines = [
      tapeLine(trade),
      tapeLine(trade),
      tapeLine(tradeDetail({ amount: "0" })),
      tapeLine(tradeDetail(), { EventBusName: "default" }),
      tapeLine(tradeDetail(), { Source: "other" }),
    ];
    const { ledger: before } = await runTape(system, lines);
    expect(before).to.include({
      ...{ accepted: 5, matched: 4, unmatched: 1, repeated: 0, balanced: true },
      ...{ recorded: 2, duplicate: 1, rejected: 1 },
    });
    await replay("once-more");
    const after = await readLedger(system, SENT, before.seconds);
    const { repeated, regions } = after;
    expect({ ...after, repeated: 0, regions: {} }).to.deep.equal({ ...before, regions: {} });
    expect({ repeated, home: regions["us-east-1"]?.repeated }).to.deep.equal({ repeated: 4, home: 4 });
  });

  it("has an event that its rule took only in the replay, once", async () => {
    const rule = { Name: RULE, EventBusName: BUS };
    await events("DisableRule", rule);
    const { ledger: before } = await runTape(system, [tapeLine(tradeDetail())]);
    await events("EnableRule", rule);
    // Of this tape alone: the bus took its event, and no rule did.
    expect(before).to.include({ accepted: 1, matched: 0, unmatched: 0, balanced: false });
    await replay("after-repair");
    const after = await readLedger(system, { ...SENT, sent: 6 }, 1);
    expect(after).to.include({ accepted: 6, matched: 5, unmatched: 1, recorded: 3, balanced: true });
  });
});

describe("The ledger's figures of a region", () => {
  it("have each event once: by its rules so far, and as matched while it is handed on", async () => {
    const region = {
      ...{ busName: "trades", sourceRules: ["one", "two"], unmatchedRule: "rest", forwardingRule: "forward" },
      ...{ queues: [], forwardingQueue: undefined },
    };
    const names = {
      ...{ tradesTable: "t", outcomesTable: "o", homeRegion: "r", sourceSystems: [], regions: { r: region } },
    };
    const taken: Record<string, { rules: string[]; events: number }[]> = {
      default: [
        { rules: ["forward"], events: 7 },
        { rules: [], events: 2 },
      ],
      trades: [
        { rules: ["one"], events: 10 },
        { rules: ["one", "two"], events: 3 },
        // Queued as unmatched at first, and taken by a new rule in a replay.
        { rules: ["rest", "two"], events: 4 },
        { rules: ["rest"], events: 5 },
        { rules: [], events: 6 },
      ],
    };
    const { figures } = await readLedgerSources(names, {
      call: async () => ({ Items: [] }),
      sum: (_region, _namespace, metric) => (metric === "MatchedEvents" ? 10 : 0),
      openInputs: () => [],
      openDeliveries: () => [],
      acceptedEvents: (_region, bus) => ({ default: 9, trades: 23 })[bus] ?? 0,
      forwardedEvents: () => 5,
      takenEvents: (_region, bus) => taken[bus] ?? [],
    });
    expect(figures.r).to.deep.equal({
      // Of the 7 that are handed on, 2 have not arrived.
      ...{ accepted: 32, matched: 10 + 3 + 4 + 2, unmatched: 5 + 2, repeated: 20 - 17, lost: 0, open: [] },
    });
  });
});
