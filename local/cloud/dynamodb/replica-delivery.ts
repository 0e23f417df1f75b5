import type { RegionState } from "../region-state.ts";
import type { Clock } from "../service.ts";
import type { Change } from "./engine.ts";
import type { DynamoDbMetrics } from "./metrics.ts";
import type { RegionTables } from "./region-tables.ts";
import type { Delivery, Shipment } from "./replication.ts";
import { isReplicationPermitted } from "./replication-permission.ts";
import { isThrottling } from "./throttling.ts";
import { Usage } from "./usage.ts";
import { type Version, wins } from "./versions.ts";

/** Told of each stored change in a region. */
export type Told = (region: string, change: Change, origin: WriteOrigin) => void;

/** Where a change came from. */
export interface WriteOrigin {
  readonly version: Version;
  /** Whether it came from another region. */
  readonly replicated: boolean;
  /** Whether the item's time to live was over. */
  readonly isExpiry: boolean;
}

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly regions: RegionState<RegionTables>;
  readonly metrics: DynamoDbMetrics;
  readonly told: Told;
  readonly isLost: (region: string) => boolean;
}

/** Brings writes to a replica that were made in another region. */
export class ReplicaDelivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Delivers a write, or says why it has to be tried again. */
  async deliver(region: string, shipment: Shipment): Promise<Delivery> {
    const { isLost } = this.#options;
    if (isLost(region) || isLost(shipment.version.region)) return "unreachable";
    const tables = this.#options.regions.of(region);
    const settings = tables.settings.get(shipment.table);
    if (!settings?.replicas || settings.status === "DELETING") return "delivered";
    const table = await tables.engine.table(shipment.table);
    const operation = shipment.item ? "PutItem" : "DeleteItem";
    if (!isReplicationPermitted(table, settings.resourcePolicy, operation)) return "denied";
    try {
      await this.write(tables, shipment);
    } catch (error) {
      if (isThrottling(error)) return "throttled";
      throw error;
    }
    const { clock, metrics } = this.#options;
    if (shipment.writtenAt !== undefined) {
      const took = clock.now() - shipment.writtenAt;
      metrics.replicated(shipment.version.region, shipment.table, region, took);
    }
    return "delivered";
  }

  /** Puts or deletes what was written in another region, unless a later write is there. Throws what throttles it. */
  async write(tables: RegionTables, shipment: Shipment): Promise<void> {
    const settings = tables.settingsOf(shipment.table);
    const { clock, metrics, told } = this.#options;
    const usage = new Usage({ region: tables.region, metrics, now: clock.now() });
    // What the replica is filled with when it is added takes no capacity away.
    const isCounted = shipment.writtenAt !== undefined;
    let before: Version | undefined;
    await tables.engine
      .replicate(
        await tables.engine.table(shipment.table),
        shipment.key,
        shipment.item,
        () => {
          before = settings.versions.get(shipment.key);
          if (!wins(shipment.version, before)) return false;
          settings.versions.set(shipment.key, shipment.version);
          return true;
        },
        { admit: (write) => (isCounted ? usage.takeWrite(write, settings) : undefined) },
        (change) =>
          told(tables.region, change, { version: shipment.version, replicated: true, isExpiry: false }),
      )
      .catch((error: unknown) => {
        // It is to win again when it is tried again.
        if (settings.versions.get(shipment.key) === shipment.version) {
          if (before) settings.versions.set(shipment.key, before);
          else settings.versions.delete(shipment.key);
        }
        throw error;
      });
  }
}
