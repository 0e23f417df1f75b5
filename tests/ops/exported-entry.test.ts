import { expect } from "chai";
import fc from "fast-check";
import { parseTradeEvent } from "../../functions/domain/event.ts";
import { parseSourceSystems } from "../../functions/domain/source-systems.ts";
import { tradeRow } from "../../functions/domain/trade-row.ts";
import { ofEnvelope, ofRow } from "../../ops/export/exported-entry.ts";
import { parseLine } from "../../ops/tape/entry.ts";

const SYSTEMS = parseSourceSystems("system1=trading.system1") ?? new Map();
const EXECUTION = {
  id: "arn:aws:states:us-east-1:000000000000:execution:trade-processing-dev:one",
  startTime: "2026-01-05T14:30:00.123Z",
};
const BASE = { tradeId: "T-1", amount: "1000.50", currency: "USD", sourceSystem: "system1" };

function rowOf(detailText: string) {
  const envelope = {
    id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "Trade Event",
    source: "trading.system1",
    time: "2026-01-05T14:30:00Z",
    region: "us-east-1",
    detail: JSON.parse(detailText),
  };
  const parsed = parseTradeEvent(envelope, SYSTEMS);
  if (!parsed.valid) throw new Error(JSON.stringify(parsed.invalid.reasons));
  return tradeRow(parsed.event, { status: "pending", error: "" }, EXECUTION, new Date(0));
}

/** The row of a detail, and that of its export. */
function twice(detailText: string) {
  const row = rowOf(detailText);
  const { amount, quantity, price } = row;
  const exported = ofRow({
    source: "trading.system1",
    acceptedAt: row.timestamp,
    content: row.content,
    decimals: { amount, ...(quantity && { quantity }), ...(price && { price }) },
  });
  if ("missing" in exported) throw new Error(exported.missing);
  const sent = parseLine(exported.line);
  if ("refused" in sent) throw new Error(sent.refused);
  return { row, again: rowOf(sent.entry.detail), sent: sent.entry };
}

const decimals = fc.oneof(
  fc.constantFrom("1000.50", "0.10", "1", "100.000", 100.5, 1e20, 0.001, 12),
  fc.double({ min: 0.000_001, max: 1e14, noNaN: true }).map((number) => Number(number.toPrecision(12))),
);
const shortNumber = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((number) => Number((number % 1e9).toPrecision(9)));
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "grapheme" }),
    shortNumber,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
  ),
})).value;
const details = fc
  .record(
    {
      amount: decimals,
      price: decimals,
      quantity: decimals,
      side: fc.constantFrom("BUY", "SELL"),
      executedAt: fc.constantFrom("2026-01-05T14:29:59.123456Z", "2026-01-05T14:29:59+01:00"),
      sequence: fc.nat(),
      version_action: fc.constantFrom(
        {},
        { version: 1 },
        { action: "NEW" },
        { action: "NEW", version: 1 },
        { action: "CORRECT", version: 2 },
        { action: "CANCEL", version: 999_999 },
      ),
      unknown: fc.dictionary(
        fc.string().map((key) => `x${key}`),
        anything,
      ),
    },
    { requiredKeys: ["version_action", "unknown"] },
  )
  .map(({ version_action, unknown, ...fields }) => ({ ...unknown, ...BASE, ...fields, ...version_action }));

describe("an exported row", () => {
  it("is recorded as the same row when it is sent again", () => {
    fc.assert(
      fc.property(details, (detail) => {
        const { row, again } = twice(JSON.stringify(detail));
        expect(again).to.deep.equal(row);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps unknown fields, also ones that JavaScript treats specially", () => {
    const { row, again, sent } = twice(
      `{"__proto__":{"a":[1,{"b":null}]},"10":"x","2":"y",${JSON.stringify(BASE).slice(1)}`,
    );
    expect(again).to.deep.equal(row);
    expect(sent.detail).to.include('"__proto__":{"a":[1,{"b":null}]}');
  });

  it("keeps decimals with the digits that were sent", () => {
    const { sent } = twice(JSON.stringify({ ...BASE, price: "10.00", quantity: 3 }));
    expect(JSON.parse(sent.detail)).to.include({ amount: "1000.50", price: "10.00", quantity: "3" });
  });

  it("has the time of acceptance", () => {
    expect(twice(JSON.stringify(BASE)).sent.time?.toISOString()).to.equal("2026-01-05T14:30:00.123Z");
  });

  // 65,536 bytes are allowed ("Size" in docs/event-contract.md).
  for (const [what, change] of [
    ["without its defaults", {}],
    ["with a number that is longer as text", { amount: 1e18 }],
  ] as const)
    it(`is no larger than is allowed where the event was just as large, ${what}`, () => {
      const detail = { ...BASE, ...change, note: "" };
      detail.note = "n".repeat(65_536 - JSON.stringify(detail).length);
      const { row, again } = twice(JSON.stringify(detail));
      expect(again).to.deep.equal(row);
    });

  it("is named as missing where a tape cannot hold it", () => {
    const exported = ofRow({
      source: "trading.system1",
      acceptedAt: 0,
      content: '{"amount":"1","note":100000000000000000000}',
      decimals: { amount: "1" },
    });
    expect(exported)
      .to.have.property("missing")
      .that.match(/no tape can hold it: Detail\.note: must be an integer/);
  });
});

describe("an exported envelope", () => {
  const envelope =
    '{"version":"0","id":"1","detail-type":"Trade Event","source":"trading.system1","account":"1",' +
    '"time":"2026-01-05T14:30:00Z","region":"eu-west-1","resources":[],"detail":{"amount":1.50,"b":[1e2]}}';

  it("has source, type, time and the detail as it stands", () => {
    expect(ofEnvelope(envelope)).to.deep.equal({
      line: '{"Source":"trading.system1","DetailType":"Trade Event","Time":"2026-01-05T14:30:00Z","Detail":{"amount":1.50,"b":[1e2]}}',
    });
  });

  it("has its resources where there are any", () => {
    const exported = ofEnvelope(envelope.replace('"resources":[]', '"resources":["arn:aws:x"]'));
    expect(exported).to.have.property("line").that.includes('"Resources":["arn:aws:x"]');
  });
});
