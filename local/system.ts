import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { outputsOf, parseOutputs } from "../ops/frame/outputs.ts";
import { assembleLedger, type Ledger } from "../ops/ledger/ledger.ts";
import { busesOfRegion } from "../ops/send/allowed-buses.ts";
import { type SendResult, sendTape } from "../ops/send/send-tape.ts";
import type { TapeSource } from "../ops/tape/lines.ts";
import { OPERATOR } from "./cloud/cloud.ts";
import { type Deployment, deploy, PROJECT_DIRECTORY } from "./deploy.ts";
import { type LedgerNames, type LedgerPorts, readLedgerSources } from "./ledger-source.ts";
import { type MarketDataServer, startMarketData } from "./market-data/server.ts";
import type { EvaluatedResource } from "./program/provider.ts";
import type { Properties } from "./program/wire.ts";
import { type LocalServices, startServices } from "./services.ts";
import { apiEndpointParameters, ledgerNames } from "./stack-outputs.ts";
import { seededRandom } from "./tape/random.ts";

export interface LocalSystemOptions {
  stack: string;
  port?: number;
  seed?: number;
  /** Chance in the services, instead of the seeded one: jitter of pauses, sampling of traces. */
  random?: () => number;
  /** Configuration that replaces the stack file's, by key without the project's name. */
  overrides?: Readonly<Record<string, unknown>>;
  onResource?: (resource: EvaluatedResource) => void;
  /** Folder for state that outlives the process; without it everything ends with the process. */
  dataDirectory?: string;
}

/** The whole system on this machine: services, a deployed stack and the market data API that it asks. */
export interface LocalSystem {
  readonly services: LocalServices;
  readonly marketData: MarketDataServer;
  readonly names: LedgerNames;
  /** Milliseconds since the epoch of the first row in the trades table. */
  readonly firstRecordedAt: () => number | undefined;
  close(): Promise<void>;
}

/** The same, with what was deployed in this process. */
export interface DeployedSystem extends LocalSystem {
  readonly deployment: Deployment;
  /** Changes that were taken in from the data directory. */
  readonly restored: number;
}

/** Executions under way above which sending pauses: below the reserved concurrency, so that nothing is throttled. */
const OUTSTANDING_LIMIT = 8;
const POLL_MILLISECONDS = 5;
/** How long nothing may change before draining gives up: longer than the longest execution. */
const STALLED_MILLISECONDS = 300_000;

/** Starts the services, then deploys the stack. Whatever was started is stopped again if that fails. */
export async function startSystem(options: LocalSystemOptions): Promise<DeployedSystem> {
  const random = seededRandom(options.seed ?? 1);
  const services = await startServices({
    port: options.port ?? 0,
    random: options.random ?? random.next,
    cacheDirectory: join(PROJECT_DIRECTORY, ".local"),
    ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
  });
  let marketData: MarketDataServer | undefined;
  try {
    marketData = await startMarketData();
    const deployment = await deploy(services, {
      stack: options.stack,
      ...(options.overrides ? { overrides: options.overrides } : {}),
      ...(options.onResource ? { onResource: options.onResource } : {}),
    });
    const restored = await services.keep(options.stack);
    return { ...(await systemOf(services, marketData, deployment.outputs)), deployment, restored };
  } catch (error) {
    await services.close();
    await marketData?.close();
    throw error;
  }
}

/** The system of a stack that was deployed to running services, by its outputs. */
export async function systemOf(
  services: LocalServices,
  marketData: MarketDataServer,
  outputs: Properties,
): Promise<LocalSystem> {
  services.outputs = outputs;
  await useMarketData(services, outputs, marketData.url);
  const names = ledgerNames(outputs);
  let firstRecordedAt: number | undefined;
  services.dynamodb.onWrite(({ table }) => {
    if (table === names.tradesTable) firstRecordedAt ??= Date.now();
  });
  return {
    ...{ services, marketData, names },
    firstRecordedAt: () => firstRecordedAt,
    async close() {
      await services.close();
      await marketData.close();
    },
  };
}

/** Points the enrichers at this machine's market data, as an operator changes a parameter of a running system. */
async function useMarketData(services: LocalServices, outputs: Properties, url: string): Promise<void> {
  for (const [region, Name] of Object.entries(apiEndpointParameters(outputs)))
    await services.cloud.surroundings.call(
      "ssm",
      "PutParameter",
      { Name, Value: url, Type: "String", Overwrite: true },
      { region, principal: OPERATOR },
    );
}

