import { expect } from "chai";
import fc from "fast-check";
import { parseJson } from "../../local/cloud/events/numbers.ts";
import { parsePattern } from "../../local/cloud/events/pattern.ts";

const matches = (pattern: object, event: unknown) => parsePattern(JSON.stringify(pattern))(event);

// The examples and rules of EventBridge's "Comparison operators for use in event patterns".
const CASES: readonly [string, object, unknown[], unknown[]][] = [
  [
    "several fields, of which all have to match",
    { Location: ["New York"], Day: ["Monday"] },
    [{ Location: "New York", Day: "Monday" }],
    [{ Location: "New York" }, { Location: "New York", Day: "Tuesday" }],
  ],
  [
    "a list of values, of which one has to match",
    { PaymentType: ["Credit", "Debit"] },
    [{ PaymentType: "Credit" }, { PaymentType: "Debit" }],
    [{ PaymentType: "Cash" }, {}],
  ],
  [
    "a nested field",
    { detail: { state: ["on"] } },
    [{ detail: { state: "on" } }],
    [{ state: "on" }, { detail: "on" }],
  ],
  ["null, which is not absence", { UserID: [null] }, [{ UserID: null }], [{}, { UserID: "" }]],
  ["the empty text", { LastName: [""] }, [{ LastName: "" }], [{ LastName: null }, {}]],
  [
    "a boolean and a number exactly",
    { a: [true, 100] },
    [{ a: true }, { a: 100 }],
    [{ a: "true" }, { a: "100" }],
  ],
  [
    "a list in the event that has one of the values",
    { resources: ["r1"] },
    [{ resources: ["r0", "r1"] }],
    [{ resources: [] }, { resources: ["r2"] }],
  ],
  [
    "objects of a list, of which one has to match as a whole",
    { list: { a: [1], b: [2] } },
    [{ list: [{ a: 0 }, { a: 1, b: 2 }] }],
    [
      {
        list: [
          { a: 1, b: 0 },
          { a: 0, b: 2 },
        ],
      },
    ],
  ],
  [
    "prefix",
    { time: [{ prefix: "2017-10-02" }] },
    [{ time: "2017-10-02T18:43:48Z" }],
    [{ time: "2017-10-03" }, { time: 2017 }],
  ],
  [
    "prefix without case",
    { service: [{ prefix: { "equals-ignore-case": "EventB" } }] },
    [{ service: "EVENTBRIDGE" }, { service: "eventbridge" }],
    [{ service: "event" }],
  ],
  [
    "suffix",
    { FileName: [{ suffix: ".png" }] },
    [{ FileName: "a.png" }],
    [{ FileName: "a.png.txt" }, { FileName: "a.PNG" }],
  ],
  [
    "suffix without case",
    { FileName: [{ suffix: { "equals-ignore-case": ".png" } }] },
    [{ FileName: "a.PNG" }, { FileName: "a.png" }],
    [{ FileName: "apng" }],
  ],
  [
    "equals-ignore-case",
    { "detail-type": [{ "equals-ignore-case": "ec2 instance" }] },
    [{ "detail-type": "EC2 Instance" }],
    [{ "detail-type": "EC2 Instances" }],
  ],
  [
    "anything-but a text",
    { state: [{ "anything-but": "initializing" }] },
    [{ state: "running" }, { state: 5 }, { state: ["initializing", "running"] }],
    [{ state: "initializing" }, {}],
  ],
  [
    "anything-but numbers",
    { limit: [{ "anything-but": [100, 200, 300] }] },
    [{ limit: 101 }],
    [{ limit: 200 }],
  ],
  [
    "anything-but texts",
    { state: [{ "anything-but": ["stopped", "overloaded"] }] },
    [{ state: "running" }],
    [{ state: "stopped" }],
  ],
  [
    "anything-but without case",
    { state: [{ "anything-but": { "equals-ignore-case": ["initializing", "stopped"] } }] },
    [{ state: "running" }],
    [{ state: "INITIALIZING" }, { state: "Stopped" }],
  ],
  [
    "anything-but a prefix",
    { Region: [{ "anything-but": { prefix: "us-" } }] },
    [{ Region: "eu-west-1" }],
    [{ Region: "us-east-1" }, {}],
  ],
  [
    "anything-but prefixes",
    { state: [{ "anything-but": { prefix: ["init", "error"] } }] },
    [{ state: "running" }],
    [{ state: "initial" }, { state: "error 1" }],
  ],
  [
    "anything-but suffixes",
    { FileName: [{ "anything-but": { suffix: [".txt", ".rtf"] } }] },
    [{ FileName: "a.png" }],
    [{ FileName: "a.txt" }, { FileName: "b.rtf" }],
  ],
  [
    "anything-but wildcards",
    { FilePath: [{ "anything-but": { wildcard: ["*/lib/*", "*/bin/*"] } }] },
    [{ FilePath: "/src/main" }],
    [{ FilePath: "/a/lib/b" }, { FilePath: "/a/bin/b" }],
  ],
  [
    "numeric ranges and values",
    {
      "c-count": [{ numeric: [">", 0, "<=", 5] }],
      "d-count": [{ numeric: ["<", 10] }],
      x: [{ numeric: ["=", 3.018e2] }],
    },
    [{ "c-count": 5, "d-count": 9.5, x: 301.8 }],
    [
      { "c-count": 0, "d-count": 1, x: 301.8 },
      { "c-count": 5.5, "d-count": 1, x: 301.8 },
      { "c-count": 1, "d-count": 10, x: 301.8 },
      { "c-count": "1", "d-count": 1, x: 301.8 },
    ],
  ],
  [
    "cidr",
    { ip: [{ cidr: "10.0.0.0/24" }, { cidr: "2001:db8::/32" }] },
    [{ ip: "10.0.0.255" }, { ip: "2001:db8::1" }],
    [{ ip: "10.0.1.0" }, { ip: "10.0.0" }, { ip: "2001:db9::1" }],
  ],
  [
    "exists: true",
    { detail: { state: [{ exists: true }] } },
    [{ detail: { state: null } }],
    [{ detail: {} }, { detail: { state: {} } }, { detail: { state: [] } }],
  ],
  [
    "exists: false",
    { detail: { "c-count": [{ exists: false }] } },
    [{ detail: { other: 1 } }, {}],
    [{ detail: { "c-count": 3 } }],
  ],
  [
    "wildcards",
    { EventBusArn: [{ wildcard: "arn:aws:events:us-east-1:*:event-bus/*" }], f: [{ wildcard: "dir/*.p*g" }] },
    [{ EventBusArn: "arn:aws:events:us-east-1:123456789012:event-bus/mine", f: "dir/.png" }],
    [
      { EventBusArn: "arn:aws:events:us-east-1:1:event-bus/a", f: "dir/a.pn" },
      { EventBusArn: "arn:aws:events:eu-west-1:1:event-bus/a", f: "dir/a.png" },
    ],
  ],
  [
    "wildcards whose characters are escaped",
    { a: [{ wildcard: "1\\*2*\\\\" }] },
    [{ a: "1*2 x\\" }],
    [{ a: "1x2 x\\" }, { a: "1*2 x" }],
  ],
  [
    "fields of the same element, through lists of lists",
    { list: { a: [1], inner: { b: [2] } } },
    [{ list: [{ a: 1, inner: [{ b: 0 }, { b: 2 }] }] }, { list: [[{ a: 1, inner: { b: 2 } }]] }],
    [
      {
        list: [
          { a: 1, inner: [{ b: 0 }] },
          { a: 0, inner: [{ b: 2 }] },
        ],
      },
    ],
  ],
  [
    "a field whose name has a dot, and one that lies so deep",
    { "a.b": ["x"] },
    [{ "a.b": "x" }, { a: { b: "x" } }, { a: [{ b: "y" }, { b: "x" }] }],
    [{ a: "x" }, { a: { c: "x" } }],
  ],
  [
    "numbers by their value, in whatever form",
    { a: [300], b: [{ "anything-but": 1 }] },
    [
      { a: 3.0e2, b: 2 },
      { a: 300, b: "1" },
    ],
    [
      { a: "300", b: 2 },
      { a: 300, b: 1.0 },
    ],
  ],
  [
    "an address in any of its forms",
    { a: ["10.0.0.1", "2001:db8::1"] },
    [{ a: "10.0.0.1" }, { a: "2001:DB8:0:0:0:0:0:1" }, { a: "010.0.0.1" }],
    [{ a: "10.0.0.2" }, { a: "2001:db8::2" }],
  ],
  [
    "anything but a prefix, which takes what is no text",
    { a: [{ "anything-but": { prefix: "x" } }] },
    [{ a: 1 }, { a: null }, { a: "y" }],
    [{ a: "xy" }, {}],
  ],
  ["an empty prefix, which takes any text", { a: [{ prefix: "" }] }, [{ a: "" }, { a: "x" }], [{ a: 1 }, {}]],
  [
    "letters of other alphabets without case",
    { a: [{ "equals-ignore-case": "äΩ.*" }] },
    [{ a: "Äω.*" }, { a: "ÄΩ.*" }],
    [{ a: "aΩ.*" }, { a: "äΩxx" }],
  ],
  [
    "$or as a field where its list is not of patterns",
    { $or: ["x", { prefix: "y" }] },
    [{ $or: "x" }, { $or: "yes" }],
    [{ x: 1 }, { $or: "z" }],
  ],
  [
    "$or within $or",
    { $or: [{ a: [1], $or: [{ b: [1] }, { c: [1] }] }, { d: [1] }] },
    [{ a: 1, b: 1 }, { a: 1, c: 1 }, { d: 1 }],
    [{ a: 1 }, { b: 1, c: 1 }],
  ],
  [
    "$or of fields",
    { detail: { $or: [{ Location: ["New York"] }, { Day: ["Monday"] }] } },
    [{ detail: { Location: "New York" } }, { detail: { Day: "Monday" } }],
    [{ detail: { Location: "Paris", Day: "Tuesday" } }],
  ],
  [
    "$or beside other fields, with operators inside",
    { source: ["s"], $or: [{ region: ["us-east-1"] }, { "replay-name": [{ exists: true }] }] },
    [
      { source: "s", region: "us-east-1" },
      { source: "s", region: "eu-west-1", "replay-name": "r" },
    ],
    [
      { source: "s", region: "eu-west-1" },
      { source: "t", region: "us-east-1" },
    ],
  ],
];

