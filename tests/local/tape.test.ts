import { expect } from "chai";
import { parseTradeEvent } from "../../functions/domain/event.ts";
import { COUNTERPARTIES, INSTRUMENTS } from "../../local/market-data/instruments.ts";
import { BAD_RECORDS, type BadRecord } from "../../local/tape/bad-records.ts";
import { countsOf, generateTape, SAMPLE_MIX } from "../../local/tape/generator.ts";
import { parseLine } from "../../ops/tape/entry.ts";

const SOURCES = new Map([1, 2, 3].map((number) => [`trading.system${number}`, `system${number}`]));

/** What the validator says of a tape's line, as the reasons' codes; undefined for a valid trade. */
function codesOf(line: string): string[] | undefined {
  const parsed = parseLine(line);
  if ("refused" in parsed) throw new Error(parsed.refused);
  const { source, detail, detailType } = parsed.entry;
  const envelope = {
    version: "0",
    id: "11111111-2222-3333-4444-555555555555",
    "detail-type": detailType,
    source,
    account: "000000000000",
    time: "2026-01-02T14:30:00Z",
    region: "us-east-1",
    resources: [],
    detail: JSON.parse(detail),
  };
  const result = parseTradeEvent(envelope, SOURCES);
  return result.valid ? undefined : result.invalid.reasons.map(({ code }) => code);
}

describe("tape generator", () => {
  it("gives the same lines for the same recipe and others for another seed", () => {
    const recipe = { events: 300, seed: 5, mix: SAMPLE_MIX };
    expect(generateTape(recipe)).to.deep.equal(generateTape(recipe));
    expect(generateTape(recipe)).not.to.deep.equal(generateTape({ ...recipe, seed: 6 }));
  });

  it("mixes exactly the counts that follow from the shares", () => {
    const recipe = { events: 2_000, seed: 3, mix: SAMPLE_MIX };
    const lines = generateTape(recipe);
    expect(lines).to.have.length(2_000);
    const refused = lines.filter((line) => "refused" in parseLine(line));
    expect(refused).to.have.length(countsOf(recipe).notJson).and.to.have.length(10);
    const details = lines
      .map(parseLine)
      .flatMap((parsed) => ("entry" in parsed ? [JSON.parse(parsed.entry.detail)] : []));
    expect(details.filter(({ action }) => action === "CORRECT")).to.have.length.at.least(80);
    expect(countsOf(recipe)).to.include({ corrections: 80, cancels: 40, duplicates: 60, conflicts: 10 });
  });

  it("puts every second cancel before its trade", () => {
    const entries = generateTape({ events: 1_000, seed: 2, mix: SAMPLE_MIX })
      .map(parseLine)
      .flatMap((parsed) => ("entry" in parsed ? [JSON.parse(parsed.entry.detail)] : []));
    const cancels = entries.filter(({ action }) => action === "CANCEL");
    const early = cancels.filter(
      ({ tradeId }) =>
        entries.findIndex((each) => each.tradeId === tradeId && each.action === "CANCEL") <
        entries.findIndex((each) => each.tradeId === tradeId && each.action === undefined),
    );
    expect(cancels).to.have.length(20);
    expect(early).to.have.length(10);
  });

  it("makes good records that the domain accepts", () => {
    const mix = { ...SAMPLE_MIX, invalid: 0, notJson: 0, unmatched: 0 };
    for (const line of generateTape({ events: 400, seed: 9, mix }))
      expect(codesOf(line), line).to.equal(undefined);
  });

  for (const kind of Object.keys(BAD_RECORDS) as BadRecord[])
    it(`makes a bad record that the domain rejects for one reason: ${kind}`, () => {
      const only = { corrections: 0, cancels: 0, duplicates: 0, conflicts: 0, unmatched: 0, notJson: 0 };
      const lines = generateTape({ events: 20, seed: 4, mix: { ...only, invalid: 0.5 }, kinds: [kind] });
      const codes = lines.map(codesOf).filter((each) => each !== undefined);
      expect(codes).to.have.length(10);
      for (const each of codes) expect(each).to.have.length(1);
    });

  it("refuses shares that leave too few new trades", () => {
    const mix = { ...SAMPLE_MIX, corrections: 0.6 };
    expect(() => generateTape({ events: 100, seed: 1, mix })).to.throw(
      /mix: leaves .* new trades of 100 events/,
    );
  });

  it("knows three hundred instruments and forty counterparties, each once", () => {
    expect(new Set(INSTRUMENTS.map(({ isin }) => isin)).size).to.equal(300);
    expect(new Set(COUNTERPARTIES).size).to.equal(40);
  });
});

