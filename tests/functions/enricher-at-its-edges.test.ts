import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CircuitBreaker } from "../../functions/adapters/circuit-breaker.ts";
import { MARKET_DATA_DEFAULTS, marketDataClient } from "../../functions/adapters/market-data-client.ts";
import { bundleImage } from "../../functions/bundle.ts";
import { DETAIL, envelopeOf } from "../domain/trade-events.ts";
import { FUNCTION_VARIABLES, runBundle } from "./bundle-harness.ts";
import { startFunctionServices } from "./function-services.ts";

describe("the circuit breaker", () => {
  it("lets one call try once it has been open for long enough, and no other until that has ended", () => {
    let now = 0;
    const breaker = new CircuitBreaker({ failures: 2, openMilliseconds: 100, now: () => now });
    breaker.failed();
    expect(breaker.admits()).to.equal(true);
    breaker.failed();
    now = 99;
    expect(breaker.admits()).to.equal(false);
    now = 100;
    expect([breaker.admits(), breaker.admits()]).to.deep.equal([true, false]);
    breaker.succeeded();
    expect([breaker.admits(), breaker.admits()]).to.deep.equal([true, true]);
  });
});

describe("the market data client at its edges", () => {
  it("goes on asking an API that refuses questions for what they are", async () => {
    const api = createServer((_, response) => void response.writeHead(400).end());
    await new Promise<void>((done) => void api.listen(0, "127.0.0.1", done));
    try {
      const ask = marketDataClient(MARKET_DATA_DEFAULTS);
      const endpoint = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
      const { signal } = new AbortController();
      const messages: string[] = [];
      for (let times = 0; times <= MARKET_DATA_DEFAULTS.circuit.failures; times += 1)
        await ask({ kind: "currency", id: "USD" }, { endpoint, attempts: 3, signal }).catch(
          ({ message }: Error) => messages.push(message),
        );
      expect(new Set(messages)).to.deep.equal(new Set(["market data: status 400; attempt 1 of 3"]));
    } finally {
      api.closeAllConnections();
      await new Promise((done) => api.close(done));
    }
  });
});

describe("the enricher's metrics", () => {
  it("count trades at and above the threshold only, and what is left pending", async () => {
    const outputDirectory = await mkdtemp(join(tmpdir(), "bundles-"));
    const services = await startFunctionServices();
    try {
      await services.setParameter("API_ENDPOINT_PARAMETER", services.marketData.url);
      await services.setParameter("PROCESSING_THRESHOLD_PARAMETER", "1000");
      await services.setParameter("MAX_RETRIES_PARAMETER", "1");
      const { directory } = await bundleImage("metadata-enricher", { outputDirectory });
      const execution = { id: "e", startTime: "2026-01-05T14:30:00Z" };
      const payloads = ["999.99", "1000", "5000"].map((amount) => ({
        envelope: envelopeOf({ ...DETAIL, amount }),
        execution,
      }));
      const { lines } = await runBundle(directory, payloads, {
        ...FUNCTION_VARIABLES,
        AWS_ENDPOINT_URL: services.endpoint.url,
      });
      const count = (metric: string) => lines.filter((line) => line[metric] === 1).length;
      expect([count("EventsProcessed"), count("AboveThreshold"), count("EnrichmentPending")]).to.deep.equal([
        3, 2, 0,
      ]);
    } finally {
      await services.close();
      await rm(outputDirectory, { recursive: true });
    }
  });
});
