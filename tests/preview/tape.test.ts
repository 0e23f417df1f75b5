import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Preview } from "../../local/preview/report.ts";
import { inChunks } from "../../local/preview/tape-chunks.ts";
import { compareTapes } from "../../local/preview/tape-compare.ts";
import type { TapeTrade } from "../../local/preview/tape-result.ts";
import { linesOf } from "../../ops/tape/lines.ts";
import { preview, type WorkingCopy, workingCopy } from "./support/command.ts";

/** Two local clouds, each deployed and drained, on a busy machine. */
const LIMIT_MILLISECONDS = 240_000;

function line(tradeId: string, currency: string, change: Record<string, unknown> = {}): string {
  const Detail = { tradeId, amount: "100", currency, sourceSystem: "system1", ...change };
  return JSON.stringify({ Source: "trading.system1", DetailType: "Trade Event", Detail });
}

const FILE = "functions/domain/trade.ts";
const ALLOWED = "z.enum(CURRENCY_CODES)";
const REFACTORED = "z.enum([...CURRENCY_CODES])";
const WITHOUT_YEN = 'z.enum(CURRENCY_CODES.filter((code) => code !== "JPY"))';

/** Lines 2, 4 and 6 are in yen; line 6 was rejected anyway, and line 8 repeats line 1. */
const TAPE = [
  line("A", "USD"),
  line("B", "JPY"),
  line("C", "EUR"),
  line("D", "JPY"),
  "not JSON",
  line("E", "JPY", { amount: "-1" }),
  JSON.stringify({ Source: "someone.else", DetailType: "Trade Event", Detail: {} }),
  line("A", "USD"),
  line("A", "USD", { amount: "200" }),
].join("\n");

describe("a tape run through two versions", function () {
  this.timeout(LIMIT_MILLISECONDS);
  let copy: WorkingCopy;
  let tape: string;
  before(async () => {
    copy = await workingCopy();
    await copy.commit();
    tape = join(copy.directory, "tape.jsonl");
    await writeFile(tape, TAPE);
  });
  after(() => copy.remove());

  it("shows nothing for a refactoring", async () => {
    await copy.edit(FILE, ALLOWED, REFACTORED);
    const { code, stdout, stderr } = await preview(["--base", "main", "--tape", tape], copy.directory);
    expect(stderr).to.equal("");
    expect(stdout).to.match(/no trade of 9 ends otherwise or is stored otherwise/);
    expect(stdout).to.match(/changed lambda Function primary-trade-validator/, "its image is another");
    expect(code).to.equal(0);
    await copy.edit(FILE, REFACTORED, ALLOWED);
  });

  it("counts the trades that a handler now rejects, with an example, and exits with 3", async () => {
    await copy.edit(FILE, ALLOWED, WITHOUT_YEN);
    const args = ["--base", "main", "--tape", tape, "--json"];
    const { code, stdout, stderr } = await preview(args, copy.directory);
    expect(stderr).to.equal("");
    const compared = (JSON.parse(stdout) as Preview).tape;
    expect(compared).to.deep.include({ lines: 9, changedOutcomes: 2 });
    const [outcome, reasons, ...more] = compared?.groups ?? [];
    expect(more).to.deep.equal([]);
    expect(outcome).to.deep.include({
      ...{ kind: "outcome", change: "recorded → rejected (currency.unknown)", count: 2 },
    });
    expect(outcome?.example.line).to.equal(2);
    expect(outcome?.example.before.stored[0]).to.deep.include({ tradeId: "B", currency: "JPY" });
    expect(reasons).to.deep.include({
      kind: "reasons",
      change: "rejected (amount.notPositive) → rejected (amount.notPositive, currency.unknown)",
      count: 1,
    });
    expect(code).to.equal(3);

    const saved = join(copy.directory, "saved.json");
    const accepted = ["--tape", tape, "--accept-changed-outcomes", "--json"];
    expect((await preview(["--save", saved, "--tape", tape], copy.directory)).code).to.equal(0);
    // What was saved stands for the base, whatever this version is now.
    await rewriteOutcome(saved);
    const against = await preview(["--against", saved, ...accepted], copy.directory);
    expect((JSON.parse(against.stdout) as Preview).tape?.changedOutcomes).to.equal(1);
    expect(against.code).to.equal(0);
    await rm(saved);
  });
});

async function rewriteOutcome(file: string): Promise<void> {
  const saved = JSON.parse(await readFile(file, "utf8"));
  saved.tape.trades[2].outcome = "rejected";
  await writeFile(file, JSON.stringify(saved));
}

describe("a tape's chunks", () => {
  const chunks = async (text: string) => {
    const found: { first: number; lines: number }[] = [];
    for await (const { first, lines } of inChunks(linesOf([Buffer.from(text)])))
      found.push({ first, lines: lines.length });
    return found;
  };

  it("never hold a trade twice, since its order decides which is the duplicate", async () => {
    // The repetitions of A, on lines 8 and 9, each begin a chunk.
    expect(await chunks(TAPE)).to.deep.equal([
      { first: 1, lines: 7 },
      { first: 8, lines: 1 },
      { first: 9, lines: 1 },
    ]);
  });

  it("end at 200 lines, and keep lines that are no entries in their place", async () => {
    expect(await chunks(`${"nonsense\n".repeat(450)}`)).to.deep.equal([
      { first: 1, lines: 200 },
      { first: 201, lines: 200 },
      { first: 401, lines: 50 },
    ]);
  });
});

describe("the comparison of two results of a tape", () => {
  const trade = (change: Partial<TapeTrade>): TapeTrade => ({
    ...{ line: 1, outcome: "recorded", reasons: [], stored: [{ tradeId: "A", amount: "1" }] },
    ...change,
  });
  const compared = (before: TapeTrade[], after: TapeTrade[]) =>
    compareTapes({ digest: "x", trades: before }, { digest: "x", trades: after });

  it("is empty for equal results", () => {
    expect(compared([trade({})], [trade({})])).to.deep.equal({ lines: 1, changedOutcomes: 0, groups: [] });
  });

  it("names the attributes that are stored otherwise, the larger group first", () => {
    const stored = [{ tradeId: "A", amount: "1.0", aboveThreshold: true }];
    const before = [1, 2, 3].map((line) => trade({ line }));
    const after = [trade({ stored: [] }), trade({ line: 2, stored }), trade({ line: 3, stored })];
    expect(
      compared(before, after).groups.map(({ kind, change, count, example }) => [
        ...[kind, change, count, example.line],
      ]),
    ).to.deep.equal([
      ["content", "recorded: aboveThreshold, amount", 2, 2],
      ["content", "recorded: 1 → 0 rows", 1, 1],
    ]);
  });
});
