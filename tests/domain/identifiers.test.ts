import { expect } from "chai";
import fc from "fast-check";
import { instrumentKind, isCusip, isIsin, isLei, isMic } from "../../functions/domain/identifiers.ts";

const ALPHANUMERIC = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const text = (characters: readonly string[], length: number) =>
  fc
    .array(fc.constantFrom(...characters), { minLength: length, maxLength: length })
    .map((all) => all.join(""));

const isDigit = (character: string) => /[0-9]/.test(character);

describe("identifiers", () => {
  for (const isin of ["US0378331005", "IE00B4BNMY34", "GB0002634946", "AU0000XVGZA3", "DE000BAY0017"]) {
    it(`accepts the ISIN ${isin}`, () => expect(isIsin(isin)).to.equal(true));
  }
  for (const isin of [
    "US0378331004",
    "US0378313005",
    "us0378331005",
    "US037833100",
    "US03783310055",
    "U50378331005",
    "",
  ]) {
    it(`rejects "${isin}" as an ISIN`, () => expect(isIsin(isin)).to.equal(false));
  }
  for (const cusip of ["037833100", "17275R102", "38259P508", "594918104", "68389X105"]) {
    it(`accepts the CUSIP ${cusip}`, () => expect(isCusip(cusip)).to.equal(true));
  }
  for (const cusip of ["037833101", "68389X106", "03783310", "0378331000", "17275r102"]) {
    it(`rejects "${cusip}" as a CUSIP`, () => expect(isCusip(cusip)).to.equal(false));
  }
  for (const lei of ["HWUPKR0MPOU8FGXBT394", "7LTWFZYICNSX8D621K86", "5493001KJTIIGC8Y1R12"]) {
    it(`accepts the LEI ${lei}`, () => expect(isLei(lei)).to.equal(true));
  }
  for (const lei of [
    "HWUPKR0MPOU8FGXBT395",
    "HWUPKR0MPOU8FGXBT39",
    "HWUPKR0MPOU8FGXBT3944",
    "hwupkr0mpou8fgxbt394",
  ]) {
    it(`rejects "${lei}" as an LEI`, () => expect(isLei(lei)).to.equal(false));
  }

  it("has exactly one check digit for every CUSIP and ISIN body", () => {
    const digits = [..."0123456789"];
    fc.assert(
      fc.property(
        text(ALPHANUMERIC, 8),
        text(ALPHANUMERIC.slice(10), 2),
        text(ALPHANUMERIC, 9),
        (cusip, country, body) => {
          expect(digits.filter((digit) => isCusip(cusip + digit))).to.have.length(1);
          expect(digits.filter((digit) => isIsin(country + body + digit))).to.have.length(1);
        },
      ),
    );
  });

  it("notices every single wrong letter or digit of an LEI", () => {
    const lei = "HWUPKR0MPOU8FGXBT394";
    fc.assert(
      fc.property(fc.nat(19), fc.constantFrom(...ALPHANUMERIC), (index, character) => {
        fc.pre(lei[index] !== character && isDigit(lei[index] ?? "") === isDigit(character));
        expect(isLei(lei.slice(0, index) + character + lei.slice(index + 1))).to.equal(false);
      }),
    );
  });

  it("tells ISIN and CUSIP apart by their shape", () => {
    expect(instrumentKind("US0378331005")).to.equal("ISIN");
    expect(instrumentKind("037833100")).to.equal("CUSIP");
    expect(instrumentKind("AAPL")).to.equal(undefined);
  });

  it("takes four upper-case letters or digits for a MIC", () => {
    expect(["XNAS", "360T"].every(isMic)).to.equal(true);
    expect(["xnas", "XNA", "XNASD", "XN S"].some(isMic)).to.equal(false);
  });
});
