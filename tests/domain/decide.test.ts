import { expect } from "chai";
import { decide } from "../../functions/domain/decide.ts";
import { DETAIL, validEvent } from "./trade-events.ts";

describe("an event for a trade version that has a row", () => {
  const recorded = validEvent(DETAIL, { id: "first" });
  const existing = { event: recorded.key, contentHash: recorded.contentHash };

  it("is recorded when the row was made from it", () => {
    expect(decide(existing, recorded)).to.deep.equal({ outcome: "recorded" });
  });

  it("is a duplicate when it says the same", () => {
    const event = validEvent({ ...DETAIL, amount: 1500.5 }, { id: "second" });
    expect(decide(existing, event)).to.deep.equal({ outcome: "duplicate" });
  });

  it("is a duplicate when the same id comes from the other region", () => {
    expect(decide(existing, validEvent(DETAIL, { id: "first", region: "eu-west-1" }))).to.deep.equal({
      outcome: "duplicate",
    });
  });

  it("is rejected as a conflict when it says something else", () => {
    const output = decide(existing, validEvent({ ...DETAIL, amount: "1" }, { id: "second" }));
    expect(output).to.deep.include({ outcome: "rejected", reasonCount: 1 });
    const [reason] = output.outcome === "rejected" ? output.reasons : [];
    expect(reason).to.include({ code: "version.conflict", field: "version", value: "T-1 version 1" });
    expect(reason?.allowed).to.include("us-east-1#first");
  });
});
