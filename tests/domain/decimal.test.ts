import { expect } from "chai";
import { Decimal as Oracle } from "decimal.js";
import fc from "fast-check";
import {
  compareDecimals,
  type Decimal,
  decimalOfNumber,
  formatDecimal,
  parseDecimal,
} from "../../functions/domain/decimal.ts";
import { isAboveThreshold } from "../../functions/domain/threshold.ts";

const Exact = Oracle.clone({ precision: 500, toExpNeg: -1000, toExpPos: 1000 });

const digits = (maximum: number) => fc.stringMatching(/^[0-9]+$/, { maxLength: maximum });
const plain = fc
  .tuple(fc.constantFrom("", "-"), digits(45), fc.option(digits(45)))
  .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === null ? "" : `.${fraction}`}`);

function parsed(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new Error(`not a decimal: ${text}`);
  return decimal;
}

describe("decimals", () => {
  for (const [text, normal] of [
    ["100.50", "100.5"],
    ["007", "7"],
    ["0.000", "0"],
    ["-0", "0"],
    ["1.005e2", "100.5"],
    ["5e-3", "0.005"],
    ["12e3", "12000"],
    ["0.1", "0.1"],
  ] as const) {
    it(`writes ${text} as ${normal}`, () => expect(formatDecimal(parsed(text))).to.equal(normal));
  }

  for (const text of ["", ".5", "1.", "+1", "1,000", "0x10", "NaN", "Infinity", "1 ", "--1", "1e", "١"]) {
    it(`does not take "${text}" for a decimal`, () => expect(parseDecimal(text)).to.equal(undefined));
  }

  it("normalises to the same value, and only once", () => {
    fc.assert(
      fc.property(plain, (text) => {
        const normal = formatDecimal(parsed(text));
        expect(new Exact(normal).equals(new Exact(text))).to.equal(true);
        expect(formatDecimal(parsed(normal))).to.equal(normal);
      }),
    );
  });

  it("compares as exact arithmetic does", () => {
    fc.assert(
      fc.property(plain, plain, (left, right) => {
        expect(compareDecimals(parsed(left), parsed(right))).to.equal(
          new Exact(left).comparedTo(new Exact(right)),
        );
      }),
    );
  });

  it("reads any finite JSON number exactly as it is written", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const decimal = decimalOfNumber(number);
        expect(decimal && Number(formatDecimal(decimal))).to.equal(number === 0 ? 0 : number);
      }),
    );
  });

  it("compares with the threshold where binary floating point cannot", () => {
    expect(isAboveThreshold("0.30000000000000001", "0.3")).to.equal(true);
    expect(isAboveThreshold("0.29999999999999999999", "0.3")).to.equal(false);
    expect(isAboveThreshold("1000.00", "1000")).to.equal(true);
    expect(isAboveThreshold("9007199254740993", "9007199254740992")).to.equal(true);
    expect(() => isAboveThreshold("1", "a lot")).to.throw(RangeError, "a lot");
  });
});
