import { parseOutputs } from "../../ops/frame/outputs.ts";
import type { Simulation } from "../simulation/simulation.ts";
import { seededRandom } from "../tape/random.ts";
import { checksOf, LONGEST_FAILOVER_SECONDS } from "./checks.ts";
import { type Door, watchDoor } from "./door.ts";
import { ledgerSince, readEvidence } from "./evidence.ts";
import { type Failure, KIND_SETTINGS, KINDS, type Kind } from "./kinds.ts";
import { Load } from "./load.ts";
import { type Plan, planOf } from "./plan.ts";
import { Producers } from "./producers.ts";
import { recover } from "./recovery.ts";
import { type DrillResult, failedDrill } from "./result.ts";
import { Timeline } from "./timeline.ts";
import { Trades } from "./trades.ts";
import { Watch } from "./watch.ts";

const MINUTE = 60_000;
/** In which every failure that is over has made the endpoint switch, if it does. */
const LATE_NOTICE = 4 * MINUTE;
/** How long the system is given to be healthy before, and to return by itself after a failure. */
const PATIENCE = 15 * MINUTE;
/** Somewhat longer than a failover may take, so that a late one is seen. */
const FAILOVER_PATIENCE = LONGEST_FAILOVER_SECONDS * 1_000 + 2 * MINUTE;
const SETTLING = 20_000;
/** A burst comes this long before the failure: some of it is under way then. */
const BURST_BEFORE = 400;

/** Carries out the drill of a kind and seed. One at a time on a simulation; they may follow each other. */
export async function runDrill(simulation: Simulation, kind: Kind, seed: number): Promise<DrillResult> {
  // No two kinds have the same chance.
  const own = (seed * KINDS.length + KINDS.indexOf(kind)) >>> 0;
  await simulation.begin(own);
  const door = watchDoor(simulation.services);
  const timeline = new Timeline(() => simulation.clock.now());
  const watch = new Watch(simulation, timeline);
  try {
    return await new Drill(simulation, { kind, seed, own }, { door, timeline, watch }).run();
  } catch (error) {
    return failedDrill({ kind, seed }, timeline.lines(), error);
  } finally {
    watch.close();
    door.close();
  }
}

interface Identity {
  readonly kind: Kind;
  readonly seed: number;
  readonly own: number;
}

interface Instruments {
  readonly door: Door;
  readonly timeline: Timeline;
  readonly watch: Watch;
}

class Drill {
  readonly #simulation: Simulation;
  readonly #identity: Identity;
  readonly #door: Door;
  readonly #timeline: Timeline;
  readonly #watch: Watch;
  readonly #plan: Plan;
  readonly #load: Load;
  readonly #producers: Producers;
  readonly #failure: () => Failure;
  #failedAt = 0;
  #endedAt = 0;
  #recoveryPoint = 0;

  constructor(simulation: Simulation, identity: Identity, { door, timeline, watch }: Instruments) {
    const { clock, services, prefix } = simulation;
    const random = seededRandom(identity.own);
    this.#simulation = simulation;
    this.#identity = identity;
    this.#door = door;
    this.#timeline = timeline;
    this.#watch = watch;
    this.#plan = planOf(identity.kind, random);
    this.#failure = () => KIND_SETTINGS[identity.kind].failure(random);
    this.#producers = new Producers(simulation, watch.endpointId, random);
    const trades = new Trades(random, prefix, parseOutputs(services.outputs).Sources);
    this.#load = new Load({ clock, random }, this.#plan, trades, this.#producers);
  }

