import fc from "fast-check";

/** A pattern and an event, as JSON text. */
export interface Case {
  readonly pattern: string;
  readonly event: string;
}

type Tree = Record<string, unknown>;

const { rawJSON } = JSON as unknown as { rawJSON(text: string): { rawJSON: string } };

const TEXTS = [
  ...[
    "",
    "a",
    "abc",
    "ABC",
    "aBc",
    "abcabc",
    "cba",
    "*",
    "a*c",
    "a\\c",
    "x.y",
    "ä",
    "Ä",
    "null",
    "true",
    "300",
  ],
  ...[
    "10.0.0.1",
    "10.0.0.01",
    "10.0.1.255",
    "255.255.255.255",
    "999.1.1.1",
    "2001:db8::1",
    "2001:DB8:0:0::1",
  ],
  ...["::1", "0a00:0001::5", "::ffff:10.0.0.1", "::ffff:a00:1", "fe80::1%eth0", "a:b"],
];
// The same numbers in several forms, and some that no double holds.
const NUMBERS = [
  ...[
    "0",
    "-0",
    "0.0",
    "1",
    "1.0",
    "1e0",
    "-1",
    "300",
    "300.0",
    "3.0e2",
    "3E+2",
    "1.5",
    "0.1",
    "0.30000000000000004",
  ],
  ...["5000000000", "-5e9", "4999999999.999999", "123456789012", "9007199254740993", "9007199254740992"],
  ...["12345678901234567890", "1.00000000000000001", "1e400"],
];
const NAMES = ["a", "b", "c", "d", "a.b", "prefix"];

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS).map(rawJSON) },
  { weight: 1, arbitrary: fc.constantFrom(true, false, null) },
);

const event: fc.Arbitrary<Tree> = fc.letrec<{ object: Tree; value: unknown }>((tie) => ({
  object: fc.dictionary(fc.constantFrom(...NAMES), tie("value"), {
    minKeys: 1,
    maxKeys: 4,
    depthIdentifier: "e",
  }),
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "e" },
    { weight: 4, arbitrary: scalar },
    { weight: 2, arbitrary: tie("object") },
    { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
    { weight: 3, arbitrary: fc.array(tie("object"), { maxLength: 3, depthIdentifier: "e" }) },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 2, depthIdentifier: "e" }) },
  ),
})).object;

/** One condition of a pattern: where in the event, and how its value is used. */
const choice = fc.record({
  place: fc.nat(),
  value: fc.nat(),
  operator: fc.nat(),
  other: scalar,
  cut: fc.nat({ max: 4 }),
  /** Under which alternative of `$or`, if under any. */
  alternative: fc.constantFrom(undefined, undefined, undefined, 0, 1),
  isInvalid: fc.constantFrom(...Array.from({ length: 30 }, (_, index) => index === 0)),
});
type Choice = typeof choice extends fc.Arbitrary<infer Value> ? Value : never;

/** Patterns made from their event, so that many of them match. */
export const cases: fc.Arbitrary<Case> = fc
  .tuple(event, fc.array(choice, { minLength: 1, maxLength: 4 }))
  .map(([tree, choices]) => ({
    event: JSON.stringify(tree),
    pattern: JSON.stringify(patternOf(tree, choices)),
  }));

function patternOf(tree: Tree, choices: readonly Choice[]): Tree {
  const places = [...placesOf(tree)];
  const pattern: Tree = {};
  const alternatives: [Tree, Tree] = [{}, {}];
  for (const each of choices) {
    const [path, value] = places[each.place % places.length] ?? [["a"], 1];
    const into = each.alternative === undefined ? pattern : alternatives[each.alternative as 0 | 1];
    put(into, each.cut === 4 ? [path.join(".")] : path, elementOf(value, each));
  }
  const used = alternatives.filter((each) => Object.keys(each).length > 0);
  if (used.length > 0) pattern.$or = [...used, { c: [{ exists: false }] }];
  return pattern;
}

/** Every single value with the names that lead to it, and some places where there is nothing. */
function* placesOf(value: unknown, path: readonly string[] = []): Generator<[readonly string[], unknown]> {
  if (Array.isArray(value)) for (const each of value) yield* placesOf(each, path);
  else if (typeof value === "object" && value !== null && !("rawJSON" in value)) {
    for (const [name, each] of Object.entries(value)) yield* placesOf(each, [...path, name]);
    yield [[...path, "absent"], "a"];
  } else yield [path, value];
}

function put(tree: Tree, [name = "a", ...rest]: readonly string[], element: unknown): void {
  const known = tree[name];
  if (rest.length === 0) {
    if (Array.isArray(known)) known.push(element);
    else if (known === undefined) tree[name] = [element];
    return;
  }
  if (known === undefined) tree[name] = {};
  const inner = tree[name];
  if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) put(inner as Tree, rest, element);
}

