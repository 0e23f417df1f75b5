import { expect } from "chai";
import { assembleLedger, type RegionFigures, type Witness } from "../../ops/ledger/ledger.ts";

const NOTHING: RegionFigures = { accepted: 0, unmatched: 0, matched: 0, repeated: 0, lost: 0, open: [] };
const recorded = (region: string, id: string): Witness => ({ event: `${region}#${id}`, outcome: "recorded" });
const one = { ...NOTHING, accepted: 1, matched: 1 };

describe("a ledger's balance", () => {
  it("needs every region to add up, not only one of them", () => {
    const figures = { "us-east-1": one, "eu-west-1": one };
    const inBoth = [recorded("us-east-1", "a"), recorded("eu-west-1", "b")];
    const common = { sent: 2, refused: 0, seconds: 1, figures };
    expect(assembleLedger({ ...common, witnesses: inBoth }).balanced).to.equal(true);
    expect(assembleLedger({ ...common, witnesses: inBoth.slice(1) }).balanced).to.equal(false);
  });

  it("fails for events that nobody sent, as for sent ones that did not arrive", () => {
    const common = { refused: 0, seconds: 1, figures: { r: one }, witnesses: [recorded("r", "a")] };
    expect([0, 1, 2].map((sent) => assembleLedger({ ...common, sent }).balanced)).to.deep.equal([
      false,
      true,
      false,
    ]);
  });

  it("is of what has come since, where something was there before", () => {
    const first = { sent: 1, refused: 0, seconds: 1, figures: { r: one }, witnesses: [recorded("r", "a")] };
    const before = assembleLedger(first);
    const both = { ...first, figures: { r: { ...one, accepted: 2, matched: 2 } } };
    const witnesses = [recorded("r", "a"), recorded("r", "b")];
    expect(assembleLedger({ ...both, witnesses, before })).to.include({
      ...{ sent: 1, accepted: 1, matched: 1, recorded: 1, balanced: true },
    });
    // The new event has no outcome; that the old one has is no excuse.
    expect(assembleLedger({ ...both, before })).to.include({ matched: 1, recorded: 0, balanced: false });
  });

  it("sees outcomes of a region that has no figures", () => {
    const ledger = assembleLedger({
      sent: 0,
      refused: 0,
      seconds: 0,
      figures: {},
      witnesses: [recorded("eu-west-1", "a")],
    });
    expect(ledger).to.include({ recorded: 1, balanced: false, tradesPerSecond: 0 });
    expect(ledger.regions["eu-west-1"]).to.deep.include({ recorded: 1, matched: 0 });
  });
});
