import { expect } from "chai";
import { checksOf, type Findings } from "../../local/drill/checks.ts";
import { type Case, unansweredReplacements, wrongOutcomes, wrongRows } from "../../local/drill/judge.ts";
import type { Entry } from "../../local/drill/trades.ts";
import type { Outcome } from "../../ops/ledger/ledger.ts";

const [EAST, WEST] = ["us-east-1", "eu-west-1"] as const;
const A = `${EAST}#a`;
const B = `${WEST}#b`;

function entry(amount: string, more: Record<string, unknown> = {}): Entry {
  const detail = { tradeId: "T-1", amount, currency: "EUR", sourceSystem: "system1", ...more };
  return { source: "trading.system1", detail };
}

/** As the contract's canonical form has it: sorted, with defaults. */
const canonical = (amount: string) =>
  `{"action":"NEW","amount":"${amount}","currency":"EUR","sourceSystem":"system1","tradeId":"T-1","version":1}`;

const row = (event: string, amount: string) => ({
  ...{ tradeId: "T-1", version: "1", event },
  content: canonical(amount),
});

function given(
  accepted: Record<string, Entry>,
  rows: ReturnType<typeof row>[],
  outcomes: Record<string, Outcome>,
): Case {
  return {
    accepted: new Map(Object.entries(accepted)),
    systems: new Map([["trading.system1", "system1"]]),
    regions: [EAST, WEST],
    tables: { trades: { [EAST]: rows, [WEST]: rows }, outcomes: {} },
    outcomes: new Map(Object.entries(outcomes)),
  };
}

describe("What a drill makes of events, rows and outcomes", () => {
  const both = { [A]: entry("10"), [B]: entry("10.00") };

  it("is content with an event recorded and the same content again a duplicate", () => {
    const good = given(both, [row(A, "10")], { [A]: "recorded", [B]: "duplicate" });
    for (const judge of [wrongOutcomes, wrongRows, unansweredReplacements])
      expect(judge(good), judge.name).to.deep.equal([]);
  });

  it("misses an event without an outcome, and says so of one that lost its row", () => {
    const lost = given(both, [row(A, "10")], { [A]: "recorded" });
    expect(wrongOutcomes(lost)).to.deep.equal([`${B} (T-1 version 1) is lost, not duplicate`]);
    expect(unansweredReplacements(lost)).to.deep.equal([
      `${B} (T-1 version 1) lost its row and has no outcome`,
    ]);
  });

  it("lets no valid event end as a dead letter, and no other content as a duplicate", () => {
    const dead = given({ [A]: entry("10") }, [row(A, "10")], { [A]: "deadLettered" });
    expect(wrongOutcomes(dead)).to.have.length(1);
    const other = given({ [A]: entry("10"), [B]: entry("11") }, [row(A, "10")], {
      ...{ [A]: "recorded", [B]: "duplicate" },
    });
    expect(wrongOutcomes(other)).to.deep.equal([`${B} (T-1 version 1) is duplicate, not rejected`]);
  });

  it("takes what breaks the contract for rejected, and without a row", () => {
    const invalid = { [A]: entry("10", { currency: "XYZ" }) };
    expect(wrongOutcomes(given(invalid, [], { [A]: "rejected" }))).to.deep.equal([]);
    expect(wrongOutcomes(given(invalid, [], { [A]: "recorded" }))).to.have.length(1);
    expect(wrongRows(given(invalid, [row(A, "10")], { [A]: "recorded" }))).to.have.length(1);
  });

  it("finds outcomes of events that nobody sent, such as copies that were processed again", () => {
    const copied = given({ [A]: entry("10") }, [row(A, "10")], { [A]: "recorded", [B]: "duplicate" });
    expect(wrongOutcomes(copied)).to.deep.equal([`${B} has an outcome and was never sent`]);
  });

  it("finds trades without a row, with two, and with another content", () => {
    expect(wrongRows(given(both, [], {}))).to.deep.equal(["T-1 version 1 has 0 rows, not 1"]);
    expect(wrongRows(given(both, [row(A, "10"), row(B, "10")], {}))).to.have.length(1);
    expect(wrongRows(given(both, [row(A, "12")], {}))).to.deep.equal([
      "T-1 version 1 is not recorded as it was sent",
    ]);
  });
});

describe("What a drill has to show of failover", () => {
  const nothing = given({}, [], {});
  const ledger = { balanced: true, accepted: 0 } as Findings["ledger"];
  const findings = (more: Partial<Findings>): Findings => ({
    ...{ kind: "region", regions: [EAST, WEST], atRest: nothing, final: nothing, ledger },
    recovery: { redriven: 0, unaccounted: 0, differences: 0, problems: [] },
    ...{ wasHealthy: true, failoverSeconds: 400, finalRegion: EAST, notAccepted: 0, overwritten: [] },
    ...more,
  });
  const failed = (more: Partial<Findings>) =>
    checksOf(findings(more))
      .filter(({ holds }) => !holds)
      .map(({ name }) => name);

  it("is a failover within 420 seconds, and a return", () => {
    expect(failed({})).to.deep.equal([]);
    expect(failed({ failoverSeconds: 421 })).to.deep.equal(["failover within 420 s"]);
    expect(failed({ failoverSeconds: undefined })).to.deep.equal(["failover within 420 s"]);
    expect(failed({ finalRegion: WEST })).to.deep.equal(["returned to us-east-1 by itself"]);
  });

  it("is no failover of an idle market, or where only replication has stopped", () => {
    for (const kind of ["idle", "replication"] as const) {
      expect(failed({ kind, failoverSeconds: undefined }), kind).to.deep.equal([]);
      expect(failed({ kind }), kind).to.deep.equal(["no failover"]);
    }
  });

  it("is a ledger of as many events as were accepted", () => {
    const name = "the ledger balances over both regions, heartbeats in no count";
    expect(failed({ ledger: { ...ledger, accepted: 1 } })).to.deep.equal([name]);
    expect(failed({ ledger: { ...ledger, balanced: false } })).to.deep.equal([name]);
  });
});
