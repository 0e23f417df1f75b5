import { expect } from "chai";
import { canonicalForm, contentHash } from "../../functions/domain/canonical.ts";
import { DETAIL, validEvent } from "./trade-events.ts";

describe("the canonical form", () => {
  it("fills in defaults, normalises decimals, sorts keys and drops white space", () => {
    expect(canonicalForm({ ...DETAIL, zone: 1, Zone: 2, amount: "01500.50" })).to.equal(
      '{"Zone":2,"action":"NEW","amount":"1500.5","currency":"USD","sourceSystem":"system1","tradeId":"T-1","version":1,"zone":1}',
    );
  });

  it("is the same for a number and for text, with and without defaults", () => {
    const hash = validEvent(DETAIL).contentHash;
    expect(validEvent({ ...DETAIL, amount: 1500.5 }).contentHash).to.equal(hash);
    expect(validEvent({ ...DETAIL, amount: "1500.5", action: "NEW", version: 1 }).contentHash).to.equal(hash);
    expect(validEvent({ ...DETAIL, amount: "1500.51" }).contentHash).to.not.equal(hash);
  });

  it("keeps the precision of the time of execution", () => {
    const at = (executedAt: string) => validEvent({ ...DETAIL, executedAt }).contentHash;
    expect(at("2026-01-05T14:30:00.1Z")).to.not.equal(at("2026-01-05T14:30:00.100Z"));
  });

  it("normalises no field whose meaning is unknown", () => {
    expect(canonicalForm({ ...DETAIL, fee: "1.50" })).to.include('"fee":"1.50"');
  });

  it("keeps a field called __proto__", () => {
    expect(canonicalForm(JSON.parse('{"a":{"__proto__":{"b":1}}}'))).to.include('"a":{"__proto__":{"b":1}}');
  });

  it("is hashed with SHA-256", () => {
    expect(contentHash("abc")).to.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
