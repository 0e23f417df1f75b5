import { expect } from "chai";
import fc from "fast-check";
import { MAXIMUM_ENTRY_BYTES, parseLine } from "../../ops/tape/entry.ts";

const head = '"Source":"s","DetailType":"t"';
const asObject = (detail: string) => `{${head},"Detail":${detail}}`;
const asText = (detail: string) => `{${head},"Detail":${JSON.stringify(detail)}}`;

function refusal(line: string): string | undefined {
  const parsed = parseLine(line);
  return "refused" in parsed ? parsed.refused : undefined;
}

function detailSent(line: string): string {
  const parsed = parseLine(line);
  if ("refused" in parsed) throw new Error(parsed.refused);
  return parsed.entry.detail;
}

describe("detail of a tape's line", () => {
  const refused: [string, string, RegExp][] = [
    [
      "a number with digits that a float loses",
      '{"amount":100.00000000000000001}',
      /^Detail\.amount: must be a number that a 64-bit float keeps exactly.*or a text; got 100\.00000000000000001$/,
    ],
    ["a number that underflows", '{"a":[{"b c":1e-400}]}', /^Detail\.a\[0\]\["b c"\]: .*got 1e-400$/],
    ["a number that overflows", '{"a":[0,-1e400]}', /^Detail\.a\[1\]: .*got -1e400$/],
    ["a number with an exponent of many digits", '{"a":1e99999}', /^Detail\.a: .*got 1e99999$/],
    ["an integer that a float alters", '{"a":9007199254740993}', /^Detail\.a: .*got 9007199254740993$/],
    [
      "an integer that is another when written again",
      '{"a":9223372036854774784}',
      /^Detail\.a: .*got 9223372036854774784$/,
    ],
    [
      "an integer beyond 64 bits",
      '{"a":10000000000000000000}',
      /^Detail\.a: must be an integer from -9223372036854775808 to 9223372036854775807, or a text; got 1/,
    ],
    ["a number that is written out as one", '{"a":-1e19}', /^Detail\.a: must be an integer/],
    [
      "a key twice",
      '{"a":{"b":1,"c":[],"b":2}}',
      /^Detail\.a\.b: must occur once in its object, occurs again$/,
    ],
    ["a key twice, once escaped", '{"a":1,"\\u0061":1}', /^Detail\.a: must occur once/],
  ];
  for (const [what, detail, reason] of refused)
    for (const [form, line] of [
      ["an object", asObject(detail)],
      ["text", asText(detail)],
    ] as const)
      it(`is refused with ${what}, as ${form}`, () => {
        expect(refusal(line)).to.match(reason);
      });

  const kept = [
    '{"a":1234567.890123456}',
    '{"a":100.00}',
    '{"a":1.5E+3}',
    '{"a":-0}',
    '{"a":0.000000000001}',
    '{"a":9007199254740992}',
    '{"a":1e300}',
    '{"a":5e-324}',
    '{"a":{"b":1},"b":{"a":1},"c":[{"a":1},{"a":2}]}',
    '{ "a" : "100.00000000000000001" }',
    '{"__proto__":1}',
    '{"a":"\\\\","b":"\\"a\\":1","c":",{["}',
    "{}",
  ];
  for (const detail of kept)
    it(`is sent as it stands: ${detail}`, () => {
      expect(detailSent(asObject(detail))).to.equal(detail);
      expect(detailSent(asText(detail))).to.equal(detail);
    });

  it("is sent as it stands whatever JSON it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const detail = JSON.stringify(value);
        fc.pre(refusal(asText(detail)) === undefined);
        expect(detailSent(asText(detail))).to.equal(detail);
        expect(detailSent(`{"Detail" : ${detail} , ${head}}`)).to.equal(detail);
      }),
    );
  });

  it("is refused exactly where reading a number and writing it again changes its value", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?$/), (number) => {
        const shortest = String(Number(number));
        // An exponent is beyond this comparison, and 19 digits may be beyond 64 bits.
        fc.pre(!shortest.includes("e") && !/^-?[0-9]{19,}/.test(shortest));
        const [written, places] = exact(number);
        const [read, placesRead] = exact(shortest);
        const isKept = written * 10n ** placesRead === read * 10n ** places;
        expect(refusal(asObject(`{"a":${number}}`)) === undefined).to.equal(isKept);
      }),
    );
  });

  it("may have a thousand levels and is refused beyond, however deep it is", () => {
    const nested = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    for (const form of [asObject, asText]) {
      expect(refusal(form(nested(1_000)))).to.equal(undefined);
      expect(refusal(form(nested(1_001)))).to.match(/^Detail: must have at most 1000 levels/);
      expect(refusal(form(nested(400_000)))).to.match(/^Detail: must have at most 1000 levels/);
    }
    expect(refusal(`{"Source":${nested(400_000)},"DetailType":"t","Detail":{}}`)).to.match(
      /^Source: must be a/,
    );
  });

  it("has characters that no queue message can hold escaped, with the same content", () => {
    const content = { note: "a\uFFFE\\\uFFFFb", "\uFFFE": 1 };
    for (const form of [asObject, asText]) {
      const detail = detailSent(form(JSON.stringify(content)));
      expect(detail).to.equal('{"note":"a\\ufffe\\\\\\uffffb","\\ufffe":1}');
      expect(JSON.parse(detail)).to.deep.equal(content);
    }
  });

  it("keeps half a surrogate pair, which UTF-8 cannot", () => {
    const line = `{${head},"Detail":"{\\"a\\":\\"\\ud800\\"}"}`;
    expect(detailSent(line)).to.equal('{"a":"\\ud800"}');
  });

  it("may be as large as an entry that can become a dead letter, and no larger", () => {
    const detail = (bytes: number) => `{"a":"${"é".repeat((bytes - 8) / 2)}"}`;
    expect(Buffer.byteLength(detail(MAXIMUM_ENTRY_BYTES - 2))).to.equal(MAXIMUM_ENTRY_BYTES - 2);
    expect(refusal(asObject(detail(MAXIMUM_ENTRY_BYTES - 2)))).to.equal(undefined);
    expect(refusal(asText(detail(MAXIMUM_ENTRY_BYTES)))).to.equal(
      "entry: must be at most 921600 bytes, so that it can be kept; has 921602",
    );
  });
});

/** A plain decimal as an integer and the number of its decimals. */
function exact(text: string): [bigint, bigint] {
  const [whole = "0", fraction = ""] = text.split(".");
  return [BigInt(whole + fraction), BigInt(fraction.length)];
}
