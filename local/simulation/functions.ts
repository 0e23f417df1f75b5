import { settingsReader } from "../../functions/adapters/enrichment-settings.ts";
import { inputError, NamedError } from "../../functions/adapters/errors.ts";
import { heartbeatStore } from "../../functions/adapters/heartbeat-store.ts";
import { outcomeStore } from "../../functions/adapters/outcome-store.ts";
import { pendingStore } from "../../functions/adapters/pending-store.ts";
import { tradeStore } from "../../functions/adapters/trade-store.ts";
import { record } from "../../functions/compliance-recorder/record.ts";
import {
  FUNCTION_NAMES,
  type FunctionName,
  METRICS,
  type RecorderOutput,
  type ValidatorOutput,
} from "../../functions/contract.ts";
import { parseTradeEvent } from "../../functions/domain/event.ts";
import { parseEnrichment } from "../../functions/domain/function-input.ts";
import { isHeartbeat } from "../../functions/domain/heartbeat.ts";
import { isJsonObject } from "../../functions/domain/json.ts";
import { completePending } from "../../functions/metadata-enricher/complete.ts";
import { enrich, pending } from "../../functions/metadata-enricher/enrich.ts";
import { recordReplacements } from "../../functions/replacement-recorder/record-replacements.ts";
import { takeCensus } from "../../functions/trade-census/census.ts";
import { censusPorts } from "../../functions/trade-census/ports.ts";
import { censusOrder } from "../../functions/trade-census/window.ts";
import type { InProcessHandler, RunInProcess } from "../cloud/lambda/in-process.ts";
import { dynamoDbClient, eventBridgeClient, sqsClient, ssmClient } from "./clients.ts";
import { eventHandler, type Invocation, plainHandler } from "./handler.ts";
import type { World } from "./world.ts";

type Rows = Readonly<Partial<Record<FunctionName, (world: World) => InProcessHandler>>>;

/** How each function is put together of its domain code here: a row a function, as its own `handler.ts` does it. */
const ROWS: Rows = {
  "trade-validator": (world) =>
    eventHandler("trade-validator", world, async ({ envelope, environment }): Promise<ValidatorOutput> => {
      const parsed = parseTradeEvent(envelope, environment.sources);
      if (!parsed.valid) return { valid: false, ...parsed.invalid };
      const { tradeId, version } = parsed.event.trade;
      return { valid: true, tradeId, version };
    }),

  "metadata-enricher": (world) =>
    eventHandler("metadata-enricher", world, async (invocation) => {
      const parsed = parseTradeEvent(invocation.envelope, invocation.environment.sources);
      if (isHeartbeat(invocation.envelope)) return { status: "complete", market: {}, aboveThreshold: false };
      if (!parsed.valid) return pending("the event is not a valid trade");
      const { askMarketData } = world;
      return enrich(parsed.event.trade, { settings: settings(invocation), askMarketData }, invocation.signal);
    }),

  "compliance-recorder": (world) =>
    eventHandler("compliance-recorder", world, async (invocation): Promise<RecorderOutput> => {
      const { envelope, execution, payload, environment, signal, context, now } = invocation;
      const parsed = parseTradeEvent(envelope, environment.sources);
      if (!parsed.valid) {
        const { reasons, reasonCount } = parsed.invalid;
        return { outcome: "rejected", reasons, reasonCount };
      }
      if (isHeartbeat(envelope)) {
        const { region, id } = parsed.event.envelope;
        const heartbeats = heartbeatStore(dynamoDbClient(context.call), environment.heartbeatsTable);
        await heartbeats.put({ region, id, at: now() }, signal);
        const Environment = environment.environmentSuffix;
        const dimensions = { service: "compliance-recorder", Environment };
        world.onMetric(context.region, METRICS.heartbeatRecorded, dimensions);
        return { outcome: "heartbeat" };
      }
      const enrichment = parseEnrichment(isJsonObject(payload) ? payload.enrichment : undefined);
      const store = tradeStore(dynamoDbClient(context.call), environment.tradesTable);
      const recorded = await record(parsed.event, enrichment, execution, { store, now }, signal);
      const { ageMilliseconds: _, ...output } = recorded;
      return output;
    }),

  "enrichment-completer": (world) =>
    plainHandler("enrichment-completer", world, async (invocation) => {
      const { environment, signal, context, now } = invocation;
      const ports = {
        store: pendingStore(dynamoDbClient(context.call), environment.tradesTable),
        settings: settings(invocation),
        askMarketData: world.askMarketData,
        // The simulated API fails as one that is out of reach.
        isRefusal: () => false,
        now,
      };
      const done = await completePending(context.region, ports, signal);
      if (done.problems.length > 0) throw new NamedError("RowsNotCompleted", done.problems.join("; "));
      return done;
    }),

  "replacement-recorder": (world) =>
    plainHandler("replacement-recorder", world, async ({ payload, environment, signal, context }) => {
      const records = isJsonObject(payload) && Array.isArray(payload.Records) ? payload.Records : [];
      const store = outcomeStore(dynamoDbClient(context.call), environment.outcomesTable);
      const onUnreadable = (error: Error) => {
        throw error;
      };
      await recordReplacements(records, { store, systems: environment.sources, onUnreadable }, signal);
    }),

  "trade-census": (world) =>
    plainHandler("trade-census", world, async ({ payload, environment, signal, context }) => {
      const order = censusOrder(payload, environment.censusMinutes, context.clock.now());
      if (typeof order === "string") throw inputError(`input: ${order}`);
      const { call } = context;
      const clients = {
        dynamodb: dynamoDbClient(call),
        eventBridge: eventBridgeClient(call),
        sqs: sqsClient(call),
      };
      return takeCensus(
        order,
        censusPorts(clients, environment, () => context.clock.now(), signal),
      );
    }),
};

/** Runs every function in this process. One without a row fails each invocation, saying so. */
export function runFunctions(world: World): RunInProcess {
  return (functionName) => {
    const name = FUNCTION_NAMES.find((each) => functionName.startsWith(`${each}-`));
    const make = name && ROWS[name];
    return make ? make(world) : () => Promise.reject(new NamedError("NotSimulated", missing(functionName)));
  };
}

/** The enricher's parameters as operators set them, read anew: what a reader caches ends by the machine's time. */
function settings({
  environment,
  context,
}: Invocation<"metadata-enricher"> | Invocation<"enrichment-completer">) {
  const read = settingsReader(ssmClient(context.call), {
    maximumAgeSeconds: 0,
    pauseMilliseconds: 0,
    now: () => context.clock.now(),
    onFailure: () => {},
  });
  return (signal: AbortSignal) => read(environment, signal);
}

function missing(functionName: string): string {
  return `${functionName} has no row in local/simulation/functions.ts`;
}
