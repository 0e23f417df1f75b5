import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_OPTIONS } from "../adapters/clients.ts";
import { settingsReader } from "../adapters/enrichment-settings.ts";
import { plainHandler } from "../adapters/lambda.ts";
import { isRefusal, marketDataClient } from "../adapters/market-data-client.ts";
import { count, milliseconds, observability } from "../adapters/observability.ts";
import { pendingStore } from "../adapters/pending-store.ts";
import { traced, tracing } from "../adapters/tracing.ts";
import { type Completion, completePending } from "./complete.ts";

const observed = observability("enrichment-completer");
const { logger, metrics } = observed;
const tracer = tracing("enrichment-completer");
const askMarketData = marketDataClient();
const client = tracer.captureAWSv3Client(new DynamoDBClient(CLIENT_OPTIONS));
const readSettings = settingsReader(tracer.captureAWSv3Client(new SSMClient(CLIENT_OPTIONS)), {
  maximumAgeSeconds: 60,
  pauseMilliseconds: 5000,
  now: () => performance.now(),
  onFailure: (error) => logger.warn("parameters not read", error),
});

/** Completes the enrichments that are pending in its region. Runs on a schedule; what it is called with is not read. */
export const handler = plainHandler(
  "enrichment-completer",
  observed,
  async ({ environment, signal }): Promise<Completion> => {
    const ports = {
      store: pendingStore(client, environment.tradesTable),
      settings: (until: AbortSignal) => readSettings(environment, until),
      ...{ askMarketData, isRefusal },
      now: () => new Date(),
    };
    const region = process.env.AWS_REGION ?? "";
    const done = await traced(tracer, "complete", () => completePending(region, ports, signal));
    if (done.completed > 0) count(metrics, "enrichmentCompleted", done.completed);
    milliseconds(metrics, "pendingEnrichmentAge", done.oldestMilliseconds);
    if (done.completed + done.pending > 0) logger.info("pending enrichments", { ...done });
    // Not thrown: they come again every minute, and the alarm on their age tells of them.
    if (done.problems.length > 0) logger.error("rows not completed", { problems: done.problems });
    return done;
  },
);