function elementOf(value: unknown, { operator, other, cut, isInvalid }: Choice): unknown {
  if (isInvalid) return INVALID[operator % INVALID.length];
  const forms =
    typeof value === "string" ? textForms(value, other, cut) : isRaw(value) ? numberForms(value, other) : [];
  const elements = [value, ...forms, other, { exists: true }, { exists: false }, { "anything-but": "a" }];
  return elements[operator % elements.length];
}

function textForms(value: string, other: unknown, cut: number): unknown[] {
  const swapped = value === value.toUpperCase() ? value.toLowerCase() : value.toUpperCase();
  const escaped = (text: string) => text.replace(/[\\*]/g, "\\$&");
  const wild = `${escaped(value.slice(0, cut))}*${escaped(value.slice(cut + 1))}`;
  const start = value.slice(0, cut);
  const end = value.slice(cut);
  const texts = typeof other === "string" ? [other, value] : [value];
  return [
    { prefix: start },
    { suffix: end },
    { prefix: { "equals-ignore-case": swapped.slice(0, cut) } },
    { suffix: { "equals-ignore-case": swapped.slice(cut) } },
    { "equals-ignore-case": swapped },
    { wildcard: wild },
    { wildcard: escaped(value) },
    { cidr: `${value}/${8 * cut + 7}` },
    { "anything-but": value },
    { "anything-but": texts },
    { "anything-but": { prefix: start || "z" } },
    { "anything-but": { prefix: ["z", "ab"] } },
    { "anything-but": { suffix: end || "z" } },
    { "anything-but": { suffix: ["z", "bc"] } },
    { "anything-but": { "equals-ignore-case": swapped } },
    { "anything-but": { "equals-ignore-case": texts } },
    { "anything-but": { wildcard: wild } },
    { "anything-but": { wildcard: [wild, "z*"] } },
  ];
}

/** Within what EventBridge's documents allow for `numeric`, which the library does not check. */
function numberForms(value: { rawJSON: string }, other: unknown): unknown[] {
  const isAllowed = (each: unknown) => isRaw(each) && Math.abs(Number(each.rawJSON)) <= 5e9;
  const near = isAllowed(value) ? value : rawJSON("1");
  const far = isAllowed(other) ? other : 5;
  const forms = ["=", "<", "<=", ">", ">="].map((sign) => ({ numeric: [sign, near] }));
  return [
    ...forms,
    { numeric: [">=", near, "<", far] },
    { numeric: [">", -5, "<=", near] },
    { "anything-but": value },
    { "anything-but": [near, far] },
  ];
}

function isRaw(value: unknown): value is { rawJSON: string } {
  return typeof value === "object" && value !== null && "rawJSON" in value;
}

const INVALID: readonly unknown[] = [
  ...[
    [],
    ["a"],
    {},
    { like: "a" },
    { prefix: "a", suffix: "b" },
    { prefix: 1 },
    { prefix: null },
    { suffix: ["a"] },
  ],
  ...[
    { prefix: { wildcard: "a" } },
    { suffix: { "equals-ignore-case": 1 } },
    { "equals-ignore-case": ["a"] },
  ],
  ...[
    { wildcard: "a**" },
    { wildcard: "\\" },
    { wildcard: "\\a" },
    { wildcard: 1 },
    { exists: "true" },
    { exists: null },
  ],
  ...[{ cidr: "10.0.0.0" }, { cidr: "10.0.0.0/32" }, { cidr: "10.0.0.0/-1" }, { cidr: "a/8" }, { cidr: 1 }],
  ...[
    { cidr: "::/128" },
    { numeric: "=" },
    { numeric: [] },
    { numeric: ["=", "1"] },
    { numeric: ["=", 1, "<", 2] },
  ],
  ...[
    { numeric: ["!=", 1] },
    { numeric: [">", 1, ">", 0] },
    { numeric: [">", 1, "<", 1] },
    { numeric: [">", 1, "<"] },
  ],
  ...[{ numeric: ["<", 1, ">", 0] }, { numeric: [">", 0, "<", 1, "<", 2] }, { "anything-but": [] }],
  ...[
    { "anything-but": ["a", 1] },
    { "anything-but": null },
    { "anything-but": [true] },
    { "anything-but": {} },
  ],
  ...[
    { "anything-but": { numeric: ["=", 1] } },
    { "anything-but": { prefix: "" } },
    { "anything-but": { suffix: [""] } },
  ],
  ...[
    { "anything-but": { prefix: 1 } },
    { "anything-but": { wildcard: "**" } },
    { "anything-but": { prefix: "a", suffix: "b" } },
  ],
  ...[{ "anything-but": rawJSON("12345678901234567890") }, { "anything-but": { "equals-ignore-case": [1] } }],
];
