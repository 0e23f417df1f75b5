import { expect } from "chai";
import fc from "fast-check";
import { compareRows, compareStanding, KINDS, type Pair } from "../../ops/reconcile/regions/compare.ts";
import { mendAttempts, mendRows, type Write } from "../../ops/reconcile/regions/plan.ts";
import { attempt, type Item, row } from "./reconcile-support.ts";

const SYSTEMS = new Map([["trading.system1", "system1"]]);

/** What writing leaves in both regions, by table and key. */
function written(pair: Pair, table: Write["table"], writes: readonly Write[]) {
  const keyOf = (each: Item) =>
    table === "trades" ? `${each.tradeId?.S}/${each.version?.N}` : `${each.event?.S}/${each.attempt?.S}`;
  const regions = pair.map((item) => new Map(item ? [[`${table} ${keyOf(item)}`, item]] : []));
  for (const { side, table: into, item } of writes) {
    const key =
      into === "trades" ? `${item.tradeId?.S}/${item.version?.N}` : `${item.event?.S}/${item.attempt?.S}`;
    regions[side]?.set(`${into} ${key}`, item);
  }
  return regions.map((region) => Object.fromEntries(region));
}

const anyRow = fc
  .record({
    event: fc.constantFrom("us-east-1#a", "eu-west-1#b", "eu-west-1#c"),
    timestamp: fc.constantFrom("1000", "2000"),
    enrichment: fc.constantFrom("pending", "complete"),
    recordedAt: fc.constantFrom("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z"),
    execution: fc.constantFrom("arn:1", "arn:2"),
    amount: fc.constantFrom("1", "2"),
  })
  .map(({ amount, ...change }) => row(change, { amount }));
const anyPair = fc.tuple(fc.option(anyRow, { nil: undefined }), fc.option(anyRow, { nil: undefined }));

describe("comparing the rows of two regions", () => {
  const cases: [string, Pair, string | undefined][] = [
    ["nothing", [undefined, undefined], undefined],
    ["the same", [row(), row()], undefined],
    ["one only", [row(), undefined], "missing"],
    ["other content", [row(), row({ event: "eu-west-1#e2" }, { amount: "7" })], "content"],
    ["another event", [row(), row({ event: "eu-west-1#e2" })], "event"],
    [
      "another enrichment",
      [row({ enrichment: "pending", enrichmentPending: "us-east-1" }), row()],
      "enrichment",
    ],
    ["another execution", [row(), row({ execution: "arn:e2" })], "record"],
  ];
  for (const [name, pair, kind] of cases)
    it(`tells ${name}: ${kind ?? "no difference"}`, () => expect(compareRows(pair)).to.equal(kind));

  it("does not look at the order of attributes", () => {
    const reversed = Object.fromEntries(Object.entries(row()).reverse());
    expect(compareRows([row(), reversed])).to.equal(undefined);
  });

  it("tells the same whichever region comes first", () => {
    fc.assert(
      fc.property(anyPair, ([left, right]) => {
        expect(compareRows([left, right]))
          .to.equal(compareRows([right, left]))
          .and.be.oneOf([...KINDS, undefined]);
      }),
    );
  });
});

describe("deciding which row stands", () => {
  const stands = (winner: Item, loser: Item) => {
    expect(compareStanding(winner, loser)).to.be.lessThan(0);
    expect(compareStanding(loser, winner)).to.be.greaterThan(0);
  };
  it("lets the one stand that was accepted first, compared as numbers", () =>
    stands(row({ event: "z#1", timestamp: "999" }), row({ event: "a#1", timestamp: "1000" })));
  it("lets the smaller event key stand when both were accepted at once", () =>
    stands(row({ event: "eu-west-1#1", enrichment: "pending" }), row({ event: "us-east-1#0" })));
  it("lets complete enrichment of an event stand before pending", () =>
    stands(row({ recordedAt: "2026-02-01T00:00:00.000Z" }), row({ enrichment: "pending" })));
  it("is a total order over different rows", () => {
    fc.assert(
      fc.property(anyRow, anyRow, anyRow, (a, b, c) => {
        expect(Math.sign(compareStanding(a, b))).to.equal(-Math.sign(compareStanding(b, a)) + 0);
        if (compareStanding(a, b) <= 0 && compareStanding(b, c) <= 0)
          expect(compareStanding(a, c)).to.be.at.most(0);
        if (compareStanding(a, b) === 0) expect(compareRows([a, b])).to.equal(undefined);
      }),
    );
  });
});

