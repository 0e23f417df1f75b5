import type { MortalSystem } from "./mortal-system.ts";
import type { PartPlan } from "./plan.ts";
import type { FunctionProcesses } from "./processes.ts";

/** What was done to a system. */
export interface Done {
  /** Faults that met a call. */
  readonly faults: number;
  readonly killed: number;
  readonly paused: number;
  readonly restarts: number;
}

/** Does to a system what a plan says, part by part. What did not meet its call ends with the part after its own. */
export class Harm {
  readonly #mortal: MortalSystem;
  readonly #processes: FunctionProcesses;
  readonly #before: { killed: number; paused: number };
  /** Ids of the faults of this part and of the one before. */
  #parts: string[][] = [];
  #applied = 0;
  #restarts = 0;

  constructor(mortal: MortalSystem, processes: FunctionProcesses) {
    this.#mortal = mortal;
    this.#processes = processes;
    this.#before = { killed: processes.killed, paused: processes.paused };
  }

  /** Begins with a part, before it is sent. */
  begin({ faults, disturbances, stopsReplication, stopsMarketData }: PartPlan): void {
    const { services, marketData } = this.#mortal.now;
    while (this.#parts.length > 1) this.#forget(this.#parts.shift() ?? []);
    this.#parts.push(faults.map((fault) => services.cloud.faults.start(fault).id));
    this.#processes.disturb(disturbances);
    if (stopsReplication) services.dynamodb.replication.pause();
    marketData.available = !stopsMarketData;
  }

  /** The local cloud dies and comes back. */
  async restart(): Promise<void> {
    for (const ids of this.#parts.splice(0)) this.#forget(ids);
    this.#restarts += 1;
    this.#processes.calm();
    await this.#mortal.restart();
  }

  /** All is well from now on. */
  end(): void {
    for (const ids of this.#parts.splice(0)) this.#forget(ids);
    this.#processes.calm();
    const { services, marketData } = this.#mortal.now;
    services.dynamodb.replication.resume();
    marketData.available = true;
  }

  get done(): Done {
    const { killed, paused } = this.#processes;
    return {
      faults: this.#applied,
      killed: killed - this.#before.killed,
      paused: paused - this.#before.paused,
      restarts: this.#restarts,
    };
  }

  #forget(ids: readonly string[]): void {
    const { faults } = this.#mortal.now.services.cloud;
    const mine = new Set(ids);
    for (const { id, applied } of faults.list()) if (mine.has(id)) this.#applied += applied;
    for (const id of ids) faults.remove(id);
  }
}
