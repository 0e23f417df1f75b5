import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Change } from "./engine.ts";
import type { RegionTables } from "./region-tables.ts";
import { ReplicationQueue, type Shipment } from "./replication.ts";
import {
  newSettings,
  type ReplicaGroup,
  schemaOf,
  type TableSettings,
  validation,
} from "./table-settings.ts";
import { nextVersion, type Version, wins } from "./versions.ts";

/** Told of each stored change in a region; `replicated` if it came from another one. */
export type Told = (region: string, change: Change, version: Version, replicated: boolean) => void;

export interface GlobalTablesOptions {
  clock: Clock;
  random: () => number;
  regions: RegionState<RegionTables>;
  /** How long a replica stays CREATING, UPDATING or DELETING. */
  replicaMilliseconds: number;
  told: Told;
}

/** Global tables of version 2019.11.21: adding and removing replicas, and carrying writes between them. */
export class GlobalTables {
  readonly queue: ReplicationQueue;
  readonly #options: GlobalTablesOptions;

  constructor(options: GlobalTablesOptions) {
    this.#options = options;
    this.queue = new ReplicationQueue(options.clock, options.random, (region, shipment) =>
      this.#deliver(region, shipment),
    );
  }

  /** Takes note of a local write and sends it to the other replicas. Called while the item is locked. */
  written(region: string, change: Change): void {
    const settings = this.#options.regions.of(region).settings.get(change.table);
    const now = this.#options.clock.now();
    const version = nextVersion(now, region, settings?.versions.get(change.key));
    if (settings?.replicas) {
      settings.versions.set(change.key, version);
      for (const [member, replica] of settings.replicas.members)
        if (member !== region && replica.status !== "DELETING")
          this.queue.ship(member, { table: change.table, key: change.key, item: change.after, version });
    }
    this.#options.told(region, change, version, false);
  }