describe("mending", () => {
  it("puts a missing row where it is missing, and nothing else", () => {
    expect(mendRows([undefined, row()], SYSTEMS)).to.deep.equal([{ side: 0, table: "trades", item: row() }]);
    expect(mendRows([row(), undefined], SYSTEMS)).to.deep.equal([{ side: 1, table: "trades", item: row() }]);
  });

  it("rejects the event that came second, in both regions, before its row goes", () => {
    const first = row({ event: "us-east-1#e1", timestamp: "1000" });
    const second = row({ event: "eu-west-1#e2", timestamp: "1001" }, { amount: "7" });
    const writes = mendRows([first, second], SYSTEMS);
    expect(writes.map(({ side, table }) => [side, table])).to.deep.equal([
      [0, "outcomes"],
      [1, "outcomes"],
      [1, "trades"],
    ]);
    expect(writes[0]?.item).to.deep.equal(writes[1]?.item);
    const { reasons, ...outcome } = writes[0]?.item ?? {};
    expect(outcome).to.deep.include({
      ...{
        event: { S: "eu-west-1#e2" },
        attempt: { S: "reconcile#us-east-1#e1" },
        outcome: { S: "rejected" },
      },
      ...{
        source: { S: "trading.system1" },
        tradeId: { S: "R-1" },
        timestamp: { S: "1970-01-01T00:00:01.001Z" },
      },
    });
    expect(JSON.parse(reasons?.S ?? "")[0]).to.include({
      code: "version.conflict",
      field: "version",
      value: "R-1 version 1",
    });
    expect(JSON.parse(outcome.envelope?.S ?? "")).to.deep.include({
      ...{ id: "e2", region: "eu-west-1", source: "trading.system1" },
      detail: { action: "NEW", amount: "7", currency: "USD", tradeId: "R-1" },
    });
    expect(writes[2]).to.deep.include({ item: first, replaces: second });
  });

  it("calls the event that came second a duplicate if it said the same", () => {
    const writes = mendRows([row({ event: "us-east-1#e9" }), row({ event: "eu-west-1#e2" })], SYSTEMS);
    expect(writes[0]?.item.event).to.deep.equal({ S: "us-east-1#e9" });
    expect(writes[0]?.item.outcome).to.deep.equal({ S: "duplicate" });
    expect(writes[0]?.item).to.not.have.property("reasons");
  });

  it("gives no outcome where both rows are of one event", () => {
    const pending = row({ enrichment: "pending" });
    expect(mendRows([pending, row()], SYSTEMS)).to.deep.equal([
      { side: 0, table: "trades", item: row(), replaces: pending },
    ]);
  });

  it("leaves nothing to compare, the same in both regions, whichever comes first, and every event an outcome", () => {
    fc.assert(
      fc.property(anyPair, ([left, right]) => {
        if (!left && !right) return;
        const [one, other] = written([left, right], "trades", mendRows([left, right], SYSTEMS));
        expect(one).to.deep.equal(other);
        const [swapped] = written([right, left], "trades", mendRows([right, left], SYSTEMS));
        expect(swapped).to.deep.equal(one);
        const events = new Set(Object.values(one ?? {}).map((item) => item.event?.S));
        for (const item of [left, right]) if (item) expect(events).to.include(item.event?.S);
        const stands = one?.["trades R-1/1"];
        expect(mendRows([stands, stands], SYSTEMS)).to.deep.equal([]);
      }),
    );
  });

  it("copies an attempt that is missing, and keeps both of two that differ", () => {
    expect(mendAttempts([attempt(), undefined])).to.deep.equal([
      { side: 1, table: "outcomes", item: attempt() },
    ]);
    const pair: Pair = [attempt({ outcome: "deadLettered" }), attempt()];
    const [one, other] = written(pair, "outcomes", mendAttempts(pair));
    expect(one).to.deep.equal(other);
    expect(Object.values(one ?? {}).map(({ outcome }) => outcome?.S)).to.have.members([
      "rejected",
      "deadLettered",
    ]);
    expect(mendAttempts([attempt(), attempt()])).to.deep.equal([]);
  });
});
