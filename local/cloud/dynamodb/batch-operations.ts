import { isJson } from "../input.ts";
import type { Json, ServiceError } from "../service.ts";
import { checkSizes, takeRead } from "./admission.ts";
import type { Item } from "./dynalite.ts";
import type { DynamoDbMetrics } from "./metrics.ts";
import type { RegionTables } from "./region-tables.ts";
import type { Usage } from "./usage.ts";

/**
 * BatchWriteItem: what is throttled comes back as UnprocessedItems; the request fails only if nothing was written.
 */
export async function batchWrite(
  tables: RegionTables,
  input: Json,
  usage: Usage,
  metrics: DynamoDbMetrics,
): Promise<Json> {
  const skipped = new Skipped();
  const result = await tables.engine.write("BatchWriteItem", input, {
    admit(write) {
      const tooLarge = checkSizes(write, "PutItem");
      if (tooLarge) return tooLarge;
      const error = usage.takeWrite(write, tables.settingsOf(write.table));
      return error ? skipped.add(write.table, write.key, error) : undefined;
    },
  });
  const { ConsumedCapacity: _counted, ...rest } = result;
  const requests = input.RequestItems as Record<string, { PutRequest?: Json; DeleteRequest?: Json }[]>;
  const unprocessed = await skipped.select(tables, requests, "BatchWriteItem", metrics, (request) =>
    itemOf(request.PutRequest?.Item ?? request.DeleteRequest?.Key),
  );
  return { ...rest, UnprocessedItems: unprocessed, ...capacity(usage, input) };
}

/** BatchGetItem: what is throttled comes back as UnprocessedKeys; the request fails only if nothing was read. */
export async function batchRead(
  tables: RegionTables,
  input: Json,
  usage: Usage,
  metrics: DynamoDbMetrics,
): Promise<Json> {
  const skipped = new Skipped();
  const requests = input.RequestItems as Record<string, { Keys: Json[]; ConsistentRead?: boolean }>;
  const result = await tables.engine.read("BatchGetItem", input, {
    got(table, key, item) {
      const isConsistent = requests[table.TableName]?.ConsistentRead === true;
      const error = takeRead(tables, usage, table, key, item, isConsistent);
      return error ? skipped.add(table.TableName, key, error) : undefined;
    },
  });
  const { ConsumedCapacity: _counted, UnprocessedKeys: beyond, ...rest } = result;
  const keys = Object.fromEntries(Object.entries(requests).map(([name, { Keys }]) => [name, Keys]));
  const left = await skipped.select(tables, keys, "BatchGetItem", metrics, itemOf);
  const unprocessed = { ...(isJson(beyond) ? beyond : {}) };
  for (const [name, Keys] of Object.entries(left)) unprocessed[name] = { ...requests[name], Keys };
  return { ...rest, UnprocessedKeys: unprocessed, ...capacity(usage, input) };
}

/** Items of a batch that were throttled. */
class Skipped {
  readonly #keys = new Map<string, Set<string>>();
  #error: ServiceError | undefined;

  add(table: string, key: string, error: ServiceError): "skip" {
    const keys = this.#keys.get(table) ?? new Set();
    this.#keys.set(table, keys.add(key));
    this.#error = error;
    return "skip";
  }

  /** The requests that were skipped, by table. Throws what throttled the last one if all of them were. */
  async select<Request>(
    tables: RegionTables,
    requests: Record<string, Request[]>,
    operation: string,
    metrics: DynamoDbMetrics,
    item: (request: Request) => Item,
  ): Promise<Record<string, Request[]>> {
    const selected: Record<string, Request[]> = {};
    if (!this.#error) return selected;
    let isAll = true;
    for (const [name, each] of Object.entries(requests)) {
      const keys = this.#keys.get(name);
      const table = await tables.engine.table(name);
      const left = each.filter((request) => keys?.has(tables.engine.keyOf(item(request), table)));
      if (left.length < each.length) isAll = false;
      if (left.length > 0) selected[name] = left;
    }
    if (isAll) throw this.#error;
    metrics.throttled(tables.region, Object.keys(selected), operation);
    return selected;
  }
}

/** What dynalite has accepted as an item or a key. */
function itemOf(value: unknown): Item {
  return value as Item;
}

function capacity(usage: Usage, input: Json): Json {
  const consumed = usage.show(input.ReturnConsumedCapacity);
  return consumed ? { ConsumedCapacity: consumed } : {};
}
