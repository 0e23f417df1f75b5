import { expect } from "chai";
import fc from "fast-check";
import { foldTrade, gaps, isComplete, type TradeFact } from "../../functions/domain/life-cycle.ts";

const fact = (version: number, action: TradeFact["action"], contentHash = `hash-${version}`): TradeFact => ({
  tradeId: "T-1",
  version,
  action,
  contentHash,
});

const facts = fc.array(
  fc.record({
    tradeId: fc.constant("T-1"),
    version: fc.integer({ min: 1, max: 8 }),
    action: fc.constantFrom("NEW", "CORRECT", "CANCEL"),
    contentHash: fc.constantFrom("a", "b", "c"),
  }),
  { maxLength: 12 },
);
/** As the table holds them: one fact a version, action and content going together. */
const table = fc
  .uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 })
  .map((versions) =>
    versions.map((version) =>
      fact(version, version === 1 ? "NEW" : version % 3 === 0 ? "CANCEL" : "CORRECT"),
    ),
  );

describe("the life cycle of a trade", () => {
  it("is nothing without facts", () => expect(foldTrade([])).to.equal(undefined));

  it("is open with the content of its highest version", () => {
    const state = foldTrade([fact(1, "NEW"), fact(3, "CORRECT"), fact(2, "CORRECT")]);
    expect(state).to.deep.include({ status: "open", latest: fact(3, "CORRECT") });
    expect(state && isComplete(state)).to.equal(true);
  });

  it("is cancelled when its highest version is a cancel", () => {
    expect(foldTrade([fact(2, "CANCEL"), fact(1, "NEW")])?.status).to.equal("cancelled");
  });

  it("shows a cancel whose trade never came", () => {
    const state = foldTrade([fact(3, "CANCEL")]);
    expect(state).to.deep.include({ status: "cancelled", missingVersions: [{ first: 1, last: 2 }] });
    expect(state && isComplete(state)).to.equal(false);
  });

  it("shows what came after a cancel", () => {
    const state = foldTrade([fact(1, "NEW"), fact(2, "CANCEL"), fact(3, "CORRECT")]);
    expect(state).to.deep.include({ status: "open", versionsAfterCancel: [3] });
  });

  it("shows versions of which two regions know different content", () => {
    expect(foldTrade([fact(1, "NEW", "b"), fact(1, "NEW", "a")])?.conflictingVersions).to.deep.equal([1]);
  });

  it("is the same in any order of arrival", () => {
    fc.assert(
      fc.property(
        table.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => void expect(foldTrade(shuffled)).to.deep.equal(foldTrade(all)),
      ),
    );
  });

  it("is the same however often facts arrive", () => {
    fc.assert(
      fc.property(table, (all) => void expect(foldTrade([...all, ...all])).to.deep.equal(foldTrade(all))),
    );
  });

  it("is the same in any order even while facts conflict", () => {
    const consistent = facts.map((all) =>
      all.map((each) => ({ ...each, action: each.contentHash === "a" ? "NEW" : "CANCEL" }) as TradeFact),
    );
    fc.assert(
      fc.property(
        consistent.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => void expect(foldTrade(shuffled)).to.deep.equal(foldTrade(all)),
      ),
    );
  });

  it("knows every version up to the latest, as recorded or as missing", () => {
    fc.assert(
      fc.property(table, (all) => {
        const state = foldTrade(all);
        const missing = state?.missingVersions.reduce(
          (total, { first, last }) => total + last - first + 1,
          0,
        );
        expect((missing ?? 0) + all.length).to.equal(state?.latest.version);
      }),
    );
  });

  it("refuses facts of different trades", () => {
    expect(() => foldTrade([fact(1, "NEW"), { ...fact(2, "CORRECT"), tradeId: "T-2" }])).to.throw(
      RangeError,
      "T-1",
    );
  });

  it("finds gaps in a source's sequence", () => {
    expect(gaps([5, 6, 9, 12], 5)).to.deep.equal([
      { first: 7, last: 8 },
      { first: 10, last: 11 },
    ]);
    expect(gaps([], 1)).to.deep.equal([]);
  });
});
