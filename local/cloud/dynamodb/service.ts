import { RegionState } from "../region-state.ts";
import type { Operation, Service, Surroundings } from "../service.ts";
import type { DynaliteOperation, Item } from "./dynalite.ts";
import type { Change } from "./engine.ts";
import { GlobalTables } from "./global-tables.ts";
import { protectionOperations } from "./protection-operations.ts";
import { RegionTables, tableName } from "./region-tables.ts";
import type { Replication } from "./replication.ts";
import { tableOperations } from "./table-operations.ts";
import type { Version } from "./versions.ts";

/** One item's change in one region, as a stream of NEW_AND_OLD_IMAGES has it. */
export interface WriteRecord {
  readonly region: string;
  readonly table: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
  /** When and in which region the write was made. */
  readonly version: Version;
  /** Whether it came here from another region. */
  readonly replicated: boolean;
}

/** DynamoDB: tables and items by dynalite, in memory; replicas between regions. */
export interface DynamoDbService extends Service {
  readonly replication: Replication;
  /**
   * Tells of every change of an item that was stored, in order for each item and before the write is answered. The
   * result ends it. Listeners must not throw and must not change the images.
   */
  onWrite(listener: (record: WriteRecord) => void): () => void;
}

export interface DynamoDbOptions {
  /** How long a table stays CREATING, UPDATING or DELETING. Default 2. */
  tableMilliseconds?: number;
  /** How long a replica stays CREATING, UPDATING or DELETING. Default 50. */
  replicaMilliseconds?: number;
}

const READS: readonly DynaliteOperation[] = ["BatchGetItem", "GetItem", "Query", "Scan"];
const WRITES: readonly DynaliteOperation[] = ["BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem"];

export function createDynamoDb(surroundings: Surroundings, options: DynamoDbOptions = {}): DynamoDbService {
  const { account, clock, random } = surroundings;
  const { tableMilliseconds = 2, replicaMilliseconds = 50 } = options;
  const listeners = new Set<(record: WriteRecord) => void>();
  const regions = new RegionState(
    (region) =>
      new RegionTables(region, account, tableMilliseconds, (change) => globalTables.written(region, change)),
  );
  const told = (
    region: string,
    { table, before, after }: Change,
    version: Version,
    replicated: boolean,
  ): void => {
    for (const listener of listeners) listener({ region, table, before, after, version, replicated });
  };
  const globalTables = new GlobalTables({ clock, random, regions, replicaMilliseconds, told });

  const operations: Record<string, Operation> = {
    ...tableOperations(clock, regions, globalTables, tableMilliseconds),
    ...protectionOperations(clock, regions),
  };
  for (const operation of READS)
    operations[operation] = (json, { region }) => regions.of(region).engine.run(operation, byName(json));
  for (const operation of WRITES)
    operations[operation] = (json, { region }) => regions.of(region).engine.write(operation, byName(json));

  return {
    name: "dynamodb",
    operations,
    replication: globalTables.queue,
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      globalTables.queue.close();
      for (const [, tables] of regions.entries()) await tables.engine.close();
    },
  };
}

/** Items can be reached by the table's ARN too, which dynalite does not know. */
function byName(json: Record<string, unknown>): Record<string, unknown> {
  const { TableName } = json;
  return typeof TableName === "string" && TableName.startsWith("arn:")
    ? { ...json, TableName: tableName(TableName) }
    : json;
}
