import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeployedSystem, startSystem } from "../system.ts";
import { itemsOf } from "./items.ts";

export type WorkflowType = "STANDARD" | "EXPRESS";

/** A system that can die and come back with what it kept, and that notices rows that are replaced. */
export class MortalSystem {
  readonly #type: WorkflowType;
  readonly #directory: string;
  /** Items of the home region by table, counted as they are written. */
  readonly #written = new Map<string, number>();
  #system: DeployedSystem;
  /** Rows that were overwritten with another event's, and what was gone after a restart: neither ever may be. */
  readonly problems: string[] = [];
  /** Valid events of earlier runs. */
  readonly earlier = new Set<string>();

  private constructor(type: WorkflowType, directory: string, system: DeployedSystem) {
    this.#type = type;
    this.#directory = directory;
    this.#system = system;
    this.#watch();
  }

  static async start(type: WorkflowType): Promise<MortalSystem> {
    const directory = await mkdtemp(join(tmpdir(), "chaos-"));
    return new MortalSystem(type, directory, await startIn(type, directory));
  }

  get now(): DeployedSystem {
    return this.#system;
  }

  /** Dies without finishing anything, and starts again on the same data directory. */
  async restart(): Promise<void> {
    const closed = this.#system.close();
    // What is written after this is not kept, as after the death of the process.
    const written = [...this.#written];
    await closed;
    this.#system = await startIn(this.#type, this.#directory);
    const { homeRegion } = this.#system.names;
    for (const [table, before] of written) {
      let now = 0;
      for await (const _ of itemsOf(this.#system, homeRegion, table)) now += 1;
      this.#written.set(table, now);
      if (now !== before)
        this.problems.push(`${table} had ${before} items before the restart, and ${now} after it`);
    }
    this.#watch();
  }

  async close(): Promise<void> {
    await this.#system.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #watch(): void {
    const { services, names } = this.#system;
    services.dynamodb.onWrite(({ region, table, before, after }) => {
      const change = Number(after !== undefined) - Number(before !== undefined);
      if (region === names.homeRegion) this.#written.set(table, (this.#written.get(table) ?? 0) + change);
      if (table !== names.tradesTable || !before) return;
      const [was, is] = [before.event?.S, after?.event?.S];
      if (was !== is)
        this.problems.push(`${region}: the row of event ${was} was replaced by ${is ?? "nothing"}`);
    });
  }
}

function startIn(type: WorkflowType, dataDirectory: string): Promise<DeployedSystem> {
  return startSystem({ stack: "dev", dataDirectory, overrides: { workflow: { type } } });
}