describe("tape line", () => {
  it("keeps every digit of a number in a detail object", () => {
    const parsed = parseLine('{"Source":"s","DetailType":"t","Detail":{"amount":1234567.8900,"b":1}}');
    expect(parsed).to.have.nested.property("entry.detail", '{"amount":1234567.8900,"b":1}');
  });

  it("keeps resources, trace header, bus and time", () => {
    const rest =
      '"Resources":["a","b"],"TraceHeader":"Root=1","EventBusName":"bus","Time":"2026-01-02T14:30:00.5+01:00"';
    const parsed = parseLine(`{"Source":"s","DetailType":"t","Detail":{},${rest}}`);
    expect(parsed)
      .to.have.property("entry")
      .that.deep.includes({
        resources: ["a", "b"],
        traceHeader: "Root=1",
        eventBusName: "bus",
        time: new Date("2026-01-02T13:30:00.500Z"),
      });
  });

  it("may have a trace header of 500 characters", () => {
    const TraceHeader = "x".repeat(500);
    const parsed = parseLine(JSON.stringify({ Source: "s", DetailType: "t", Detail: {}, TraceHeader }));
    expect(parsed).to.have.nested.property("entry.traceHeader", TraceHeader);
  });

  it("takes a detail's text as it is", () => {
    const detail = '{ "amount": 1000.50 }';
    const parsed = parseLine(JSON.stringify({ Source: "s", DetailType: "t", Detail: detail }));
    expect(parsed).to.have.nested.property("entry.detail", detail);
  });

  const refused: [string, string, RegExp][] = [
    ["no JSON", "{", /not JSON/],
    ["no object", "[1]", /must be a JSON object/],
    ["without a source", '{"DetailType":"t","Detail":{}}', /Source: must be a non-empty text, got nothing/],
    ["with a detail text that is no JSON", '{"Source":"s","DetailType":"t","Detail":"{"}', /Detail: must be/],
    ["with a detail that is a list", '{"Source":"s","DetailType":"t","Detail":"[]"}', /Detail: must be/],
    ["with an unknown field", '{"Source":"s","DetailType":"t","Detail":{},"Bus":"b"}', /Bus: unknown/],
    [
      "with a time that is none",
      '{"Source":"s","DetailType":"t","Detail":{},"Time":"soon"}',
      /Time: must be an ISO 8601 time/,
    ],
    [
      "with a time that is a number",
      '{"Source":"s","DetailType":"t","Detail":{},"Time":"1"}',
      /Time: must be/,
    ],
    [
      "with a time beyond the year 9999",
      '{"Source":"s","DetailType":"t","Detail":{},"Time":"+010000-01-01T00:00:00Z"}',
      /Time: must be/,
    ],
    [
      "with a time that its offset moves beyond the year 9999",
      '{"Source":"s","DetailType":"t","Detail":{},"Time":"9999-12-31T23:00:00-05:00"}',
      /Time: must be/,
    ],
    [
      "with a time that does not exist",
      '{"Source":"s","DetailType":"t","Detail":{},"Time":"2026-02-30T00:00:00Z"}',
      /Time: must be/,
    ],
    [
      "with resources that are no list of texts",
      '{"Source":"s","DetailType":"t","Detail":{},"Resources":["a",1]}',
      /Resources: must be a list of texts, got \["a",1\]/,
    ],
    [
      "with a field twice",
      '{"Source":"s","DetailType":"t","Detail":{},"Source":"s2"}',
      /Source: must occur once/,
    ],
    [
      "with a source that no queue message can hold",
      '{"Source":"\\uffff","DetailType":"t","Detail":{}}',
      /Source: must not hold U\+FFFE/,
    ],
    [
      "with a trace header that is empty",
      '{"Source":"s","DetailType":"t","Detail":{},"TraceHeader":""}',
      /^TraceHeader: must be 1 to 500 characters long, has 0 characters$/,
    ],
    [
      "with a trace header for which all of its request would be refused",
      `{"Source":"s","DetailType":"t","Detail":{},"TraceHeader":"${"x".repeat(501)}"}`,
      /^TraceHeader: must be 1 to 500 characters long, has 501 characters$/,
    ],
    ["with an escape sequence for the terminal, which it shows as text", "\u001b[31m{", /\\u001b\[31m/],
  ];
  for (const [what, line, reason] of refused)
    it(`is refused ${what}, with the reason`, () => {
      expect(parseLine(line)).to.have.property("refused").that.matches(reason);
    });
});
