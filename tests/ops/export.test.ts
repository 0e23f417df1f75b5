import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect } from "chai";
import fc from "fast-check";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import { type LocalSystem, runTape } from "../../local/system.ts";
import { generateTape } from "../../local/tape/generator.ts";
import { EXPORT } from "../../ops/export/command.ts";
import { Clients } from "../../ops/frame/clients.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { Terminal } from "../../ops/frame/terminal.ts";
import { outcomes, rows, startTestSystem, tapeLine, tradeDetail } from "../support/local-system.ts";

interface Answer {
  events: number;
  recorded: number;
  duplicate: number;
  rejected: number;
  missingCount: number;
  missing: { event: string; outcome: string; reason: string }[];
}

const MIX = {
  corrections: 0.08,
  cancels: 0.08,
  duplicates: 0.1,
  conflicts: 0.1,
  invalid: 0.1,
  unmatched: 0.05,
  notJson: 0.05,
};

describe("exporting a tape", function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), "export-test-"));
  let system: LocalSystem;
  let fresh: LocalSystem;
  before(async () => {
    // In turn: a deployment names its endpoint in this process's environment.
    system = await startTestSystem();
    fresh = await startTestSystem();
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await Promise.all([system?.close(), fresh?.close()]);
  });

  /** One event after the other, so that of two that contend always the same one wins. */
  const sendInTurn = (to: LocalSystem, lines: readonly string[]) => runTape(to, lines, { outstanding: 1 });

  let files = 0;
  async function exported(
    from: LocalSystem,
    options: Record<string, string>,
  ): Promise<{ lines: string[]; answer: Answer; complete: boolean }> {
    files += 1;
    const tape = join(directory, `${files}.jsonl`);
    const clients = new Clients({
      endpoint: from.services.endpoint.url,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const context = {
      outputs: parseOutputs(from.services.outputs),
      clients,
      terminal: new Terminal(new PassThrough() as unknown as NodeJS.WriteStream),
      signal: new AbortController().signal,
    };
    const carryOut = await EXPORT.prepare({ words: [], options: { tape, ...options } });
    const { json, complete } = await carryOut(context);
    clients.close();
    const lines = readFileSync(tape, "utf8").split("\n").filter(Boolean);
    return { lines, answer: json as Answer, complete };
  }

  const now = () => new Date().toISOString();
  /** What a row or outcome says, without the ids and times that differ each time. */
  const OWN = ["event", "eventId", "timestamp", "recordedAt", "execution", "attempt", "envelope", "cause"];
  function said(found: Record<string, unknown>[], ids: ReadonlySet<string>): string[] {
    return found
      .filter(
        ({ tradeId, envelope }) =>
          ids.has(String(tradeId)) || [...ids].some((id) => String(envelope).includes(`"${id}"`)),
      )
      .map((each) =>
        Object.fromEntries(
          Object.entries(each)
            .filter(([name]) => !OWN.includes(name))
            .sort(),
        ),
      )
      .map((each) => JSON.stringify(each).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID"))
      .sort();
  }

  it("gives the same rows and outcomes when it is processed again", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        runs += 1;
        const lines = generateTape({ events: 100, seed, mix: MIX }).map((line) =>
          line.replaceAll(/"tradeId": ?"/g, `$&R${runs}-`),
        );
        const from = now();
        const { ledger } = await sendInTurn(system, lines);
        const { lines: again, answer, complete } = await exported(system, { from, to: now() });
        expect(complete).to.equal(true);
        const { matched: events, recorded, duplicate, rejected } = ledger;
        expect(answer).to.include({ events, recorded, duplicate, rejected });
        const second = await sendInTurn(fresh, again);
        expect(second.sent.refused).to.deep.equal([]);
        const ids = new Set(
          (await rows(system))
            .map(({ tradeId }) => String(tradeId))
            .filter((id) => id.startsWith(`R${runs}-`)),
        );
        expect(ids.size).to.be.greaterThan(10);
        expect(said(await rows(fresh), ids)).to.deep.equal(said(await rows(system), ids));
        expect(said(await outcomes(fresh), ids)).to.deep.equal(said(await outcomes(system), ids));
        expect((await outcomes(fresh)).length).to.equal((await outcomes(system)).length);
      }),
      { numRuns: 4 },
    );
  });
  it("takes what was accepted from the first time on and before the second", async () => {
    const detail = tradeDetail();
    await sendInTurn(system, [tapeLine(detail)]);
    const [row] = await rows(system, detail.tradeId);
    const at = Number(row?.timestamp);
    const time = (offset: number) => new Date(at + offset).toISOString();
    const has = async (from: number, to: number) =>
      (await exported(system, { from: time(from), to: time(to) })).lines.some((line) =>
        line.includes(`"${detail.tradeId}"`),
      );
    expect(await has(0, 1)).to.equal(true);
    expect(await has(-1, 0)).to.equal(false);
    expect(await has(1, 2)).to.equal(false);
  });

  it("takes one source's events, and one region's", async () => {
    const from = now();
    await sendInTurn(system, [
      tapeLine(tradeDetail()),
      tapeLine(tradeDetail({ sourceSystem: "system2", amount: "0" }), { Source: "trading.system2" }),
      tapeLine(tradeDetail({ sourceSystem: "system2" }), { Source: "trading.system2" }),
    ]);
    const window = { from, to: now() };
    const of = async (options: Record<string, string>) =>
      (await exported(system, { ...window, ...options })).answer;
    expect(await of({})).to.include({ events: 3, recorded: 2, rejected: 1 });
    expect(await of({ source: "system2" })).to.include({ events: 2, recorded: 1, rejected: 1 });
    expect(await of({ region: "us-east-1" })).to.include({ events: 3 });
    expect(await of({ region: "eu-west-1" })).to.include({ events: 0 });
  });

  it("keeps an event's own time where it was kept, and has the time of acceptance where it was not", async () => {
    const from = now();
    const Time = "2026-01-02T14:30:00Z";
    await sendInTurn(system, [
      tapeLine(tradeDetail({ amount: "0" }), { Time }),
      tapeLine(tradeDetail(), { Time }),
    ]);
    const to = now();
    const { lines } = await exported(system, { from, to });
    const times = lines.map((line) => JSON.parse(line).Time as string);
    expect(times[0]).to.equal(Time);
    expect(Date.parse(String(times[1]))).to.be.within(Date.parse(from), Date.parse(to));
  });

  it("goes on over the pages of a table", async () => {
    const from = now();
    // DynamoDB answers with at most 1 MB (DynamoDB Developer Guide, "Paginating table query results").
    const note = "n".repeat(60_000);
    const details = Array.from({ length: 24 }, () => tradeDetail({ note }));
    await sendInTurn(
      system,
      details.map((detail) => tapeLine(detail)),
    );
    await sendInTurn(
      system,
      details.map((detail) => tapeLine(detail)),
    );
    const { lines, answer } = await exported(system, { from, to: now() });
    expect(answer).to.include({ events: 48, recorded: 24, duplicate: 24 });
    expect(lines.map((line) => JSON.parse(line).Detail.tradeId)).to.deep.equal(
      [...details, ...details].map(({ tradeId }) => tradeId),
    );
  });

  it("counts and names what is too large to have been kept", async () => {
    const from = now();
    await sendInTurn(system, [tapeLine(tradeDetail({ note: "n".repeat(70_000) })), tapeLine(tradeDetail())]);
    const { answer, complete } = await exported(system, { from, to: now() });
    expect(complete).to.equal(false);
    expect(answer).to.include({ events: 1, missingCount: 1 });
    expect(answer.missing[0]?.event).to.match(/^us-east-1#[0-9a-f-]{36}$/);
    expect(answer.missing[0]?.reason).to.match(/only a bounded copy was kept/);
  });

  /** Puts outcomes as the workflow writes them. */
  async function putOutcomes(...items: Record<string, string | true>[]): Promise<void> {
    for (const item of items) {
      const Item = Object.fromEntries(
        Object.entries(item).map(([name, value]) => [name, value === true ? { BOOL: true } : { S: value }]),
      );
      await system.services.cloud.surroundings.call(
        "dynamodb",
        "PutItem",
        { TableName: system.names.outcomesTable, Item },
        { region: system.names.homeRegion, principal: OPERATOR },
      );
    }
  }
  const attempt = (id: string, timestamp: string, rest: Record<string, string | true>) => ({
    event: `us-east-1#${id}`,
    attempt: `execution ${timestamp}`,
    outcome: "deadLettered",
    stage: "validation",
    source: "trading.system1",
    timestamp,
    ...rest,
  });
  const envelope = (id: string, more: object = {}) =>
    JSON.stringify({
      ...{ id, "detail-type": "Trade Event", source: "trading.system1", region: "us-east-1" },
      ...{ time: "2026-03-01T10:00:00Z", detail: { tradeId: id }, ...more },
    });

  it("has a redriven event once, when it was accepted first", async () => {
    const acceptedAt = "2026-03-01T10:00:00.500Z";
    await putOutcomes(
      attempt("redriven", acceptedAt, { envelope: envelope("redriven") }),
      attempt("redriven", "2026-03-02T09:00:00.100Z", {
        envelope: envelope("redriven", { redrive: { acceptedAt } }),
      }),
      attempt("second", "2026-03-01T10:00:00Z", { envelope: envelope("second") }),
      // Finer than milliseconds, and therefore before the window's begin as text.
      attempt("third", "2026-03-01T10:00:00.0009Z", { envelope: envelope("third") }),
      attempt("redriven-later", "2026-03-03T09:00:00.100Z", {
        envelope: envelope("redriven-later", { redrive: { acceptedAt: "2026-03-01T10:00:00.700Z" } }),
      }),
    );
    const events = async (from: string, to: string) =>
      (await exported(system, { from: `2026-03-01T${from}Z`, to: `2026-03-01T${to}Z` })).lines.map(
        (line) => JSON.parse(line).Detail.tradeId,
      );
    expect(await events("10:00:00", "10:00:01")).to.deep.equal([
      "second",
      "third",
      "redriven",
      "redriven-later",
    ]);
    expect(await events("10:00:00.001", "10:00:00.600")).to.deep.equal(["redriven"]);
    expect(
      (await exported(system, { from: "2026-03-02T00:00:00Z", to: "2026-03-04T00:00:00Z" })).lines,
    ).to.deep.equal([]);
  });

  it("names what only the archive holds", async () => {
    await putOutcomes(
      attempt("large", "2026-03-05T10:00:00.500Z", { archiveOnly: true, error: "too large" }),
    );
    const { answer, complete } = await exported(system, {
      from: "2026-03-05T10:00:00Z",
      to: "2026-03-05T11:00:00Z",
    });
    expect(complete).to.equal(false);
    expect(answer).to.include({ events: 0, missingCount: 1 });
    expect(answer.missing).to.deep.equal([
      {
        event: "us-east-1#large",
        outcome: "deadLettered",
        reason: "archiveOnly: only the archive holds it",
      },
    ]);
  });

  it("writes a file only when all of it is there", async () => {
    const options = { from: "2026-01-01T00:00:00Z", to: "2026-01-01T00:00:01Z" };
    const remove = system.services.cloud.faults.add({
      service: "dynamodb",
      operation: "Query",
      effect: { kind: "error", code: "ValidationException", message: "no", status: 400 },
      when: "before",
    });
    const error = await exported(system, options).catch((thrown: unknown) => thrown);
    remove();
    expect(error).to.have.property("name", "ValidationException");
    for (const name of [`${files}.jsonl`, `${files}.jsonl.part`])
      expect(statSync(join(directory, name), { throwIfNoEntry: false })).to.equal(undefined);
  });
});
