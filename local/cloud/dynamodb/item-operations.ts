import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Call, Clock, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { checkSizes, takeRead } from "./admission.ts";
import { batchRead, batchWrite } from "./batch-operations.ts";
import { partitionOf } from "./capacity.ts";
import type { DynaliteOperation, Item } from "./dynalite.ts";
import { writeUnits } from "./items.ts";
import type { DynamoDbMetrics } from "./metrics.ts";
import { type RegionTables, tableName } from "./region-tables.ts";
import { Usage } from "./usage.ts";

export interface ItemPorts {
  readonly clock: Clock;
  readonly regions: RegionState<RegionTables>;
  readonly metrics: DynamoDbMetrics;
}

const WRITES: readonly DynaliteOperation[] = ["DeleteItem", "PutItem", "UpdateItem"];
const RANGES: readonly DynaliteOperation[] = ["Query", "Scan"];

/** Operations on items: dynalite's, with capacity, sizes and metrics as DynamoDB counts them. */
export function itemOperations(ports: ItemPorts): Record<string, Operation> {
  const { clock, regions, metrics } = ports;
  const measured =
    (operation: DynaliteOperation, run: (tables: RegionTables, input: Json, usage: Usage) => Promise<Json>) =>
    async (json: Json, { region }: Call): Promise<Json> => {
      const end = clock.hold();
      const now = clock.now();
      const input = byName(json);
      const names = tablesOf(input);
      try {
        const tables = regions.of(region);
        for (const name of names) if (tables.settings.has(name)) tables.usable(name);
        const result = await run(tables, input, new Usage({ region, metrics, now }));
        metrics.succeeded(region, names, operation, clock.now() - now);
        return result;
      } catch (error) {
        metrics.failed(
          region,
          names.filter((name) => regions.of(region).settings.has(name)),
          operation,
          error,
        );
        throw missing(error);
      } finally {
        end();
      }
    };
  const operations: Record<string, Operation> = {
    GetItem: measured("GetItem", readItem),
    BatchGetItem: measured("BatchGetItem", (tables, input, usage) =>
      batchRead(tables, input, usage, metrics),
    ),
    BatchWriteItem: measured("BatchWriteItem", (tables, input, usage) =>
      batchWrite(tables, input, usage, metrics),
    ),
  };
  for (const operation of WRITES)
    operations[operation] = measured(operation, (tables, input, usage) =>
      writeItem(operation, tables, input, usage),
    );
  for (const operation of RANGES)
    operations[operation] = measured(operation, (tables, input, usage) =>
      readRange(operation, tables, input, usage),
    );
  return operations;
}

async function writeItem(
  operation: DynaliteOperation,
  tables: RegionTables,
  input: Json,
  usage: Usage,
): Promise<Json> {
  new Input(input).optionalText("ReturnValuesOnConditionCheckFailure", { oneOf: ["ALL_OLD", "NONE"] });
  let found: { key: string; item: Item | undefined } | undefined;
  try {
    const result = await tables.engine.write(operation, input, {
      found: (_table, key, item) => {
        found = { key, item };
      },
      admit: (write) =>
        checkSizes(write, operation) ?? usage.takeWrite(write, tables.settingsOf(write.table)),
    });
    return withCapacity(result, usage.show(input.ReturnConsumedCapacity)?.[0]);
  } catch (error) {
    // A write whose condition does not hold uses capacity all the same.
    if (found && error instanceof ServiceError && error.code === "ConditionalCheckFailedException") {
      const name = String(input.TableName);
      const use = {
        index: undefined,
        partition: partitionOf(found.key),
        units: writeUnits(found.item, undefined),
      };
      const table = await tables.engine.table(name);
      throw usage.take("Write", table, tables.settingsOf(name), [use]) ?? error;
    }
    throw error;
  }
}

async function readItem(tables: RegionTables, input: Json, usage: Usage): Promise<Json> {
  const result = await tables.engine.read("GetItem", input, {
    got: (table, key, item) => takeRead(tables, usage, table, key, item, input.ConsistentRead === true),
  });
  return withCapacity(result, usage.show(input.ReturnConsumedCapacity)?.[0]);
}

/** A query or scan. It is known only afterwards what it uses; being throttled, it gives nothing of what it read. */
async function readRange(
  operation: DynaliteOperation,
  tables: RegionTables,
  input: Json,
  usage: Usage,
): Promise<Json> {
  let partition: string | undefined;
  const detail = new Input(input).optionalText("ReturnConsumedCapacity", {
    oneOf: ["INDEXES", "TOTAL", "NONE"],
  });
  const result = await tables.engine.read(
    operation,
    { ...input, ReturnConsumedCapacity: "INDEXES" },
    {
      range: (start) => {
        if (operation === "Query") partition = partitionOf(start);
      },
    },
  );
  const table = await tables.engine.table(String(input.TableName));
  const index = typeof input.IndexName === "string" ? input.IndexName : undefined;
  const isGlobal = table.GlobalSecondaryIndexes?.some(({ IndexName }) => IndexName === index) === true;
  const least = input.ConsistentRead === true ? 1 : 0.5;
  const units = Math.max(least, Number((result.ConsumedCapacity as Json | undefined)?.CapacityUnits ?? 0));
  const error = usage.take("Read", table, tables.settingsOf(table.TableName), [
    { index: isGlobal ? index : undefined, partition, units },
  ]);
  if (error) throw error;
  return withCapacity(result, usage.show(detail)?.[0]);
}

function withCapacity({ ConsumedCapacity: _counted, ...result }: Json, consumed: Json | undefined): Json {
  return consumed ? { ...result, ConsumedCapacity: consumed } : result;
}

/** Operations on items do not name the table that is missing. */
function missing(error: unknown): unknown {
  return error instanceof ServiceError && error.code === "ResourceNotFoundException"
    ? new ServiceError(error.code, "Requested resource not found")
    : error;
}

function tablesOf({ TableName, RequestItems }: Json): string[] {
  if (typeof TableName === "string") return [TableName];
  return typeof RequestItems === "object" && RequestItems !== null ? Object.keys(RequestItems) : [];
}

/** Items can be reached by the table's ARN too, which dynalite does not know. */
function byName(json: Json): Json {
  const { TableName, RequestItems } = json;
  if (typeof TableName === "string" && TableName.startsWith("arn:"))
    return { ...json, TableName: tableName(TableName) };
  if (typeof RequestItems !== "object" || RequestItems === null) return json;
  const requests = Object.entries(RequestItems).map(([name, request]) => [tableName(name), request]);
  return { ...json, RequestItems: Object.fromEntries(requests) };
}
