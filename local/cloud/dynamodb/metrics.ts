import { ServiceError } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import type { Access } from "./capacity.ts";
import { isThrottling } from "./throttling.ts";

const NAMESPACE = "AWS/DynamoDB";

/** The metrics of tables (Developer Guide, "DynamoDB metrics and dimensions"). */
export class DynamoDbMetrics {
  readonly #port: MetricsPort | undefined;

  constructor(port: MetricsPort | undefined) {
    this.#port = port;
  }

  /** Units that a table, or an index of it by name, has used. */
  consumed(region: string, table: string, index: string | undefined, access: Access, units: number): void {
    this.#count(region, `Consumed${access}CapacityUnits`, dimensions(table, index), units);
  }

  /** An item's read or write that the table or one of its indexes throttled. */
  throttleEvent(region: string, table: string, index: string | undefined, access: Access): void {
    this.#count(region, `${access}ThrottleEvents`, dimensions(table, index), 1);
  }

  /** A request that succeeded, in milliseconds. */
  succeeded(region: string, tables: readonly string[], operation: string, milliseconds: number): void {
    for (const TableName of tables)
      this.#port?.record(
        region,
        NAMESPACE,
        "SuccessfulRequestLatency",
        { TableName, Operation: operation },
        milliseconds,
        "Milliseconds",
      );
  }

  /** A request that was throttled in part at least. */
  throttled(region: string, tables: readonly string[], operation: string): void {
    for (const TableName of tables)
      this.#count(region, "ThrottledRequests", { TableName, Operation: operation }, 1);
  }

  /** A request that was refused or failed. */
  failed(region: string, tables: readonly string[], operation: string, error: unknown): void {
    if (isThrottling(error)) this.throttled(region, tables, operation);
    else if (!(error instanceof ServiceError) || error.status >= 500)
      for (const TableName of tables)
        this.#count(region, "SystemErrors", { TableName, Operation: operation }, 1);
    else if (error.code === "ConditionalCheckFailedException")
      for (const TableName of tables) this.#count(region, "ConditionalCheckFailedRequests", { TableName }, 1);
    // Of the whole account in a region.
    else this.#count(region, "UserErrors", {}, 1);
  }

  /** How long after it was made a write has reached another region. */
  replicated(source: string, table: string, receiving: string, milliseconds: number): void {
    this.#port?.record(
      source,
      NAMESPACE,
      "ReplicationLatency",
      { TableName: table, ReceivingRegion: receiving },
      milliseconds,
      "Milliseconds",
    );
  }

  #count(region: string, name: string, of: Record<string, string>, value: number): void {
    this.#port?.record(region, NAMESPACE, name, of, value, "Count");
  }
}

function dimensions(table: string, index: string | undefined): Record<string, string> {
  return index === undefined ? { TableName: table } : { TableName: table, GlobalSecondaryIndexName: index };
}