export interface RunOptions {
  signal?: AbortSignal;
  onProgress?: (result: SendResult) => void;
  /** Executions and deliveries under way above which sending pauses. */
  outstanding?: number;
  /** Told of each accepted entry: its line, from 1, and the id that its event got. */
  onAccepted?: (line: number, eventId: string) => void;
}

export interface Run {
  sent: SendResult;
  ledger: Ledger;
}

const NOTHING_SENT: SendResult = { sent: 0, refused: [], accepted: 0 };

/** Sends a tape through the system, waits until nothing is under way, and reads the ledger. */
export async function runTape(
  system: LocalSystem,
  lines: TapeSource,
  options: RunOptions = {},
): Promise<Run> {
  const before = await readLedger(system, NOTHING_SENT, 0);
  const started = performance.now();
  const sent = await send(system, lines, options);
  await drain(system, options.signal);
  const seconds = (performance.now() - started) / 1000;
  return { sent, ledger: await readLedger(system, sent, seconds, before) };
}

/** Sends a tape through the system, with a bounded number of events under way, and does not wait for these. */
export async function send(
  system: LocalSystem,
  lines: TapeSource,
  options: RunOptions = {},
): Promise<SendResult> {
  const { homeRegion } = system.names;
  const { eventBusName, eventBusArn, ruleNames } = outputsOf(
    parseOutputs(system.services.outputs),
    homeRegion,
  );
  const client = new EventBridgeClient({
    region: homeRegion,
    endpoint: system.services.endpoint.url,
    credentials: { accessKeyId: "producer", secretAccessKey: "producer" },
  });
  const limit = options.outstanding ?? OUTSTANDING_LIMIT;
  try {
    return await sendTape(lines, {
      client,
      eventBusName,
      allowedBuses: busesOfRegion(eventBusArn, ruleNames.forwarding),
      admission: async (waiting, unanswered) => {
        const room = () => limit - inFlight(system) - unanswered();
        while (room() < 1 && !options.signal?.aborted) await setTimeout(POLL_MILLISECONDS);
        return Math.max(1, Math.min(waiting, room()));
      },
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
      ...(options.onAccepted ? { onAccepted: options.onAccepted } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } finally {
    client.destroy();
  }
}

/** Open executions and undelivered retries in every region, counted. */
export function inFlight(system: LocalSystem): number {
  return system.services.states.openExecutions() + system.services.events.pendingDeliveries();
}

/**
 * Waits until nothing is under way and every row is replicated, but for what a replica's policy denies. Throws if nothing
 * moves for five minutes.
 */
export async function drain(system: LocalSystem, signal?: AbortSignal): Promise<void> {
  let last = inFlight(system);
  let changedAt = performance.now();
  while (inFlight(system) > 0 && !signal?.aborted) {
    await setTimeout(POLL_MILLISECONDS);
    const now = inFlight(system);
    if (now !== last) changedAt = performance.now();
    last = now;
    if (performance.now() - changedAt > STALLED_MILLISECONDS)
      throw new Error(`${now} events are still in flight, and nothing has changed for five minutes`);
  }
  if (!signal?.aborted) await system.services.dynamodb.replication.drained();
}

/** The ledger as the services have it now, of all that they have seen, or of what has come since `before`. */
export async function readLedger(
  system: Pick<LocalSystem, "services" | "names">,
  { sent, refused }: SendResult,
  seconds: number,
  before?: Ledger,
): Promise<Ledger> {
  const { services, names } = system;
  const ports: LedgerPorts = {
    call: services.cloud.surroundings.call,
    sum: (...of) => services.monitoring.metrics.sum(...of),
    openInputs: (region) => services.states.openInputs(region),
    acceptedEvents: (region, bus) => services.events.acceptedEvents(region, bus),
    forwardedEvents: (region, bus) => services.events.forwardedEvents(region, bus),
    takenEvents: (region, bus) => services.events.takenEvents(region, bus),
    openDeliveries: (region) => services.events.openDeliveries(region),
  };
  const sources = await readLedgerSources(names, ports);
  return assembleLedger({
    ...{ sent, refused: refused.length, seconds, ...sources },
    ...(before ? { before } : {}),
  });
}
