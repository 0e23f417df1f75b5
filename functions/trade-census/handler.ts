import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SQSClient } from "@aws-sdk/client-sqs";
import { inputError } from "../adapters/errors.ts";
import { plainHandler } from "../adapters/lambda.ts";
import { count, observability } from "../adapters/observability.ts";
import { traced, tracing } from "../adapters/tracing.ts";
import type { CensusOutput } from "../contract.ts";
import { takeCensus } from "./census.ts";
import { censusPorts } from "./ports.ts";
import { censusOrder } from "./window.ts";

/** A census has minutes, and nothing else retries its calls. */
const PATIENT = {
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
} as const;
const observed = observability("trade-census");
const { logger, metrics } = observed;
const tracer = tracing("trade-census");
const dynamodb = tracer.captureAWSv3Client(new DynamoDBClient(PATIENT));
const eventBridge = tracer.captureAWSv3Client(new EventBridgeClient(PATIENT));
// Its endpoint is that of the environment, whatever host a queue's URL names.
const sqs = tracer.captureAWSv3Client(new SQSClient({ ...PATIENT, useQueueUrlAsEndpoint: false }));

/** Proves for a window of the archive that every trade event has an outcome, and names those that have none. */
export const handler = plainHandler(
  "trade-census",
  observed,
  async ({ payload, environment, signal }): Promise<CensusOutput> => {
    const order = censusOrder(payload, environment.censusMinutes, Date.now());
    if (typeof order === "string") throw inputError(`input: ${order}`);
    const ports = censusPorts({ dynamodb, eventBridge, sqs }, environment, Date.now, signal);
    const output = await traced(tracer, "census", () => takeCensus(order, ports));
    count(metrics, "censusEvents", output.events);
    count(metrics, "censusUnaccounted", output.unaccounted);
    const { named: _, ...figures } = output;
    logger.info("census", figures);
    return output;
  },
);
