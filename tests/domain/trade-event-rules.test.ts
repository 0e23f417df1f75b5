import { expect } from "chai";
import { MAXIMUM_DETAIL_BYTES } from "../../functions/contract.ts";
import { MAXIMUM_REASONS } from "../../functions/domain/reasons.ts";
import { DETAIL, envelopeOf, FULL_DETAIL, parseDetail, reasonsOf, validEvent } from "./trade-events.ts";

const without = (field: keyof typeof DETAIL) =>
  Object.fromEntries(Object.entries(DETAIL).filter(([key]) => key !== field));

describe("rules for trade events", () => {
  it("takes the smallest trade and fills in its defaults", () => {
    expect(validEvent(DETAIL).trade).to.deep.equal({ ...DETAIL, action: "NEW", version: 1 });
  });

  it("takes every optional field as it was sent", () => {
    expect(validEvent(FULL_DETAIL).trade).to.deep.equal(FULL_DETAIL);
  });

  it("names the event by region and id", () => {
    expect(validEvent(DETAIL).key).to.equal("us-east-1#6a7e8feb-b491-4cf7-a9f1-bf3703467718");
  });

  for (const field of ["tradeId", "amount", "currency", "sourceSystem"] as const) {
    it(`requires ${field}`, () =>
      expect(reasonsOf(without(field))).to.deep.equal([`${field}.missing at ${field}`]));
  }

  const valid: Array<[why: string, changes: Record<string, unknown>]> = [
    ["the longest trade id", { tradeId: "A.b_c:d-".repeat(16) }],
    ["an amount as a JSON number", { amount: 1500.5 }],
    ["an amount below the minor unit", { amount: "0.0000001" }],
    ["38 significant digits as text", { amount: "12345678901234567890123456789012345678" }],
    ["15 significant digits as a number", { amount: 123456789012.345 }],
    ["a correction", { action: "CORRECT", version: 2 }],
    ["a cancel", { action: "CANCEL", version: 999_999 }],
    ["a new trade with its version", { action: "NEW", version: 1 }],
    ["a CUSIP", { instrument: "037833100" }],
    ["a negative price", { price: "-37.63" }],
    ["a zero sequence", { sequence: 0 }],
    ["unknown fields", { desk: { name: "rates", tags: ["a", null, true] } }],
    ["a field called __proto__", JSON.parse('{"__proto__": {"side": "NEITHER"}}')],
  ];
  for (const [why, changes] of valid) {
    it(`accepts ${why}`, () => expect(reasonsOf(merge(changes))).to.deep.equal([]));
  }

  const invalid: Array<[why: string, changes: Record<string, unknown>, reasons: string[]]> = [
    ["an empty trade id", { tradeId: "" }, ["tradeId.invalid at tradeId"]],
    ["a trade id of 129 characters", { tradeId: "a".repeat(129) }, ["tradeId.invalid at tradeId"]],
    ["a trade id with a space", { tradeId: "T 1" }, ["tradeId.invalid at tradeId"]],
    ["a trade id that ends in a line break", { tradeId: "T1\n" }, ["tradeId.invalid at tradeId"]],
    ["null for a required field", { tradeId: null }, ["tradeId.invalid at tradeId"]],
    ["a zero amount", { amount: "0.00" }, ["amount.notPositive at amount"]],
    ["a negative amount", { amount: -5 }, ["amount.notPositive at amount"]],
    ["an amount with a comma", { amount: "1,500.50" }, ["amount.notDecimal at amount"]],
    ["an amount with an exponent as text", { amount: "1e3" }, ["amount.notDecimal at amount"]],
    ["an amount that is an object", { amount: { value: "1" } }, ["amount.notDecimal at amount"]],
    [
      "39 significant digits",
      { amount: `1${"0".repeat(37)}1` },
      ["amount.tooManyDigits at amount", "amount.outOfRange at amount"],
    ],
    ["an amount beyond 38 digits", { amount: 1e300 }, ["amount.outOfRange at amount"]],
    [
      "an amount below 38 decimal places",
      { amount: `0.${"0".repeat(38)}1` },
      ["amount.outOfRange at amount"],
    ],
    ["16 significant digits as a number", { amount: 1234567890123456 }, ["number.tooManyDigits at amount"]],
    [
      "a long number in an unknown field",
      { legs: [{}, { "a b": 0.1234567890123456 }] },
      ['number.tooManyDigits at legs[1]["a b"]'],
    ],
    ["a number too large for JSON parsers", { size: JSON.parse("1e400") }, ["number.outOfRange at size"]],
    ["an unknown currency", { currency: "ZZZ" }, ["currency.unknown at currency"]],
    ["no currency", { currency: "XXX" }, ["currency.unknown at currency"]],
    ["a lower-case currency", { currency: "usd" }, ["currency.unknown at currency"]],
    ["another system's name", { sourceSystem: "system2" }, ["sourceSystem.mismatch at sourceSystem"]],
    ["an unknown action", { action: "new" }, ["action.unknown at action"]],
    ["a new trade with version 2", { version: 2 }, ["version.notAllowed at version"]],
    ["a correction without version", { action: "CORRECT" }, ["version.missing at version"]],
    ["a cancel with version 1", { action: "CANCEL", version: 1 }, ["version.notAllowed at version"]],
    ["version 0", { version: 0 }, ["version.invalid at version"]],
    ["version 1000000", { action: "CORRECT", version: 1_000_000 }, ["version.invalid at version"]],
    ["a version as text", { version: "1" }, ["version.invalid at version"]],
    ["a broken version", { action: "CORRECT", version: 2.5 }, ["version.invalid at version"]],
    ["a ticker for an instrument", { instrument: "AAPL" }, ["instrument.invalid at instrument"]],
    [
      "a wrong check digit of an ISIN",
      { instrument: "US0378331004" },
      ["instrument.checkDigit at instrument"],
    ],
    ["a wrong check digit of a CUSIP", { instrument: "037833101" }, ["instrument.checkDigit at instrument"]],
    ["an unknown side", { side: "LONG" }, ["side.unknown at side"]],
    ["a quantity in words", { quantity: "ten" }, ["quantity.notDecimal at quantity"]],
    ["an optional field that is null", { price: null }, ["price.notDecimal at price"]],
    ["a lower-case venue", { venue: "xnas" }, ["venue.invalid at venue"]],
    ["a short LEI", { counterparty: "HWUPKR0MPOU8FGXBT3" }, ["counterparty.invalid at counterparty"]],
    [
      "wrong check digits of an LEI",
      { counterparty: "HWUPKR0MPOU8FGXBT395" },
      ["counterparty.checkDigits at counterparty"],
    ],
    [
      "a date that does not exist",
      { executedAt: "2026-02-30T10:00:00Z" },
      ["executedAt.invalid at executedAt"],
    ],
    ["a time without zone", { executedAt: "2026-01-05T10:00:00" }, ["executedAt.invalid at executedAt"]],
    ["a negative sequence", { sequence: -1 }, ["sequence.invalid at sequence"]],
  ];
  for (const [why, changes, reasons] of invalid) {
    it(`rejects ${why}`, () => expect(reasonsOf(merge(changes))).to.deep.equal(reasons));
  }

  it("lists everything that is wrong, not only the first", () => {
    const detail = {
      tradeId: "T 1",
      amount: "-1",
      currency: "usd",
      sourceSystem: "x",
      action: "CANCEL",
      side: "up",
    };
    expect(reasonsOf(detail)).to.have.members([
      "tradeId.invalid at tradeId",
      "amount.notPositive at amount",
      "currency.unknown at currency",
      "sourceSystem.mismatch at sourceSystem",
      "side.unknown at side",
      "version.missing at version",
    ]);
  });

  it("lists at most the first reasons and says how many there are", () => {
    const parsed = parseDetail(merge({ numbers: Array(100).fill(0.1234567890123456) }));
    expect(parsed.valid || [parsed.invalid.reasons.length, parsed.invalid.reasonCount]).to.deep.equal([
      MAXIMUM_REASONS,
      100,
    ]);
  });

  it("says for a reason which field, which value and what is allowed", () => {
    const parsed = parseDetail(merge({ sourceSystem: "system2" }));
    expect(parsed.valid || parsed.invalid.reasons).to.deep.equal([
      {
        code: "sourceSystem.mismatch",
        field: "sourceSystem",
        value: "system2",
        allowed: "system1, since the source is trading.system1",
      },
    ]);
  });

  it("still names the trade of an event that it rejects", () => {
    const parsed = parseDetail(merge({ action: "CORRECT", version: 3, currency: "ZZZ" }));
    expect(parsed.valid || [parsed.invalid.tradeId, parsed.invalid.version]).to.deep.equal(["T-1", 3]);
  });

  it("takes a detail of exactly the largest size and rejects one byte more with a bounded copy", () => {
    const room = MAXIMUM_DETAIL_BYTES - Buffer.byteLength(JSON.stringify(merge({ note: "" })));
    expect(reasonsOf(merge({ note: "x".repeat(room) }))).to.deep.equal([]);
    const parsed = parseDetail(merge({ note: `${"é".repeat(room / 2)}\u0007${"x".repeat(room)}` }));
    if (parsed.valid) throw new Error("too large, and yet valid");
    expect(parsed.invalid.reasons.map(({ code }) => code)).to.deep.equal(["detail.tooLarge"]);
    expect(parsed.invalid.tradeId).to.equal("T-1");
    const copy = JSON.parse(parsed.invalid.boundedCopy ?? "{}");
    expect(copy).to.include({
      id: envelopeOf({}).id,
      source: "trading.system1",
      time: "2026-01-05T14:30:00Z",
    });
    expect(copy.detailBytes).to.be.greaterThan(MAXIMUM_DETAIL_BYTES);
    expect(copy.detailPrefix).to.match(/^\{"tradeId":"T-1"/);
    expect(parsed.invalid.boundedCopy?.length).to.be.lessThan(10_000);
  });

  it("rejects a detail that is nested too deeply, however deeply", () => {
    const nested = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
    expect(reasonsOf(merge({ nested }))).to.deep.equal(["detail.tooDeep at detail"]);
  });

  for (const detail of [null, "text", 7, [DETAIL], true]) {
    it(`rejects ${JSON.stringify(detail)} for a detail`, () => {
      expect(reasonsOf(detail)).to.deep.equal(["detail.notObject at detail"]);
    });
  }

  it("rejects an event of a source that is not configured", () => {
    expect(reasonsOf(DETAIL, { source: "trading.system9" })).to.deep.equal([
      "source.unknown at envelope.source",
    ]);
  });
});

/** Like a spread, but keeps a field called `__proto__` a field, as JSON.parse does. */
function merge(changes: Record<string, unknown>): unknown {
  const members = [
    ...Object.entries(DETAIL).filter(([key]) => !Object.hasOwn(changes, key)),
    ...Object.entries(changes),
  ];
  const detail = {};
  for (const [key, value] of members) {
    Object.defineProperty(detail, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return detail;
}
