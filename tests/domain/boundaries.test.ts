import { expect } from "chai";
import { MAXIMUM_DETAIL_BYTES } from "../../functions/contract.ts";
import { DETAIL, parseDetail, reasonsOf } from "./trade-events.ts";

const namesOf = (changes: Record<string, unknown>) => {
  const parsed = parseDetail({ ...DETAIL, currency: "ZZZ", ...changes });
  return parsed.valid ? {} : { tradeId: parsed.invalid.tradeId, version: parsed.invalid.version };
};

describe("the boundaries of a trade event", () => {
  it("name no version of a rejected trade that a trade cannot have", () => {
    expect(namesOf({ version: 1 })).to.deep.equal({ tradeId: "T-1", version: 1 });
    for (const version of [0, -1, 1.5]) expect(namesOf({ version }).version).to.equal(undefined);
  });

  it("take a detail of the largest size, and not one byte more", () => {
    const room = MAXIMUM_DETAIL_BYTES - Buffer.byteLength(JSON.stringify({ ...DETAIL, note: "" }));
    expect(reasonsOf({ ...DETAIL, note: "x".repeat(room) })).to.deep.equal([]);
    expect(reasonsOf({ ...DETAIL, note: "x".repeat(room + 1) })).to.deep.equal(["detail.tooLarge at detail"]);
  });
});
