import { expect } from "chai";
import { MAXIMUM_DETAIL_BYTES } from "../../functions/contract.ts";
import { isCusip, isLei } from "../../functions/domain/identifiers.ts";
import { MAXIMUM_DEPTH } from "../../functions/domain/reasons.ts";
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

  it("take a detail of the greatest depth, and not one level more", () => {
    // The detail itself is a level.
    const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as unknown;
    expect(reasonsOf({ ...DETAIL, nested: nested(MAXIMUM_DEPTH - 1) })).to.deep.equal([]);
    expect(reasonsOf({ ...DETAIL, nested: nested(MAXIMUM_DEPTH) })).to.deep.equal([
      "detail.tooDeep at detail",
    ]);
  });
});

describe("the boundaries of check digits", () => {
  it("refuse an LEI whose number leaves 0 where it has to leave 1", () => {
    expect([394, 393].map((ending) => isLei(`HWUPKR0MPOU8FGXBT${ending}`))).to.deep.equal([true, false]);
  });

  it("count *, @ and # in a CUSIP as 36, 37 and 38", () => {
    const right = ["0000000*1", "0000000@9", "0000000#7"];
    expect(right.filter((cusip) => !isCusip(cusip))).to.deep.equal([]);
    const wrong = ["0000000*9", "0000000@7", "0000000#9", "0000000#1"];
    expect(wrong.filter(isCusip)).to.deep.equal([]);
  });
});
