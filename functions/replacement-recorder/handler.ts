import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CLIENT_OPTIONS } from "../adapters/clients.ts";
import { plainHandler } from "../adapters/lambda.ts";
import { count, observability } from "../adapters/observability.ts";
import { outcomeStore } from "../adapters/outcome-store.ts";
import { traced, tracing } from "../adapters/tracing.ts";
import { isJsonObject } from "../domain/json.ts";
import { recordReplacements } from "./record-replacements.ts";

const observed = observability("replacement-recorder");
const { logger, metrics } = observed;
const tracer = tracing("replacement-recorder");
const client = tracer.captureAWSv3Client(new DynamoDBClient(CLIENT_OPTIONS));

/**
 * Takes the changes of the region's trades table and gives every event that lost its row to another region's write its
 * outcome. An error is thrown before anything is passed over: the batch comes again, and outcomes are put once.
 */
export const handler = plainHandler(
  "replacement-recorder",
  observed,
  async ({ payload, environment, signal }): Promise<void> => {
    const records = isJsonObject(payload) && Array.isArray(payload.Records) ? payload.Records : [];
    const ports = {
      store: outcomeStore(client, environment.outcomesTable),
      systems: environment.sources,
      onUnreadable: (error: Error) => logger.error("record not read", error),
    };
    const { duplicate, rejected } = await traced(tracer, "replacements", () =>
      recordReplacements(records, ports, signal),
    );
    if (duplicate + rejected > 0) count(metrics, "replaced", duplicate + rejected);
    if (rejected > 0) {
      count(metrics, "replacedByConflict", rejected);
      logger.warn("rejected after replication", { rejected });
    }
  },
);
