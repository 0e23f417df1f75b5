import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { inOrder } from "../../ops/export/export-tape.ts";
import type { Processed } from "../../ops/export/processed.ts";

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function ordered(items: readonly Processed[], runCharacters?: number): Promise<Processed[]> {
  const found: Processed[] = [];
  for await (const item of inOrder(each(items), runCharacters)) found.push(item);
  return found;
}

const item = (event: string, acceptedAt: number, outcome: Processed["outcome"] = "recorded"): Processed => ({
  event,
  acceptedAt,
  outcome,
  exported: { line: `${event} ${outcome}` },
});

describe("what was exported", () => {
  it("is in the order of acceptance, each event once, however little memory there is", async () => {
    const items = fc.array(
      fc.record({
        event: fc.constantFrom("a", "b", "c", "d", "e", "f", "g"),
        acceptedAt: fc.nat(5),
        outcome: fc.constantFrom("recorded" as const, "duplicate" as const, "deadLettered" as const),
      }),
    );
    await fc.assert(
      fc.asyncProperty(items, fc.constantFrom(1, 200, 100_000), async (given, runCharacters) => {
        const found = await ordered(
          given.map(({ event, acceptedAt, outcome }) => item(event, acceptedAt, outcome)),
          runCharacters,
        );
        const times = found.map(({ acceptedAt }) => acceptedAt);
        expect(times).to.deep.equal([...times].sort((left, right) => left - right));
        expect(found.map(({ event }) => event).sort()).to.deep.equal(
          [...new Set(given.map(({ event }) => event))].sort(),
        );
        for (const { event, acceptedAt } of found)
          expect(acceptedAt).to.equal(
            Math.min(...given.filter((one) => one.event === event).map((one) => one.acceptedAt)),
          );
      }),
      { numRuns: 60 },
    );
  });

  it("is an event's row rather than what became of an earlier attempt, as of its first acceptance", async () => {
    const found = await ordered([item("a", 5, "deadLettered"), item("b", 6), item("a", 7)]);
    expect(found).to.deep.equal([{ ...item("a", 7), acceptedAt: 5 }, item("b", 6)]);
  });

  it("is an attempt whose envelope was kept, if there is one", async () => {
    const archived: Processed = { ...item("a", 1, "rejected"), exported: { missing: "archiveOnly" } };
    expect(await ordered([archived, item("a", 2, "deadLettered")])).to.deep.equal([
      item("a", 1, "deadLettered"),
    ]);
  });

  it("has a recorded event before what was judged by it in the same millisecond", async () => {
    const found = await ordered([item("a", 1, "duplicate"), item("b", 1)]);
    expect(found.map(({ event }) => event)).to.deep.equal(["b", "a"]);
  });

  it("leaves no temporary files, also when it is not read to its end", async () => {
    const directory = mkdtempSync(join(tmpdir(), "order-"));
    const { TMPDIR } = process.env;
    process.env.TMPDIR = directory;
    let seen = 0;
    for await (const _ of inOrder(each([item("a", 1), item("b", 2)]), 1)) {
      seen = readdirSync(directory).length;
      break;
    }
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    const left = readdirSync(directory);
    rmSync(directory, { recursive: true });
    expect({ seen, left }).to.deep.equal({ seen: 1, left: [] });
  });
});
