import { expect } from "chai";
import { CURRENCY_CODES, isCurrency, minorUnits } from "../../functions/domain/currencies.ts";

describe("currencies", () => {
  it("lists each active code once", () => {
    expect(CURRENCY_CODES).to.have.length(176);
    expect(CURRENCY_CODES.every((code) => /^[A-Z]{3}$/.test(code))).to.equal(true);
  });

  it("knows minor units from none to four", () => {
    expect(["JPY", "USD", "BHD", "CLF", "XAU"].map(minorUnits)).to.deep.equal([0, 2, 3, 4, undefined]);
  });

  it("has the codes that changed in the last years", () => {
    expect(["XCG", "ZWG", "SLE", "VED", "XAD"].every(isCurrency)).to.equal(true);
    expect(["ANG", "ZWL", "SLL", "HRK", "CUC", "BGN"].some(isCurrency)).to.equal(false);
  });

  it("leaves out what is no money or not upper case", () => {
    expect(["XXX", "XTS", "usd", "BTC", "", "__proto__"].some(isCurrency)).to.equal(false);
  });
});
