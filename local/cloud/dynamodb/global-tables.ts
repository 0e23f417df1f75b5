import type { Change } from "./engine.ts";
import { type DeliveryOptions, ReplicaDelivery } from "./replica-delivery.ts";
import { ReplicationQueue } from "./replication.ts";
import { type ReplicaGroup, type TableSettings, validation } from "./table-settings.ts";
import { nextVersion } from "./versions.ts";

export interface GlobalTablesOptions extends DeliveryOptions {
  readonly random: () => number;
}

/** The source of a replica that was added less than this ago cannot be deleted. */
const SOURCE_MILLISECONDS = 86_400_000;

/** Global tables of version 2019.11.21: which tables belong together, and carrying writes between them. */
export class GlobalTables {
  readonly queue: ReplicationQueue;
  readonly delivery: ReplicaDelivery;
  readonly #options: GlobalTablesOptions;

  constructor(options: GlobalTablesOptions) {
    this.#options = options;
    this.delivery = new ReplicaDelivery(options);
    this.queue = new ReplicationQueue(options.clock, options.random, (region, shipment) =>
      this.delivery.deliver(region, shipment),
    );
  }

  /** Takes note of a local write and sends it to the other replicas. Called while the item is locked. */
  written(region: string, change: Change, isExpiry: boolean): void {
    const settings = this.#options.regions.of(region).settings.get(change.table);
    const now = this.#options.clock.now();
    const version = nextVersion(now, region, settings?.versions.get(change.key));
    if (settings?.replicas) {
      settings.versions.set(change.key, version);
      for (const [member, replica] of settings.replicas.members)
        if (member !== region && replica.status !== "DELETING")
          this.queue.ship(member, {
            table: change.table,
            key: change.key,
            item: change.after,
            version,
            writtenAt: now,
          });
    }
    this.#options.told(region, change, { version, replicated: false, isExpiry });
  }

  /** Refuses the deletion of a table that others were replicated from, and takes a replica out of its group. */
  leave(region: string, name: string, settings: TableSettings): void {
    const group = settings.replicas;
    if (!group) return;
    const now = this.#options.clock.now();
    for (const { added } of group.members.values())
      if (added?.from === region && now - added.at < SOURCE_MILLISECONDS)
        throw validation(
          "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the " +
            "table in the last 24 hours.",
        );
    this.dissolve(group, name, region);
  }

  /** Takes a region out of a group; a group of one is none. */
  dissolve(group: ReplicaGroup, name: string, region: string): void {
    group.members.delete(region);
    this.queue.forget(region, name);
    if (group.members.size > 1) return;
    for (const member of group.members.keys()) {
      const settings = this.#options.regions.of(member).settings.get(name);
      if (!settings) continue;
      settings.replicas = undefined;
      settings.versions.clear();
    }
  }
}
