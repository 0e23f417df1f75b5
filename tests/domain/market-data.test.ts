import { expect } from "chai";
import { answerOf, pathOf, questionOf } from "../../functions/domain/market-data.ts";

const INSTRUMENT = {
  id: "US0378331005",
  name: "Apple Inc.",
  assetClass: "equity",
  currency: "USD",
  asOf: "2026-01-05T14:30:00Z",
};

describe("questions to the market data API", () => {
  it("are about the instrument, or else the currency", () => {
    expect(questionOf({ instrument: "037833100", currency: "USD" })).to.deep.equal({
      kind: "instrument",
      id: "037833100",
    });
    expect(pathOf(questionOf({ currency: "EUR" }))).to.equal("currencies/EUR");
  });

  it("encode what a CUSIP may contain", () => {
    expect(pathOf({ kind: "instrument", id: "03783#@*1" })).to.equal("instruments/03783%23%40*1");
  });

  it("take an answer without the fields that the contract does not know", () => {
    const answer = answerOf(
      { kind: "instrument", id: INSTRUMENT.id },
      { ...INSTRUMENT, sector: "x".repeat(9999) },
    );
    expect(answer).to.deep.equal({
      kind: "instrument",
      id: INSTRUMENT.id,
      known: true,
      instrument: INSTRUMENT,
    });
  });

  for (const [why, body] of [
    ["about something else", { ...INSTRUMENT, id: "IE00B4BNMY34" }],
    ["with a field of another type", { ...INSTRUMENT, name: 7 }],
    ["without a required field", { ...INSTRUMENT, asOf: undefined }],
    ["with a time that does not exist", { ...INSTRUMENT, asOf: "2026-02-30T00:00:00Z" }],
    ["that is no object", "null"],
  ] as const) {
    it(`take no answer ${why}`, () => {
      expect(answerOf({ kind: "instrument", id: INSTRUMENT.id }, body)).to.equal(undefined);
    });
  }
});
