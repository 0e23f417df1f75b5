import { RegionState } from "../region-state.ts";
import type { Call, Clock, Json, Operation, Service, Surroundings } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { ItemDurability } from "./durable.ts";
import type { Item } from "./dynalite.ts";
import { GlobalTables } from "./global-tables.ts";
import { itemOperations } from "./item-operations.ts";
import { DynamoDbMetrics } from "./metrics.ts";
import { policyHolder, protectionOperations } from "./protection-operations.ts";
import { RegionTables, tableName } from "./region-tables.ts";
import type { Told } from "./replica-delivery.ts";
import { ReplicaUpdates } from "./replica-updates.ts";
import type { Replication } from "./replication.ts";
import { streamOperations } from "./stream-operations.ts";
import { keyArn } from "./table-description.ts";
import { tableOperations } from "./table-operations.ts";
import { Expiry, timeToLiveOperations } from "./time-to-live.ts";
import type { Version } from "./versions.ts";

/** One item's change in one region, as a stream of NEW_AND_OLD_IMAGES has it: none if it stays as it was. */
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
  /** Takes the metrics of tables; there are none without it. */
  metrics?: MetricsPort;
  /** How long a table stays CREATING, UPDATING or DELETING. Default 2. */
  tableMilliseconds?: number;
  /** How long a replica stays CREATING, UPDATING or DELETING. Default 50. */
  replicaMilliseconds?: number;
}

export function createDynamoDb(surroundings: Surroundings, options: DynamoDbOptions = {}): DynamoDbService {
  const { account, clock, random } = surroundings;
  const { tableMilliseconds = 2, replicaMilliseconds = 50 } = options;
  const listeners = new Set<(record: WriteRecord) => void>();
  const metrics = new DynamoDbMetrics(options.metrics);
  const regions = new RegionState((region) => {
    const tables = new RegionTables(region, account, (change, isExpiry) =>
      globalTables.written(region, change, isExpiry),
    );
    tables.onForget = (name) => durable.dropped(region, name);
    return tables;
  });
  const expiry = new Expiry(clock, regions);
  const told: Told = (region, change, { version, replicated, isExpiry }) => {
    const { table, before, after } = change;
    durable.written(region, change, version);
    const stream = regions.of(region).settings.get(table)?.stream;
    if (stream && stream.closedAt === undefined) stream.append(change, isExpiry, clock.now());
    expiry.noticed(region, table, after);
    for (const listener of listeners) listener({ region, table, before, after, version, replicated });
  };
  const globalTables = new GlobalTables({
    clock,
    random,
    regions,
    metrics,
    told,
    isLost: (region) => surroundings.faults.isLost(region),
  });
  const durable = new ItemDurability(regions, globalTables, expiry);
  const replicaUpdates = new ReplicaUpdates({ clock, regions, globalTables, replicaMilliseconds });
  const tablesAt = (arn: string): RegionTables => regions.of(arn.split(":")[3] ?? "");

  return {
    name: "dynamodb",
    durable,
    operations: {
      ...held(clock, {
        ...tableOperations({ clock, regions, globalTables, replicaUpdates, tableMilliseconds }),
        ...protectionOperations(clock, regions),
        ...streamOperations(clock, regions),
        ...timeToLiveOperations(clock, regions, expiry, tableMilliseconds),
      }),
      ...itemOperations({ clock, regions, metrics }),
    },
    replication: globalTables.queue,
    resourcePolicy: (arn) => policyHolder(tablesAt(arn), arn, clock.now())?.policy,
    encryptionKey(arn) {
      const keyId = tablesAt(arn).settings.get(tableName(arn))?.encryption?.keyId;
      return keyId === undefined ? undefined : keyArn(keyId, arn);
    },
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      expiry.close();
      globalTables.queue.close();
      for (const [, tables] of regions.entries()) await tables.engine.close();
    },
  };
}

/** Operations that the clock waits for. */
function held(clock: Clock, operations: Record<string, Operation>): Record<string, Operation> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      async (json: Json, call: Call) => {
        const end = clock.hold();
        try {
          return await operation(json, call);
        } finally {
          end();
        }
      },
    ]),
  );
}
