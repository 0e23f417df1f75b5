import type { Json, ServiceError } from "../service.ts";
import { type Access, isProvisioned, partitionOf, type Use } from "./capacity.ts";
import type { TableDescription } from "./dynalite.ts";
import { isSameItem, isSameProjection, itemBytes, writeUnits } from "./items.ts";
import type { DynamoDbMetrics } from "./metrics.ts";
import { type TableSettings, throughputOf } from "./table-settings.ts";
import { throttlingError } from "./throttling.ts";
import type { IndexWrite, PendingWrite } from "./views.ts";

interface TableUse {
  table: number;
  readonly global: Map<string, number>;
  readonly local: Map<string, number>;
}

export interface UsagePorts {
  readonly region: string;
  readonly metrics: DynamoDbMetrics;
  readonly now: number;
}

/** What one request uses of its tables' capacity. */
export class Usage {
  readonly #ports: UsagePorts;
  readonly #tables = new Map<string, TableUse>();

  constructor(ports: UsagePorts) {
    this.#ports = ports;
  }

  /** Takes what a write needs of the table and of its global indexes, or gives the error that throttles it. */
  takeWrite(write: PendingWrite, settings: TableSettings): ServiceError | undefined {
    const partition = partitionOf(write.key);
    const own = writeUnits(write.before, write.after);
    const uses: Use[] = [];
    const local: [string, number][] = [];
    let units = own;
    for (const entry of write.indexWrites) {
      const cost = indexUnits(entry, write);
      if (cost === 0) continue;
      if (entry.isGlobal) uses.push({ index: entry.index, partition: partitionOf(entry.key), units: cost });
      else {
        units += cost;
        local.push([entry.index, cost]);
      }
    }
    const error = this.take("Write", write.description, settings, [
      { index: undefined, partition, units },
      ...uses,
    ]);
    if (error) return error;
    const use = this.#of(write.table);
    for (const [index, cost] of local) {
      use.table -= cost;
      use.local.set(index, (use.local.get(index) ?? 0) + cost);
    }
    return undefined;
  }

  /** Takes units of a table and its indexes, or gives the error that throttles the request. */
  take(
    access: Access,
    table: TableDescription,
    settings: TableSettings,
    uses: readonly Use[],
  ): ServiceError | undefined {
    const { region, metrics, now } = this.#ports;
    const throttled = settings.capacity.take(
      access,
      uses,
      (index) => throughputOf(table, settings, index),
      isProvisioned(table),
      now,
    );
    if (throttled) {
      metrics.throttleEvent(region, table.TableName, throttled.index, access);
      return throttlingError(table, throttled);
    }
    const of = this.#of(table.TableName);
    for (const { index, units } of uses) {
      metrics.consumed(region, table.TableName, index, access, units);
      if (index === undefined) of.table += units;
      else of.global.set(index, (of.global.get(index) ?? 0) + units);
    }
    return undefined;
  }

  /** ConsumedCapacity by table, as ReturnConsumedCapacity asks for it; undefined if it does not. */
  show(detail: unknown): Json[] | undefined {
    if (detail !== "TOTAL" && detail !== "INDEXES") return undefined;
    return [...this.#tables].map(([TableName, { table, global, local }]) => ({
      TableName,
      CapacityUnits: [...global.values(), ...local.values()].reduce((sum, units) => sum + units, table),
      ...(detail === "INDEXES"
        ? {
            Table: { CapacityUnits: table },
            ...(global.size > 0 ? { GlobalSecondaryIndexes: showUnits(global) } : {}),
            ...(local.size > 0 ? { LocalSecondaryIndexes: showUnits(local) } : {}),
          }
        : {}),
    }));
  }

  #of(table: string): TableUse {
    let use = this.#tables.get(table);
    if (!use) {
      use = { table: 0, global: new Map(), local: new Map() };
      this.#tables.set(table, use);
    }
    return use;
  }
}

function showUnits(units: ReadonlyMap<string, number>): Json {
  return Object.fromEntries([...units].map(([name, CapacityUnits]) => [name, { CapacityUnits }]));
}

/**
 * Write units of an index entry: none if the projected attributes stay as they were, so that an entry whose key
 * changes costs its deletion and its new place. (Developer Guide, "Provisioned throughput considerations for Global
 * Secondary Indexes".)
 */
function indexUnits(
  { index, isGlobal, item }: IndexWrite,
  { before, after, description }: PendingWrite,
): number {
  if (item === undefined) {
    const indexes = isGlobal ? description.GlobalSecondaryIndexes : description.LocalSecondaryIndexes;
    const projection = indexes?.find(({ IndexName }) => IndexName === index)?.Projection;
    return projection?.ProjectionType === "ALL" ? writeUnits(before, undefined) : 1;
  }
  const isUnchanged =
    before !== undefined && (item === after ? isSameItem(before, after) : isSameProjection(item, before));
  return isUnchanged ? 0 : Math.max(1, Math.ceil(itemBytes(item) / 1024));
}
