import { expect } from "chai";
import type { EnrichmentSettings } from "../../functions/adapters/enrichment-settings.ts";
import type { AskMarketData } from "../../functions/adapters/market-data-client.ts";
import { enrich } from "../../functions/metadata-enricher/enrich.ts";
import { DETAIL, FULL_DETAIL, validEvent } from "../domain/trade-events.ts";

const SETTINGS: EnrichmentSettings = {
  apiEndpoint: "http://127.0.0.1/v1",
  processingThreshold: "1500.5",
  attempts: 3,
};
const settings = async () => SETTINGS;
const unknown: AskMarketData = async (question) => ({ ...question, known: false });
const down: AskMarketData = async () => {
  throw new Error("market data: status 503; attempt 3 of 3");
};
const { signal } = new AbortController();

describe("enriching a trade", () => {
  it("asks about the instrument, with what operators have set", async () => {
    const { trade } = validEvent(FULL_DETAIL);
    const calls: unknown[] = [];
    const askMarketData: AskMarketData = async (question, call) => {
      calls.push(question, call);
      return { ...question, known: false };
    };
    expect(await enrich(trade, { settings, askMarketData }, signal)).to.deep.equal({
      status: "complete",
      market: { kind: "instrument", id: "US0378331005", known: false },
      aboveThreshold: true,
    });
    expect(calls[1]).to.deep.equal({ endpoint: "http://127.0.0.1/v1", attempts: 3, signal });
  });

  it("marks amounts from the threshold on", async () => {
    const below = validEvent({ ...DETAIL, amount: "1500.49999999999999999" }).trade;
    expect(await enrich(below, { settings, askMarketData: unknown }, signal)).to.include({
      aboveThreshold: false,
    });
  });

  it("stays pending while the market data API is down, with the threshold's verdict", async () => {
    expect(await enrich(validEvent(DETAIL).trade, { settings, askMarketData: down }, signal)).to.deep.equal({
      status: "pending",
      error: "market data: status 503; attempt 3 of 3",
      aboveThreshold: true,
    });
  });

  it("stays pending without a verdict while the parameters cannot be read", async () => {
    const failing = async () => Promise.reject(new Error("x".repeat(5000)));
    const output = await enrich(
      validEvent(DETAIL).trade,
      { settings: failing, askMarketData: unknown },
      signal,
    );
    expect(output).to.have.all.keys("status", "error");
    expect(output.status === "pending" && output.error.length).to.equal(256);
  });
});
