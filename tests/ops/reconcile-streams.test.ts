import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { externalSort } from "../../ops/export/external-sort.ts";
import { Findings, MOST_LISTED } from "../../ops/reconcile/findings.ts";
import { batchesOf, outerJoin, primed } from "../../ops/reconcile/join.ts";
import { compareKeys, keyText } from "../../ops/reconcile/key.ts";

async function* streamed<Each>(items: readonly Each[]): AsyncGenerator<Each> {
  yield* items;
}

async function all<Each>(items: AsyncIterable<Each>): Promise<Each[]> {
  const found: Each[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("joining sorted streams", () => {
  it("gives each of the left once with its match, and each of the right without a match once", async () => {
    const numbers = fc.array(fc.nat(12));
    await fc.assert(
      fc.asyncProperty(numbers, fc.uniqueArray(fc.nat(12)), async (lefts, rights) => {
        const [left, right] = [lefts, rights].map((each) => each.toSorted((a, b) => a - b));
        const joined = await all(outerJoin(streamed(left ?? []), streamed(right ?? []), (a, b) => a - b));
        const expected = [
          ...lefts.map((each) => [each, rights.includes(each) ? each : undefined]),
          ...rights.filter((each) => !lefts.includes(each)).map((each) => [undefined, each]),
        ];
        expect(joined).to.have.deep.members(expected);
        const keys = joined.map(([a, b]) => a ?? b ?? 0);
        expect(keys).to.deep.equal(keys.toSorted((a, b) => a - b));
      }),
    );
  });

  it("ends what it reads when nobody reads on", async () => {
    const ended: string[] = [];
    async function* watched(name: string) {
      try {
        yield* [1, 2, 3];
      } finally {
        ended.push(name);
      }
    }
    for await (const _pair of outerJoin(watched("left"), watched("right"), (a, b) => a - b)) break;
    expect(ended).to.have.members(["left", "right"]);
  });

  it("keeps what was waited for", async () => {
    expect(await all(await primed(streamed([1, 2])))).to.deep.equal([1, 2]);
    expect(await all(await primed(streamed([])))).to.deep.equal([]);
  });

  it("makes batches of all", async () =>
    expect(await all(batchesOf(streamed([1, 2, 3]), 2))).to.deep.equal([[1, 2], [3]]));
});

describe("keys", () => {
  it("are in the order of id, then of number or text", () => {
    const key = (id: string, part: string | number) => ({ id, part });
    expect(compareKeys(key("A", 2), key("A", 10))).to.equal(-1);
    expect(compareKeys(key("A", 2), key("B", 1))).to.equal(-1);
    expect(compareKeys(key("A", "x"), key("A", "x"))).to.equal(0);
    expect(keyText(key("A", 1))).to.not.equal(keyText(key("A", "1")));
  });
});

describe("findings on disk", () => {
  const directory = mkdtempSync(join(tmpdir(), "findings-"));
  after(() => rmSync(directory, { recursive: true }));

  it("lists the first and keeps all, also text with line separators", async () => {
    const findings = new Findings<string>(join(directory, "findings"));
    expect(await all(findings.all())).to.deep.equal([]);
    const items = Array.from({ length: MOST_LISTED + 3_000 }, (_, at) => `${at}\u2028\n${"x".repeat(100)}`);
    for (const item of items) await findings.add(item);
    expect(findings.total).to.equal(items.length);
    expect(findings.listed).to.deep.equal(items.slice(0, MOST_LISTED));
    expect(await all(findings.all())).to.deep.equal(items);
  });

  it("are sorted there, with line separators in them", async () => {
    const items = ["b\u2028", "a\u2029\n", "\r"];
    const place = { directory, name: "sorted", runCharacters: 1 };
    const sorted = externalSort(streamed(items), (a, b) => (a < b ? -1 : 1), place);
    expect(await all(sorted)).to.deep.equal(items.toSorted());
    expect(readdirSync(directory).filter((name) => name.startsWith("sorted"))).to.have.lengthOf(3);
  });
});