describe("Event patterns, locally", () => {
  for (const [what, pattern, matching, others] of CASES)
    it(`match ${what}`, () => {
      for (const event of matching) expect(matches(pattern, event), JSON.stringify(event)).to.equal(true);
      for (const event of others) expect(matches(pattern, event), JSON.stringify(event)).to.equal(false);
    });

  for (const [what, pattern, named] of [
    ["a value outside a list", { source: "x" }, "$.source"],
    ["an empty list", { source: [] }, "$.source"],
    ["an empty object", { detail: {} }, "$.detail"],
    ["an unknown operator", { a: [{ like: "x" }] }, "like"],
    ["two operators in one object", { a: [{ prefix: "x", suffix: "y" }] }, "one operator"],
    ["a numeric range upside down", { a: [{ numeric: ["<", 5, ">", 0] }] }, "numeric"],
    ["a number beyond five billion", { a: [{ numeric: ["=", 5_000_000_001] }] }, "5000000000"],
    ["texts and numbers mixed in anything-but", { a: [{ "anything-but": ["x", 1] }] }, "anything-but"],
    [
      "an operator that anything-but does not take",
      { a: [{ "anything-but": { numeric: ["=", 1] } }] },
      "numeric",
    ],
    ["exists that is not a boolean", { a: [{ exists: "true" }] }, "exists"],
    ["a block that is none", { a: [{ cidr: "10.0.0.0/33" }] }, "10.0.0.0/33"],
    ["a block of a single address", { a: [{ cidr: "10.0.0.0/32" }] }, "10.0.0.0/32"],
    ["a numeric range without width", { a: [{ numeric: [">=", 5, "<=", 5] }] }, "numeric"],
    ["an operator for a field under $or", { $or: [{ prefix: ["x"] }, { a: [1] }] }, "operator"],
    ["two wildcards in a row", { a: [{ wildcard: "a**b" }] }, "in a row"],
    ["an unknown escape in a wildcard", { a: [{ wildcard: "a\\nb" }] }, "escapes"],
  ] as const)
    it(`refuse ${what}, saying where`, () => {
      expect(() => parsePattern(JSON.stringify(pattern))).to.throw(named);
    });

  it("compare numbers that no double holds by their text", () => {
    const pattern = parsePattern('{"a":[12345678901234567890]}');
    expect(pattern(parseJson('{"a":12345678901234567890}'))).to.equal(true);
    expect(pattern(parseJson('{"a":12345678901234567891}'))).to.equal(false);
    expect(pattern(parseJson('{"a":12345678901234567000}'))).to.equal(false);
    expect(JSON.stringify(parseJson("[1.00000000000000001,1.10,5]"))).to.equal("[1.00000000000000001,1.1,5]");
  });

  it("refuse more than a thousand combinations of $or", () => {
    const or = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({ [name]: [index] }));
    const pattern = (last: number) => ({
      $or: or("a", 10),
      b: { $or: or("c", 10), d: { $or: or("e", last) } },
    });
    expect(() => parsePattern(JSON.stringify(pattern(10)))).to.not.throw();
    expect(() => parsePattern(JSON.stringify(pattern(11)))).to.throw("1000 combinations");
  });

  it("match a wildcard like the regular expression that it stands for", () => {
    const pieces = fc.array(fc.constantFrom("a", "b", "ab", "*"), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 }), (parts, value) => {
        const wildcard = parts.join("").replaceAll(/\*+/g, "*");
        fc.pre(wildcard !== "");
        const expected = new RegExp(`^${wildcard.replaceAll("*", ".*")}$`).test(value);
        expect(matches({ a: [{ wildcard }] }, { a: value })).to.equal(expected);
      }),
    );
  });

  it("never match both a text and anything but it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (wanted, value) => {
        const event = { a: value };
        expect(matches({ a: [wanted] }, event)).to.not.equal(
          matches({ a: [{ "anything-but": wanted }] }, event),
        );
      }),
    );
  });
});
