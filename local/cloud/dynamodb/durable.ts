import { type Durable, notDeployed } from "../durable.ts";
import type { RegionState } from "../region-state.ts";
import type { Json } from "../service.ts";
import type { Item } from "./dynalite.ts";
import type { Change } from "./engine.ts";
import type { GlobalTables } from "./global-tables.ts";
import type { RegionTables } from "./region-tables.ts";
import type { Expiry } from "./time-to-live.ts";
import { type Version, wins } from "./versions.ts";

interface KeptItem {
  readonly region: string;
  readonly table: string;
  /** Encoded key. */
  readonly key: string;
  /** Null for an item that was deleted. */
  readonly item: Item | null;
  /** Only of tables with replicas. */
  readonly version: Version | undefined;
}

interface DroppedTable {
  readonly region: string;
  readonly dropped: string;
}

/**
 * Keeps items of every region with the versions by which the last writer wins. Writes that had not reached a replica
 * need no keeping: they are those whose version is later than the replica's, and are sent on their way again.
 */
export class ItemDurability implements Durable {
  onChange: (change: Json) => void = () => {};
  readonly #regions: RegionState<RegionTables>;
  readonly #globalTables: GlobalTables;
  readonly #expiry: Expiry;

  constructor(regions: RegionState<RegionTables>, globalTables: GlobalTables, expiry: Expiry) {
    this.#regions = regions;
    this.#globalTables = globalTables;
    this.#expiry = expiry;
  }

  /** An item was written in a region, there or from another. */
  written(region: string, { table, key, after }: Change, version: Version): void {
    this.onChange({ region, table, key, item: after ?? null, version });
  }

  dropped(region: string, table: string): void {
    this.onChange({ region, dropped: table });
  }

  async *snapshot(): AsyncIterable<Json> {
    for (const [region, { engine, settings }] of this.#regions.entries())
      for (const [table, { versions, replicas }] of settings) {
        const description = await engine.table(table);
        const present = new Set<string>();
        for (const item of await engine.items(table)) {
          const key = engine.keyOf(item, description);
          if (replicas) present.add(key);
          yield { region, table, key, item, version: versions.get(key) };
        }
        for (const [key, version] of versions)
          if (!present.has(key)) yield { region, table, key, item: null, version };
      }
  }

  async restore(json: Json): Promise<void> {
    const change = json as unknown as KeptItem | DroppedTable;
    const tables = this.#regions.of(change.region);
    if ("dropped" in change) return this.#empty(tables, change.dropped);
    const { region, table, key, item, version } = change;
    const settings = tables.settings.get(table);
    if (!settings) throw notDeployed(`table ${table} in ${region}`);
    const isWanted = () => {
      if (!settings.replicas || !version) return true;
      if (!wins(version, settings.versions.get(key))) return false;
      settings.versions.set(key, version);
      return true;
    };
    const noticed = ({ after }: Change) => this.#expiry.noticed(region, table, after);
    const description = await tables.engine.table(table);
    await tables.engine.replicate(description, key, item ?? undefined, isWanted, {}, noticed);
  }

  async restored(): Promise<void> {
    for (const [region, { settings }] of this.#regions.entries())
      for (const [table, { replicas, versions }] of settings)
        for (const member of replicas?.members.keys() ?? [])
          if (member !== region) await this.#ship(region, table, versions, member);
  }

  /** Sends what the other region does not have on its way. */
  async #ship(
    region: string,
    table: string,
    versions: ReadonlyMap<string, Version>,
    member: string,
  ): Promise<void> {
    const theirs = this.#regions.of(member).settings.get(table)?.versions;
    const missing = [...versions].filter(([key, version]) => wins(version, theirs?.get(key)));
    if (missing.length === 0) return;
    const items = await this.#itemsByKey(region, table, new Set(missing.map(([key]) => key)));
    for (const [key, version] of missing)
      this.#globalTables.queue.ship(member, {
        ...{ table, key, item: items.get(key), version },
        writtenAt: version.time,
      });
  }

  async #itemsByKey(region: string, table: string, wanted: ReadonlySet<string>): Promise<Map<string, Item>> {
    const { engine } = this.#regions.of(region);
    const description = await engine.table(table);
    const items = (await engine.items(table)).map((item) => [engine.keyOf(item, description), item] as const);
    return new Map(items.filter(([key]) => wanted.has(key)));
  }

  /** A table was deleted, and what was deployed under its name since has nothing of it. */
  async #empty(tables: RegionTables, table: string): Promise<void> {
    const settings = tables.settings.get(table);
    if (!settings) return;
    const description = await tables.engine.table(table);
    for (const item of await tables.engine.items(table)) {
      const key = tables.engine.keyOf(item, description);
      await tables.engine.replicate(
        description,
        key,
        undefined,
        () => true,
        {},
        () => {},
      );
    }
    settings.versions.clear();
  }
}
