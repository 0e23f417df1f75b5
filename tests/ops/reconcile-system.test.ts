import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { type DeployedSystem, drain } from "../../local/system.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import type { MissingTrade } from "../../ops/reconcile/blotter/reconcile.ts";
import { carryOut } from "../../ops/reconcile/regions/mend.ts";
import { outcomesTable, tradesTable } from "../../ops/reconcile/tables.ts";
import { outcomes, process, rows, startTestSystem, tradeDetail } from "../support/local-system.ts";
import { attempt, beforeEachPut, put, REGIONS, reconcile, row } from "./reconcile-support.ts";

const [HOME, OTHER] = REGIONS;
const AT_ONCE = { margin: "0" };
const MEND = { ...AT_ONCE, mend: "true", yes: "true" };

describe("npm run ops -- reconcile", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  const directory = mkdtempSync(join(tmpdir(), "reconcile-test-"));
  before(async () => {
    system = await startTestSystem();
    await process(system, tradeDetail(), tradeDetail(), tradeDetail({ amount: "-1" }));
    // From here on each region has what is put there.
    system.services.dynamodb.replication.pause();
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await system?.close();
  });

  it("finds nothing where replication has done its work, and counts what it read", async () => {
    const { complete, answer } = await reconcile(system);
    expect(complete).to.equal(true);
    expect(answer.read).to.deep.equal({
      trades: { [HOME]: 2, [OTHER]: 2 },
      outcomes: { [HOME]: 1, [OTHER]: 1 },
    });
    expect(answer.differences).to.deep.equal([]);
  });

  it("names what is missing and different in either region, and changes nothing", async () => {
    await put(system, "trades", HOME, row({ tradeId: "M-1", event: "us-east-1#m1" }));
    await put(system, "trades", OTHER, row({ tradeId: "M-2", event: "us-east-1#m2" }));
    await put(system, "trades", HOME, row({ tradeId: "C-1", event: "us-east-1#c1", timestamp: "2000" }));
    await put(
      system,
      "trades",
      OTHER,
      row({ tradeId: "C-1", event: "eu-west-1#c2", timestamp: "1999" }, { amount: "7" }),
    );
    await put(system, "trades", HOME, row({ tradeId: "D-1", event: "us-east-1#d1" }));
    await put(system, "trades", OTHER, row({ tradeId: "D-1", event: "eu-west-1#d2" }));
    await put(
      system,
      "trades",
      HOME,
      row({ tradeId: "P-1", event: "us-east-1#p1", enrichment: "pending", enrichmentPending: HOME }),
    );
    await put(system, "trades", OTHER, row({ tradeId: "P-1", event: "us-east-1#p1", market: "{}" }));
    await put(system, "outcomes", OTHER, attempt());
    for (let time = 0; time < 2; time += 1) {
      const { complete, answer, lines } = await reconcile(system, AT_ONCE);
      expect(complete).to.equal(false);
      expect(answer.figures).to.deep.include({
        ...{ differences: 6, "trades missing": 2, "trades content": 1, "trades event": 1 },
        ...{ "trades enrichment": 1, "outcomes missing": 1, mayBeUnderWay: 0 },
      });
      expect(lines.join("\n"))
        .to.include("trade M-1 version 1: missing in eu-west-1")
        .and.include("trade M-2 version 1: missing in us-east-1")
        .and.include("different content: us-east-1 has us-east-1#c1, eu-west-1 has eu-west-1#c2")
        .and.include("different enrichment: us-east-1 has pending, eu-west-1 has complete")
        .and.include("outcome of us-east-1#o1, arn:a1: missing in us-east-1");
    }
  });

  it("looks at a window and a source only, if asked", async () => {
    const window = { from: "1970-01-01T00:00:02Z", to: "1970-01-01T00:00:03Z" };
    const { answer } = await reconcile(system, { ...AT_ONCE, ...window });
    expect(answer.figures.differences).to.equal(1);
    expect((answer.differences as { key: unknown }[])[0]?.key).to.deep.equal({ id: "C-1", part: 1 });
    expect((await reconcile(system, { ...AT_ONCE, source: "system2" })).complete).to.equal(true);
    expect((await reconcile(system, { ...AT_ONCE, source: "system1" })).answer.figures.differences).to.equal(
      6,
    );
  });

  it("says what may still be under way, and leaves it alone", async () => {
    const young = row({ tradeId: "Y-1", event: "us-east-1#y1", recordedAt: new Date().toISOString() });
    await put(system, "trades", HOME, young);
    const { answer, lines } = await reconcile(system, { margin: "3600" });
    expect(answer.figures.mayBeUnderWay).to.equal(1);
    expect(lines.join("\n")).to.include("trade Y-1 version 1: missing in eu-west-1 (may still be under way)");
    const mended = await reconcile(system, { mend: "true", yes: "true", margin: "3600", source: "system2" });
    expect(mended.complete).to.equal(true);
    await put(system, "trades", OTHER, young);
  });

  it("asks before it writes, and without a terminal refuses", async () => {
    for (const isTerminal of [true, false]) {
      const confirmation = { isTerminal, ask: async () => false };
      const run = reconcile(system, { ...AT_ONCE, mend: "true" }, confirmation);
      if (isTerminal) {
        const { printed, complete } = await run;
        expect(complete).to.equal(false);
        expect(printed).to.match(/Mending 6 differences[\s\S]*puts the row of us-east-1#m1 into eu-west-1/);
        expect(printed).to.match(/Nothing was written/);
      } else {
        const error = await run.catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(UsageError).and.have.property("message").that.includes("--yes");
      }
    }
    expect(await rows(system, "M-1", OTHER)).to.deep.equal([]);
  });

  it("mends all of it, writes a report, and finds nothing to mend afterwards", async () => {
    const report = join(directory, "mended.json");
    const { complete, answer } = await reconcile(system, { ...MEND, report });
    expect(answer.figures).to.deep.include({ mended: 6, changed: 0, leftAlone: 0, remaining: 0 });
    expect(complete).to.equal(true);
    for (const region of REGIONS) {
      expect(await rows(system, "M-1", region), region).to.have.lengthOf(1);
      expect(await rows(system, "M-2", region), region).to.have.lengthOf(1);
      const [[conflict], [same], [enriched]] = [
        await rows(system, "C-1", region),
        await rows(system, "D-1", region),
        await rows(system, "P-1", region),
      ];
      expect(conflict, region).to.include({ event: "eu-west-1#c2" });
      expect(same, region).to.include({ event: "eu-west-1#d2" });
      expect(enriched, region)
        .to.include({ enrichment: "complete" })
        .and.not.have.property("enrichmentPending");
      const [rejected] = await outcomes(system, "C-1", region);
      expect(rejected, region).to.include({ event: "us-east-1#c1", outcome: "rejected" });
      expect(rejected?.attempt, region).to.equal("reconcile#eu-west-1#c2");
      const [duplicate] = await outcomes(system, "D-1", region);
      expect(duplicate, region).to.include({ event: "us-east-1#d1", outcome: "duplicate" });
    }
    expect(JSON.parse(readFileSync(report, "utf8"))).to.deep.include({
      stack: "dev",
      account: "000000000000",
    });
    const again = await reconcile(system, MEND);
    expect(again.complete).to.equal(true);
    expect(again.answer.figures).to.not.have.property("mended");
    expect(again.answer.figures.differences).to.equal(0);
  });

  it("writes nothing over a row that has changed, or come, since it was read", async () => {
    const key = { tradeId: "S-1", event: "us-east-1#s1" };
    const [read, now] = [row({ ...key, enrichment: "pending" }), row({ ...key, market: "{}" })];
    for (const region of REGIONS) await put(system, "trades", region, now);
    const client = new DynamoDBClient({
      ...{ region: OTHER, endpoint: system.services.endpoint.url },
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const tables = {
      trades: tradesTable(system.names.tradesTable),
      outcomes: outcomesTable(system.names.outcomesTable),
    };
    const item = row({ ...key, event: "us-east-1#s0" });
    const { signal } = new AbortController();
    for (const write of [{ item, replaces: read }, { item }]) {
      const writes = [{ side: 1, table: "trades", ...write } as const];
      expect(await carryOut(writes, tables, [client, client], signal)).to.equal(false);
    }
    client.destroy();
    expect((await rows(system, "S-1", OTHER))[0]).to.include({ event: "us-east-1#s1", market: "{}" });
  });

  it("puts no pending row into a region after it was completed in the other", async () => {
    const mine = { ...MEND, source: "system2" };
    const keys = ["E-1", "E-2"].map((tradeId) => ({
      ...{ tradeId, event: `us-east-1#${tradeId}`, sourceSystem: "system2" },
    }));
    for (const key of keys) await put(system, "trades", HOME, row({ ...key, enrichment: "pending" }));
    const begun = new Set<string>();
    const adapt = beforeEachPut(async (tradeId) => {
      begun.add(tradeId);
      for (const key of keys)
        if (!begun.has(key.tradeId)) await put(system, "trades", HOME, row({ ...key, market: "{}" }));
    });
    const { answer } = await reconcile(system, mine, undefined, { adapt });
    expect(answer.figures).to.deep.include({ mended: 1, changed: 1, remaining: 1 });
    const [first] = begun;
    for (const { tradeId } of keys) {
      const found = (await rows(system, tradeId, OTHER)).map(({ enrichment }) => enrichment);
      expect(found, tradeId).to.deep.equal(tradeId === first ? ["pending"] : []);
    }
    expect((await reconcile(system, mine)).answer.figures).to.deep.include({ mended: 1, remaining: 0 });
  });

  it("mends nothing that is no longer what was shown, and names it", async () => {
    const [shown, young] = ["N-1", "N-2"].map((tradeId) => ({
      ...{ tradeId, event: `us-east-1#${tradeId}`, sourceSystem: "system2" },
    }));
    for (const key of [shown, young]) await put(system, "trades", HOME, row(key));
    const confirmation = {
      isTerminal: true,
      ask: async () => {
        await put(system, "trades", OTHER, row({ ...shown, event: "eu-west-1#N-1" }));
        await put(system, "trades", HOME, row({ ...young, recordedAt: new Date().toISOString() }));
        return true;
      },
    };
    const options = { mend: "true", margin: "3600", source: "system2" };
    const { printed, complete, answer, lines } = await reconcile(system, options, confirmation);
    expect(printed).to.include("puts the row of us-east-1#N-1 into eu-west-1");
    expect(answer.figures).to.deep.include({ mended: 0, changed: 2, leftAlone: 0, remaining: 2 });
    expect(complete).to.equal(false);
    expect(lines.join("\n"))
      .to.include("trades N-1 1: not written, as it is no longer what was shown")
      .and.include("trades N-2 1: not written, as it is no longer what was shown");
    expect((await rows(system, "N-1", HOME))[0]).to.include({ event: "us-east-1#N-1" });
    expect(await rows(system, "N-2", OTHER)).to.deep.equal([]);
  });

  it("reads and mends nothing if the report cannot be written", async () => {
    const key = { tradeId: "W-1", event: "us-east-1#w1" };
    await put(system, "trades", HOME, row(key));
    const report = join(directory, "none", "report.md");
    const error = await reconcile(system, { ...MEND, report }).catch((thrown: unknown) => thrown);
    expect(error)
      .to.be.instanceOf(UsageError)
      .and.have.property("message", `--report: "${report}" must be a file that can be written`);
    expect(await rows(system, "W-1", OTHER)).to.deep.equal([]);
  });

  it("stands once replication goes on", async () => {
    system.services.dynamodb.replication.resume();
    await drain(system);
    expect((await reconcile(system, AT_ONCE)).complete).to.equal(true);
    for (const region of REGIONS) {
      expect((await rows(system, "C-1", region))[0], region).to.include({ event: "eu-west-1#c2" });
      expect((await rows(system, "P-1", region))[0], region).to.include({ enrichment: "complete" });
    }
  });
});

describe("npm run ops -- reconcile --blotter", function () {
  this.timeout(120_000);
  let system: DeployedSystem;
  const directory = mkdtempSync(join(tmpdir(), "blotter-test-"));
  const trade = (change: Record<string, unknown>) => tradeDetail({ side: "BUY", price: "7.10", ...change });
  before(async () => {
    system = await startTestSystem();
    await process(
      system,
      trade({ tradeId: "SAME", amount: "1000.50" }),
      trade({ tradeId: "DIFF", amount: "1000.50" }),
      trade({ tradeId: "EXTRA" }),
      trade({ tradeId: "REJECTED", amount: "-5" }),
      trade({ tradeId: "SAME", amount: "2000", version: 2, action: "CORRECT" }),
    );
    const remove = system.services.cloud.faults.add({
      ...{ service: "lambda", operation: "Invoke", function: "compliance-recorder-dev", when: "before" },
      effect: { kind: "error", code: "AccessDeniedException", status: 400 },
    });
    await process(system, trade({ tradeId: "DEAD" }));
    remove();
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await system?.close();
  });
  const file = (name: string, ...lines: string[]) => {
    const path = join(directory, name);
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  };
  const HEADER = "tradeId,version,amount,side,price";
  const COMPLETE = [HEADER, "SAME,1,1000.5,BUY,7.1", "SAME,2,2000.00,BUY,7.10"];

  it("proves that what was sent was recorded", async () => {
    const blotter = file("whole.csv", ...COMPLETE, "DIFF,,1000.50,BUY,7.10", "EXTRA,1,1000.50,BUY,7.10");
    const { complete, answer } = await reconcile(system, { blotter });
    expect(answer).to.deep.include({ trades: 4, recorded: 4, same: 4, missing: 0, extra: 0, different: 0 });
    expect(complete).to.equal(true);
  });

  it("names what is missing, with what became of it, extra, different, and not to be read", async () => {
    const lines = [
      ...[
        "DIFF,1,1000.51,SELL,7.10",
        "REJECTED,1,5,BUY,7.10",
        "DEAD,1,1,BUY,",
        "NEVER,1,1,BUY,",
        "B AD,x,1,BUY,",
      ],
      ...["SAME,1,1000.5,BUY,7.1"],
    ];
    const report = join(directory, "report.md");
    const ran = await reconcile(system, { blotter: file("mixed.csv", ...COMPLETE, ...lines), report });
    expect(ran.complete).to.equal(false);
    expect(ran.answer).to.deep.include({
      ...{ trades: 7, recorded: 4, same: 2, different: 1, missing: 3, extra: 1, unreadable: 2, repeated: 1 },
    });
    const { missingTrades, differentTrades, extraTrades, unreadableLines } = ran.answer;
    expect(missingTrades).to.have.lengthOf(3);
    const [dead, never, rejected] = missingTrades as MissingTrade[];
    expect(dead).to.deep.include({ line: 6, tradeId: "DEAD", outcome: "deadLettered" });
    expect(never).to.deep.equal({ line: 7, tradeId: "NEVER", version: 1, outcome: "none", attempts: [] });
    expect(rejected).to.deep.include({ line: 5, tradeId: "REJECTED", outcome: "rejected" });
    expect(rejected?.attempts[0]?.reasons).to.deep.equal(["amount.notPositive"]);
    expect((differentTrades as { fields: unknown }[]).map(({ fields }) => fields)).to.deep.equal([
      [
        { field: "amount", blotter: "1000.51", recorded: "1000.5" },
        { field: "side", blotter: "SELL", recorded: "BUY" },
      ],
    ]);
    expect((extraTrades as { tradeId: string }[]).map(({ tradeId }) => tradeId)).to.deep.equal(["EXTRA"]);
    expect((unreadableLines as { line: number }[]).map(({ line }) => line)).to.deep.equal([8, 8]);
    const written = readFileSync(report, "utf8");
    expect(written)
      .to.match(/\| Made \| 20.*Z \|/)
      .and.match(/\| SHA-256 \| [0-9a-f]{64} \|/)
      .and.include("| 5 | REJECTED | 1 | rejected: event")
      .and.include("amount is 1000.51 in the blotter, 1000.5 in the row");
    await reconcile(system, { blotter: join(directory, "mixed.csv"), report });
    const timeless = (text: string) => text.replace(/\| Made \|.*/, "");
    expect(timeless(readFileSync(report, "utf8"))).to.equal(timeless(written));
  });

  it("calls no trade extra whose line cannot be read, and counts a trade once however many lines name it", async () => {
    const lines = ["DIFF,1,1e,BUY,7.10", "EXTRA,1,1000.50,BUY,7.10", "EXTRA,1,1,BUY,7.10", "EXTRA,1,2,BUY,"];
    const again = ["NEVER,1,1,BUY,1", "NEVER,1,1,BUY,1", "SAME,1,1000.5,BUY,7.1", "SAME,1,x,BUY,7.1"];
    const ran = await reconcile(system, { blotter: file("again.csv", ...COMPLETE, ...lines, ...again) });
    expect(ran.answer).to.deep.include({
      ...{ trades: 8, recorded: 4, same: 2, different: 2, missing: 1, extra: 0, unreadable: 2, repeated: 4 },
    });
    expect((ran.answer.differentTrades as { line: number }[]).map(({ line }) => line)).to.deep.equal([6, 7]);
    const window = { from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z" };
    const late = await reconcile(system, { blotter: join(directory, "again.csv"), ...window });
    expect(late.answer).to.deep.include({
      recorded: 0,
      same: 2,
      different: 2,
      missing: 1,
      elsewhere: 3,
      extra: 0,
    });
  });

  it("looks outside the window before it calls a trade missing, and for the source", async () => {
    const window = { from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z" };
    const blotter = file("late.jsonl", '{"tradeId":"SAME","amount":1000.50}', '{"tradeId":"NEVER"}');
    const late = await reconcile(system, { blotter, ...window });
    expect(late.answer).to.deep.include({ recorded: 0, same: 1, elsewhere: 1, missing: 1, extra: 0 });
    const report = join(directory, "report.json");
    const other = await reconcile(system, { blotter, source: "system2", report });
    expect(other.answer).to.deep.include({ different: 1, missing: 1, extra: 0 });
    const kept = JSON.parse(readFileSync(report, "utf8"));
    expect(kept).to.deep.include({ source: "system2", fileFormat: "JSON Lines", fileLines: 2 });
    expect(kept.differentTrades[0].fields).to.deep.equal([
      { field: "sourceSystem", blotter: "system2", recorded: "system1" },
    ]);
  });
});