  /** Carries out the ReplicaUpdates of an UpdateTable in `region`, as far as AWS does before it answers. */
  async update(region: string, name: string, updates: Json[]): Promise<void> {
    const [update = {}] = updates;
    const [action = ""] = Object.keys(update);
    if (
      updates.length !== 1 ||
      Object.keys(update).length !== 1 ||
      !["Create", "Update", "Delete"].includes(action)
    )
      throw validation(
        "ReplicaUpdates must have exactly one update with exactly one of Create, Update and Delete.",
      );
    const tables = this.#options.regions.of(region);
    const settings = tables.settingsOf(name);
    const input = new Input(new Input(update).record(action)).only(["RegionName", "KMSMasterKeyId"]);
    const target = input.text("RegionName");
    const keyId = input.optionalText("KMSMasterKeyId");
    if (target === region)
      throw validation(
        "Cannot add, delete, or update the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or " +
          "UpdateTable as required.",
      );
    if (action === "Create") return this.#create(tables, name, settings, target, keyId);
    const replica = settings.replicas?.members.get(target);
    if (!settings.replicas || !replica)
      throw validation(
        "Replica specified in the Replica Update or Replica Delete action of the request was not found.",
      );
    if (action === "Delete") return this.#remove(settings.replicas, name, region, target);
    checkKey(settings, target, keyId);
    replica.status = "UPDATING";
    settings.status = "UPDATING";
    this.#later(async () => {
      replica.keyId = keyId;
      const other = this.#options.regions.of(target).settings.get(name);
      if (other) other.encryption = keyId ? { type: "KMS", keyId } : undefined;
      replica.status = "ACTIVE";
      settings.status = undefined;
    });
  }

  /** Refuses the deletion of a table that others were replicated from, and takes a replica out of its group. */
  leave(region: string, name: string, settings: TableSettings): void {
    const group = settings.replicas;
    if (!group) return;
    if (group.home === region)
      throw validation(
        "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the " +
          `table in the last 24 hours. Remove first: ${[...group.members.keys()].filter((each) => each !== region)}`,
      );
    this.#dissolve(group, name, region);
  }

  async #create(
    source: RegionTables,
    name: string,
    settings: TableSettings,
    target: string,
    keyId: string | undefined,
  ): Promise<void> {
    const table = await source.engine.table(name);
    if (settings.streamViewType !== "NEW_AND_OLD_IMAGES")
      throw validation(
        "One or more parameter values were invalid: Table must have a stream enabled with StreamViewType " +
          `NEW_AND_OLD_IMAGES to add a replica; it has ${settings.streamViewType ?? "none"}.`,
      );
    if (table.BillingModeSummary?.BillingMode !== "PAY_PER_REQUEST")
      throw validation("Table write capacity should either be Pay-Per-Request or AutoScaled.");
    checkKey(settings, target, keyId);
    const destination = this.#options.regions.of(target);
    if (destination.settings.has(name))
      throw validation(
        `Failed to create a the new replica of table with name: '${name}' because one or more replicas already ` +
          `existed as tables: ${target}`,
      );
    const group: ReplicaGroup = settings.replicas ?? { home: source.region, members: new Map() };
    if (!settings.replicas)
      group.members.set(source.region, { status: "ACTIVE", keyId: settings.encryption?.keyId });
    const replica = { status: "CREATING" as const, keyId };
    const added: TableSettings = {
      ...newSettings(new Input({}), this.#options.clock.now()),
      status: "CREATING",
      streamViewType: settings.streamViewType,
      streamLabel: new Date(this.#options.clock.now()).toISOString().replace("Z", ""),
      encryption: keyId ? { type: "KMS", keyId } : settings.encryption,
      tableClass: settings.tableClass,
      replicas: group,
    };
    destination.settings.set(name, added);
    await destination.engine.run("CreateTable", schemaOf(table)).catch((error: unknown) => {
      destination.settings.delete(name);
      throw error;
    });
    settings.replicas = group;
    group.members.set(target, replica);
    settings.status = "UPDATING";
    this.#later(async () => {
      await destination.settled(name);
      await this.#fill(source, destination, name, settings);
      group.members.set(target, { status: "ACTIVE", keyId });
      added.status = undefined;
      settings.status = undefined;
    });
  }

  /** Copies the items that the table already had. Items written since then arrive by themselves and win. */
  async #fill(
    source: RegionTables,
    target: RegionTables,
    name: string,
    settings: TableSettings,
  ): Promise<void> {
    const table = await source.engine.table(name);
    for (const item of await source.engine.items(name)) {
      const key = source.engine.keyOf(item, table);
      const version = settings.versions.get(key) ?? { time: 0, region: source.region };
      await this.#deliver(target.region, { table: name, key, item, version });
    }
  }

  #remove(group: ReplicaGroup, name: string, region: string, target: string): void {
    const replica = group.members.get(target);
    if (replica?.status === "CREATING" || replica?.status === "DELETING")
      throw new ServiceError(
        "ResourceInUseException",
        `Attempt to change a resource which is still in use: Replica in ${target} is ${replica.status}: ${name}`,
      );
    const source = this.#options.regions.of(region).settings.get(name);
    const destination = this.#options.regions.of(target);
    group.members.set(target, { status: "DELETING", keyId: replica?.keyId });
    if (source) source.status = "UPDATING";
    const other = destination.settings.get(name);
    if (other) other.status = "DELETING";
    this.#later(async () => {
      await destination.engine.run("DeleteTable", { TableName: name });
      await destination.settled(name);
      destination.settings.delete(name);
      this.#dissolve(group, name, target);
      if (source) source.status = undefined;
    });
  }

  /** Takes a region out of a group; a group of one is none. */
  #dissolve(group: ReplicaGroup, name: string, region: string): void {
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

  async #deliver(region: string, shipment: Shipment): Promise<void> {
    const tables = this.#options.regions.of(region);
    const settings = tables.settings.get(shipment.table);
    if (!settings?.replicas || settings.status === "DELETING") return;
    const table = await tables.settled(shipment.table);
    if (!table) return;
    await tables.engine.replicate(
      table,
      shipment.key,
      shipment.item,
      () => {
        if (!wins(shipment.version, settings.versions.get(shipment.key))) return false;
        settings.versions.set(shipment.key, shipment.version);
        return true;
      },
      (change) => this.#options.told(region, change, shipment.version, true),
    );
  }

  #later(task: () => Promise<void>): void {
    this.#options.clock.after(this.#options.replicaMilliseconds, () => {
      // A store that was closed in the meantime ends whatever was under way.
      task().catch(() => {});
    });
  }
}

/** A table under a customer key needs a key of the replica's region. */
function checkKey(settings: TableSettings, target: string, keyId: string | undefined): void {
  if (settings.encryption?.keyId && !keyId)
    throw validation(
      "One or more parameter values were invalid: KMSMasterKeyId must be specified for each replica, since the " +
        "table is encrypted with a customer managed key.",
    );
  if (!settings.encryption?.keyId && keyId)
    throw validation(
      "One or more parameter values were invalid: KMSMasterKeyId must not be specified for a replica, since the " +
        "table is not encrypted with a customer managed key.",
    );
  if (keyId?.startsWith("arn:") && keyId.split(":")[3] !== target)
    throw validation(
      `One or more parameter values were invalid: KMSMasterKeyId ${keyId} is not in the replica's region ${target}.`,
    );
}