  async run(): Promise<DrillResult> {
    const { clock, services, regions } = this.#simulation;
    const watch = this.#watch;
    const primary = regions[0];
    const before = await ledgerSince(this.#simulation, 0);
    const wasHealthy = await watch.passUntil(() => watch.activeRegion === primary, PATIENCE);
    const begunAt = clock.now();
    services.dynamodb.replication.setLag(this.#plan.lag);
    this.#load.begin();
    await watch.pass(this.#plan.healthy);
    for (const phase of this.#plan.phases) {
      await this.#fail(phase.lasts, phase.after);
      await watch.pass(phase.pause);
    }
    // A short failure may be noticed only when it is over, since CloudWatch looks back over minutes.
    if (this.#identity.kind === "flapping") await watch.pass(LATE_NOTICE);
    await watch.passUntil(() => watch.activeRegion === primary, PATIENCE);
    await watch.pass(SETTLING);
    this.#load.end();
    await watch.passUntil(() => this.#producers.waiting === 0, PATIENCE);
    await this.#drain();
    this.#timeline.add("drained");
    const atRest = await this.#case(begunAt);
    const recovery = await recover(this.#simulation, begunAt, watch, this.#timeline);
    const final = await this.#case(begunAt);
    const ledger = await ledgerSince(this.#simulation, this.#door.accepted.size, before);
    const figures = { ...this.#figures(), ...recovery };
    const checks = checksOf({
      ...{ kind: this.#identity.kind, regions, atRest, final, ledger, recovery, wasHealthy },
      failoverSeconds: figures.failoverSeconds,
      finalRegion: watch.activeRegion,
      notAccepted: this.#producers.waiting,
      overwritten: watch.overwritten,
    });
    const { kind, seed } = this.#identity;
    const { problems: _, ...told } = figures;
    return {
      ...{ kind, seed, holds: checks.every(({ holds }) => holds), checks, figures: told },
      timeline: this.#timeline.lines(),
    };
  }

  /** A failure from begin to end, with the load that goes on meanwhile. */
  async #fail(lasts: number | undefined, after: number): Promise<void> {
    const { clock, faults, regions } = this.#simulation;
    const { watch, plan, load, timeline } = this.#parts;
    const [primary, secondary] = regions;
    if (plan.lostAnswers > 0)
      faults.add({
        ...{ service: "events", operation: "PutEvents", region: primary, when: "after" },
        ...{ effect: { kind: "error", code: "InternalFailure", status: 500 }, times: plan.lostAnswers },
      });
    load.burst();
    await watch.pass(BURST_BEFORE);
    const failure = this.#failure();
    if (this.#failedAt === 0) {
      this.#failedAt = clock.now();
      this.#recoveryPoint = watch.backlog;
      timeline.failedAt = this.#failedAt;
    }
    const name = this.#identity.kind === "idle" ? "idle hour" : "failure";
    timeline.add(`${name} begins: ${failure.what}`);
    const end = failure.begin(this.#simulation);
    load.burst();
    if (this.#identity.kind === "replication") await this.#conflicts();
    if (lasts !== undefined) await watch.pass(lasts);
    else {
      await watch.passUntil(() => watch.activeRegion === secondary, FAILOVER_PATIENCE);
      load.burst();
      await watch.pass(after);
    }
    load.burst();
    await watch.pass(BURST_BEFORE);
    end();
    faults.clear();
    timeline.add(`${name} ends`);
    this.#endedAt = clock.now();
    load.burst();
  }

  /** What both regions take of the same trades while neither hears of the other. */
  async #conflicts(): Promise<void> {
    const { regions } = this.#simulation;
    for (let count = 0; count < this.#plan.burst; count += 1) {
      this.#load.conflict(regions);
      await this.#watch.pass(1_000);
    }
  }

  get #parts() {
    return { watch: this.#watch, plan: this.#plan, load: this.#load, timeline: this.#timeline };
  }

  /** Until nothing is under way, copies of events included. */
  async #drain(): Promise<void> {
    const { services } = this.#simulation;
    const { replication } = services.events.globalEndpoints;
    await this.#watch.passUntil(() => replication.pending() === 0, PATIENCE);
    await this.#simulation.drain();
  }

  async #case(since: number) {
    const { services, regions } = this.#simulation;
    const { Sources } = parseOutputs(services.outputs);
    const systems = new Map(Sources.map(({ name, source }) => [source, name]));
    const evidence = await readEvidence(this.#simulation, since);
    return { ...evidence, accepted: new Map(this.#door.accepted), systems, regions };
  }

  #figures() {
    const { switches, unhealthyAt, largestBacklog } = this.#watch;
    const [primary, secondary] = this.#simulation.regions;
    const away = switches.find(({ region }) => region === secondary);
    const back = switches.findLast(({ at, region }) => region === primary && at >= this.#endedAt);
    const since = (from: number, at: number | undefined) =>
      at === undefined ? undefined : Math.round((at - from) / 1_000);
    return {
      events: this.#door.accepted.size,
      detectionSeconds: since(this.#failedAt, unhealthyAt),
      failoverSeconds: since(this.#failedAt, away?.at),
      returnSeconds: since(this.#endedAt, back?.at),
      recoveryPointWrites: this.#recoveryPoint,
      largestBacklog,
    };
  }
}
