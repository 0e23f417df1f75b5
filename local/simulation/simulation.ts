import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { METRICS_NAMESPACE } from "../../functions/contract.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { foldOutcomes, type Ledger, type Outcome } from "../../ops/ledger/ledger.ts";
import { DrivenClock } from "../cloud/clock.ts";
import type { Faults } from "../cloud/faults.ts";
import { deploy, PROJECT_DIRECTORY } from "../deploy.ts";
import { type LedgerNames, readWitnesses } from "../ledger-source.ts";
import { type LocalServices, startServices } from "../services.ts";
import { ledgerNames } from "../stack-outputs.ts";
import { readLedger } from "../system.ts";
import { align } from "./alignment.ts";
import { takeChance } from "./chance.ts";
import { drained } from "./drain.ts";
import { runFunctions } from "./functions.ts";
import { type Entry, Producer } from "./producer.ts";
import { Redrives } from "./redrives.ts";
import { readTables, type Tables } from "./tables.ts";
import { follow, Trace } from "./trace.ts";
import { makeWorld, type World } from "./world.ts";

export interface SimulationOptions {
  /** Of a first run, which is then begun; without it `begin` comes first. */
  seed?: number;
  /** Default: dev. */
  stack?: string;
  /** Configuration over the stack file's, as `deploy` takes it. */
  overrides?: Readonly<Record<string, unknown>>;
}

/**
 * The whole system in both regions, deployed once, with time that stands still until it is driven. It goes from run to
 * run: each has chance, trace, events and ledger of its own. One at a time in a process.
 */
export interface Simulation {
  readonly clock: DrivenClock;
  readonly services: LocalServices;
  readonly names: LedgerNames;
  readonly faults: Faults;
  readonly world: World;
  readonly trace: Trace;
  /** Names of both regions, the primary one first. */
  readonly regions: readonly [string, string];
  /** The stack's environment suffix, in which names end. */
  readonly suffix: string;
  /** Of the run, to be part of its trades' ids: no two runs of a simulation have the same. */
  readonly prefix: string;
  /**
   * Ends the run, and begins one from this seed: faults gone, parameters of the world as at first, half a minute after full ten minutes.
   * The same seed and steps have the same trace, whatever ran before.
   */
  begin(seed: number): Promise<void>;
  /** Puts an event on a region's trades bus; the result names it. Throws if it is refused. */
  send(region: string, entry: Entry): Promise<string>;
  /** Puts what this event says on a region's bus once more, as an event of its own. */
  resend(event: string, region: string): Promise<string>;
  /** Starts the workflow with an event that has begun before; false if it has not. */
  redrive(event: string): Promise<boolean>;
  /** Replays the archive of a region, by default all of the run. Times in milliseconds since the epoch. */
  replay(region: string, from?: number, to?: number): Promise<void>;
  /** Lets time pass until nothing is under way in either region. Throws naming what is, if that takes an hour. */
  drain(): Promise<void>;
  /** Rows and outcomes of the run's events, in both regions. */
  tables(): Promise<Tables>;
  /** What became of each of the run's events, over all of its witnesses. */
  outcomes(): Promise<ReadonlyMap<string, Outcome>>;
  /** The ledger of the run. */
  ledger(): Promise<Ledger>;
  /** Events that were sent in the run. */
  events(): readonly string[];
  close(): Promise<void>;
}

const MINUTE = 60_000;
const FIRST_PAUSE_MILLISECONDS = 100;

/** Deploys the stack to services on a driven clock. */
export async function startSimulation(options: SimulationOptions = {}): Promise<Simulation> {
  const clock = new DrivenClock();
  const chance = takeChance();
  const world = makeWorld(clock, chance);
  const start = startServices({
    ...{ clock, random: chance.next, runInProcess: runFunctions(world) },
    cacheDirectory: join(PROJECT_DIRECTORY, ".local"),
  });
  const services = await start.catch((error) => {
    chance.release();
    throw error;
  });
  world.onMetric = (region, name, dimensions) =>
    services.monitoring.metrics.record(region, METRICS_NAMESPACE, name, dimensions, 1, "Count");
  const close = async () => {
    await services.close();
    chance.release();
  };
  const { overrides, stack = "dev" } = options;
  const passing = new AbortController();
  void passMinutes(clock, passing.signal);
  const deployment = await deploy(services, { stack, ...(overrides ? { overrides } : {}) })
    .catch(async (error) => {
      await close();
      throw error;
    })
    .finally(() => passing.abort());
  const { outputs } = deployment;
  services.outputs = outputs;
  const names = ledgerNames(outputs);
  const { call } = services.cloud.surroundings;
  const trace = new Trace(() => clock.now());
  const producer = new Producer(names, call, trace);
  const redrives = new Redrives(services, outputs);
  follow(services, trace);
  const other = Object.keys(names.regions).find((region) => region !== names.homeRegion) ?? "";
  const uses = new Map<number, number>();
  let prefix = "";
  let before: Ledger | undefined;
  let began = clock.now();

  /** Of all that the services have seen, or of what has come since `since`. */
  const readSince = (since?: Ledger) => {
    const sent = producer.events().length;
    return readLedger({ services, names }, { sent, refused: [], accepted: sent }, 0, since);
  };

  const simulation: Simulation = {
    ...{ clock, services, names, world, trace },
    suffix: parseOutputs(outputs).EnvironmentSuffix,
    faults: services.cloud.faults,
    regions: [names.homeRegion, other],
    get prefix() {
      return prefix;
    },
    async begin(seed) {
      services.cloud.faults.clear();
      services.dynamodb.replication.setLag();
      services.dynamodb.replication.resume();
      world.marketDataFailures = 0;
      await drained(services, clock, redrives);
      await align(services, clock, simulation.regions);
      producer.begin();
      redrives.begin();
      // Before chance begins anew: looking into queues takes of it, the more the more they hold.
      before = await readSince();
      const use = uses.get(seed) ?? 0;
      uses.set(seed, use + 1);
      chance.reseed(seed, use);
      prefix = use === 0 ? `S${seed}` : `S${seed}.${use}`;
      trace.begin();
      began = clock.now();
    },
    send: (region, entry) => producer.send(region, entry),
    resend: (event, region) => producer.resend(event, region),
    redrive: (event) => redrives.redrive(event),
    replay: (region, from = began, to = clock.now() + 1_000) => redrives.replay(region, from, to),
    drain: () => drained(services, clock, redrives),
    tables: () => readTables(names, call, new Set(producer.events())),
    async outcomes() {
      const own = new Set(producer.events());
      const witnesses = await readWitnesses(names, call);
      return foldOutcomes(witnesses.filter(({ event }) => own.has(event)));
    },
    ledger: () => readSince(before),
    events: () => producer.events(),
    close,
  };
  if (options.seed !== undefined) await simulation.begin(options.seed);
  return simulation;
}

/**
 * New tables and replicas take time, which has to pass while the stack is deployed: in whole minutes, so that schedules
 * are due at whole minutes, and ever more slowly, so that the deployer's credentials do not expire.
 */
async function passMinutes(clock: DrivenClock, signal: AbortSignal): Promise<void> {
  for (let pause = FIRST_PAUSE_MILLISECONDS; !signal.aborted; pause += FIRST_PAUSE_MILLISECONDS / 5) {
    await setTimeout(pause);
    if (!signal.aborted) clock.skip(MINUTE - (clock.now() % MINUTE));
  }
}
