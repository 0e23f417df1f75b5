import { expect } from "chai";
import type { PendingKey, PendingRow } from "../../functions/adapters/pending-store.ts";
import { type CompletionPorts, completePending } from "../../functions/metadata-enricher/complete.ts";

const NOW = Date.UTC(2026, 0, 5, 15, 0, 0);
const REGION = "us-east-1";
const REFUSED = new Error("market data: status 400");
const DOWN = new Error("market data: not reachable");
const SIGNAL = new AbortController().signal;

interface Row extends PendingRow {
  key: PendingKey;
  enrichment?: Record<string, unknown>;
}

/** Rows accepted a minute apart, the first of them `count` minutes ago, of instruments X1, X2 … */
function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    key: { tradeId: `T-${index + 1}`, version: 1, timestamp: NOW - (count - index) * 60_000 },
    event: `${REGION}#${index + 1}`,
    amount: index % 2 === 0 ? "999.99" : "1000.00",
    currency: "USD",
    instrument: `X${index + 1}`,
  }));
}

/** Ports over rows in memory; `fail` gives the error of a question, if it has one. */
function portsOf(rows: Row[], fail: (id: string) => Error | undefined = () => undefined) {
  const asked: string[] = [];
  const find = (key: PendingKey) => rows.find((row) => row.key.tradeId === key.tradeId);
  const ports: CompletionPorts = {
    store: {
      async *pending(region) {
        if (region === REGION) yield* rows.filter(({ enrichment }) => !enrichment).map(({ key }) => key);
      },
      read: async (key) => find(key),
      complete: async (key, { event }, { status: _, ...enrichment }) => {
        const row = find(key);
        if (!row || row.event !== event || row.enrichment) return false;
        row.enrichment = enrichment;
        return true;
      },
    },
    settings: async () => ({ apiEndpoint: "https://api", attempts: 1, processingThreshold: "1000" }),
    askMarketData: async ({ kind, id }) => {
      asked.push(id);
      const error = fail(id);
      if (error) throw error;
      return { kind, id, known: false };
    },
    isRefusal: (error) => error === REFUSED,
    now: () => new Date(NOW),
  };
  return { ports, asked };
}

describe("completing pending enrichments", () => {
  it("completes every row of the region with market data and the threshold's verdict", async () => {
    const rows = rowsOf(12);
    const { ports } = portsOf(rows);
    expect(await completePending(REGION, ports, SIGNAL)).to.deep.equal({
      ...{ completed: 12, pending: 0, refused: 0, oldestMilliseconds: 0, problems: [] },
    });
    expect(rows.map(({ enrichment }) => enrichment?.aboveThreshold)).to.deep.equal(
      rows.map((_, index) => index % 2 === 1),
    );
    expect(rows[0]?.enrichment?.market).to.deep.equal({ kind: "instrument", id: "X1", known: false });
  });

  it("leaves another region's rows alone", async () => {
    const { ports, asked } = portsOf(rowsOf(3));
    expect((await completePending("eu-west-1", ports, SIGNAL)).completed).to.equal(0);
    expect(asked).to.deep.equal([]);
  });

  it("stops after five questions without an answer, and says how old the oldest row is", async () => {
    const { ports, asked } = portsOf(rowsOf(20), () => DOWN);
    expect(await completePending(REGION, ports, SIGNAL)).to.deep.equal({
      ...{ completed: 0, pending: 5, refused: 0, oldestMilliseconds: 20 * 60_000, problems: [] },
    });
    expect(asked).to.have.length(5);
  });

  it("passes over rows that the market data API refuses, however many are first in line, and names them", async () => {
    const rows = rowsOf(12);
    const { ports } = portsOf(rows, (id) => (Number(id.slice(1)) <= 6 ? REFUSED : undefined));
    const done = await completePending(REGION, ports, SIGNAL);
    expect(done).to.include({ completed: 6, pending: 6, refused: 6, oldestMilliseconds: 12 * 60_000 });
    expect(done.problems).to.have.length(6);
    expect(done.problems[0]).to.equal("T-1 version 1: market data: status 400");
  });

  it("does not touch a row whose event was replaced after it was read", async () => {
    const rows = rowsOf(1);
    const { ports } = portsOf(rows);
    const read = ports.store.read;
    const replaced = async (key: PendingKey) => {
      const row = await read(key, SIGNAL);
      const [first] = rows;
      if (first) rows[0] = { ...first, event: "eu-west-1#9" };
      return row;
    };
    const done = await completePending(
      REGION,
      { ...ports, store: { ...ports.store, read: replaced } },
      SIGNAL,
    );
    expect(done).to.include({ completed: 0, pending: 0 });
    expect(rows[0]?.enrichment).to.equal(undefined);
  });

  it("names a row that cannot be enriched, and goes on", async () => {
    const rows = rowsOf(2);
    const { ports } = portsOf(rows);
    const store = {
      ...ports.store,
      read: async (key: PendingKey) => (key.tradeId === "T-1" ? undefined : ports.store.read(key, SIGNAL)),
    };
    const done = await completePending(REGION, { ...ports, store }, SIGNAL);
    expect(done).to.include({ completed: 1, pending: 1 });
    expect(done.problems).to.deep.equal(["T-1 version 1: the row lacks event, amount or currency"]);
  });
});
