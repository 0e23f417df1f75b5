import { outputsOf, parseOutputs } from "../../ops/frame/outputs.ts";
import { OPERATOR } from "../cloud/cloud.ts";
import { ROUTING_DELAY_MILLISECONDS } from "../cloud/events/endpoint-routing.ts";
import type { Json } from "../cloud/service.ts";
import type { Simulation } from "../simulation/simulation.ts";
import type { Timeline } from "./timeline.ts";

/** How often alarms are looked at, in simulated milliseconds. */
const LOOK = 10_000;
const STEP = 1_000;

/** A change of where the global endpoint leads. */
export interface Switch {
  readonly at: number;
  readonly region: string;
}

/** Looks at health, routing, alarms and replication while a drill's time passes, and writes down what changes. */
export class Watch {
  readonly switches: Switch[] = [];
  /** When the health check of the primary region became unhealthy first after the failure began. */
  unhealthyAt: number | undefined;
  largestBacklog = 0;
  /** Rows that a region wrote over another event's row by itself. */
  readonly overwritten: string[] = [];
  readonly #simulation: Simulation;
  readonly #timeline: Timeline;
  readonly #endpointId: string;
  readonly #alarms: Readonly<Record<string, string>>;
  readonly #states = new Map<string, string>();
  readonly #close: (() => void)[];
  #active: string;
  #looked = 0;
  #isFirstRecorded = false;
  /** While an operator mends, rows may be replaced. */
  isMending = false;

  constructor(simulation: Simulation, timeline: Timeline) {
    this.#simulation = simulation;
    this.#timeline = timeline;
    const { services, regions, names } = simulation;
    const outputs = parseOutputs(services.outputs);
    const { GlobalEndpointId, HealthCheckId } = outputs;
    if (GlobalEndpointId === undefined || HealthCheckId === undefined)
      throw new Error("the stack has no global endpoint: its failover is not enabled");
    this.#endpointId = GlobalEndpointId;
    const { latency = "", heartbeat = "" } = outputsOf(outputs, regions[0]).healthAlarmNames ?? {};
    this.#alarms = { [heartbeat]: "heartbeat alarm", [latency]: "ingestion latency alarm" };
    this.#active = this.activeRegion;
    const { route53, dynamodb } = services;
    this.#close = [
      route53.onChange(({ id, isHealthy }) => {
        if (id !== HealthCheckId) return;
        if (!isHealthy && timeline.failedAt !== undefined) this.unhealthyAt ??= simulation.clock.now();
        timeline.add(`health check of ${regions[0]} ${isHealthy ? "healthy" : "unhealthy"}`);
        // Behind the endpoint's own timer, so that its change is seen at its time.
        simulation.clock.after(ROUTING_DELAY_MILLISECONDS, () => this.#lookAtRouting());
      }),
      dynamodb.onWrite(({ region, table, before, after, replicated }) => {
        if (table !== names.tradesTable || replicated) return;
        const isReplaced = before?.event !== undefined && before.event.S !== after?.event?.S;
        if (isReplaced && !this.isMending)
          this.overwritten.push(`${after?.tradeId?.S} version ${after?.version?.N} in ${region}`);
        if (region !== regions[1] || this.#isFirstRecorded || this.#active === regions[0]) return;
        this.#isFirstRecorded = true;
        timeline.add(`first trade recorded in ${region}`);
      }),
    ];
  }

  get endpointId(): string {
    return this.#endpointId;
  }

  get activeRegion(): string {
    return this.#simulation.services.events.globalEndpoints.activeRegion(this.#endpointId) ?? "";
  }

  /** Writes that have not reached the other region. */
  get backlog(): number {
    return this.#simulation.services.dynamodb.replication.pending();
  }

  /** Lets so much time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.passUntil(() => false, milliseconds);
  }

  /** Lets time pass until the condition holds, at most so much of it; gives whether it held. */
  async passUntil(holds: () => boolean, limit: number): Promise<boolean> {
    const { clock } = this.#simulation;
    const end = clock.now() + limit;
    while (!holds()) {
      if (clock.now() >= end) return false;
      await clock.advance(Math.min(STEP, end - clock.now()));
      await this.#look();
    }
    return true;
  }

  close(): void {
    for (const close of this.#close) close();
  }

  async #look(): Promise<void> {
    const { clock } = this.#simulation;
    this.largestBacklog = Math.max(this.largestBacklog, this.backlog);
    this.#lookAtRouting();
    if (clock.now() - this.#looked < LOOK) return;
    this.#looked = clock.now();
    await this.#lookAtAlarms();
  }

  #lookAtRouting(): void {
    const active = this.activeRegion;
    if (active === this.#active) return;
    this.#active = active;
    this.switches.push({ at: this.#simulation.clock.now(), region: active });
    this.#timeline.add(`endpoint → ${active}`);
  }

  async #lookAtAlarms(): Promise<void> {
    const { services, regions, faults } = this.#simulation;
    // Nobody can ask a lost region, and slow calls would hold up whoever looks.
    if (faults.list().length > 0 && (faults.isLost(regions[0]) || isSlow(this.#simulation))) return;
    const { surroundings } = services.cloud;
    const { MetricAlarms } = await surroundings.call(
      "monitoring",
      "DescribeAlarms",
      { AlarmNames: Object.keys(this.#alarms) },
      { region: regions[0], principal: OPERATOR },
    );
    for (const { AlarmName, StateValue } of MetricAlarms as Json[]) {
      const [name, state] = [String(AlarmName), String(StateValue)];
      const before = this.#states.get(name);
      this.#states.set(name, state);
      if (before !== undefined && before !== state) this.#timeline.add(`${this.#alarms[name]}: ${state}`);
    }
  }
}

function isSlow({ faults }: Simulation): boolean {
  return faults.list().some(({ fault }) => fault.effect.kind === "delay" && fault.service === undefined);
}
