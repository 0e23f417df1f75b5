import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CLIENT_OPTIONS } from "../adapters/clients.ts";
import { heartbeatStore } from "../adapters/heartbeat-store.ts";
import { lambdaHandler } from "../adapters/lambda.ts";
import { count, milliseconds, observability, rejected } from "../adapters/observability.ts";
import { traced, tracing, tradeAnnotations } from "../adapters/tracing.ts";
import { tradeStore } from "../adapters/trade-store.ts";
import type { RecorderOutput } from "../contract.ts";
import { parseTradeEvent } from "../domain/event.ts";
import { parseEnrichment } from "../domain/function-input.ts";
import { isHeartbeat } from "../domain/heartbeat.ts";
import { isJsonObject } from "../domain/json.ts";
import { record } from "./record.ts";

const observed = observability("compliance-recorder");
const { metrics } = observed;
const tracer = tracing("compliance-recorder");
const client = tracer.captureAWSv3Client(new DynamoDBClient(CLIENT_OPTIONS));
const now = () => new Date();

/** Writes the trade's row once, whatever the number of attempts, and names the event's outcome. Heartbeats go elsewhere. */
export const handler = lambdaHandler(
  "compliance-recorder",
  observed,
  async ({ envelope, execution, payload, environment, signal }): Promise<RecorderOutput> => {
    const parsed = parseTradeEvent(envelope, environment.sources);
    if (!parsed.valid) {
      const { reasons, reasonCount } = parsed.invalid;
      rejected(observed, reasons, reasonCount);
      return { outcome: "rejected", reasons, reasonCount };
    }
    if (isHeartbeat(envelope)) {
      const { region, id } = parsed.event.envelope;
      await heartbeatStore(client, environment.heartbeatsTable).put({ region, id, at: now() }, signal);
      count(metrics, "heartbeatRecorded");
      return { outcome: "heartbeat" };
    }
    const enrichment = parseEnrichment(isJsonObject(payload) ? payload.enrichment : undefined);
    const store = tradeStore(client, environment.tradesTable);
    const { ageMilliseconds, ...output } = await traced(
      tracer,
      "record",
      () => record(parsed.event, enrichment, execution, { store, now }, signal),
      tradeAnnotations(parsed.event),
    );
    if (output.outcome === "rejected") rejected(observed, output.reasons, output.reasonCount);
    else count(metrics, output.outcome);
    if (ageMilliseconds !== undefined) milliseconds(metrics, "ageAtRecording", ageMilliseconds);
    return output;
  },
);
