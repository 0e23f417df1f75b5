import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_OPTIONS } from "../adapters/clients.ts";
import { settingsReader } from "../adapters/enrichment-settings.ts";
import { lambdaHandler } from "../adapters/lambda.ts";
import { marketDataClient } from "../adapters/market-data-client.ts";
import { count, observability } from "../adapters/observability.ts";
import { traced, tracing, tradeAnnotations } from "../adapters/tracing.ts";
import type { EnricherOutput } from "../contract.ts";
import { parseTradeEvent } from "../domain/event.ts";
import { isHeartbeat } from "../domain/heartbeat.ts";
import { enrich, pending } from "./enrich.ts";

const observed = observability("metadata-enricher");
const { logger, metrics } = observed;
const tracer = tracing("metadata-enricher");
const askMarketData = marketDataClient();
const readSettings = settingsReader(tracer.captureAWSv3Client(new SSMClient(CLIENT_OPTIONS)), {
  maximumAgeSeconds: 60,
  pauseMilliseconds: 5000,
  now: () => performance.now(),
  onFailure: (error) => logger.warn("parameters not read", error),
});

/** Market data for a trade and whether its amount is at or above the threshold; pending where that cannot be had. */
export const handler = lambdaHandler(
  "metadata-enricher",
  observed,
  async ({ envelope, environment, signal }): Promise<EnricherOutput> => {
    const parsed = parseTradeEvent(envelope, environment.sources);
    // Nobody asks for a heartbeat's market data.
    if (isHeartbeat(envelope)) return { status: "complete", market: {}, aboveThreshold: false };
    // The validator, which runs at the same time, says why.
    if (!parsed.valid) return pending("the event is not a valid trade");
    const settings = (until: AbortSignal) => readSettings(environment, until);
    const output = await traced(
      tracer,
      "enrich",
      () => enrich(parsed.event.trade, { settings, askMarketData }, signal),
      tradeAnnotations(parsed.event),
    );
    if (output.status === "pending") {
      count(metrics, "enrichmentPending");
      logger.warn("enrichment pending", { reason: output.error });
    }
    if (output.aboveThreshold === true) count(metrics, "aboveThreshold");
    return output;
  },
);
