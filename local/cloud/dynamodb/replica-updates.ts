import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { isProvisioned } from "./capacity.ts";
import type { GlobalTables } from "./global-tables.ts";
import type { RegionTables } from "./region-tables.ts";
import { schemaOf } from "./table-description.ts";
import {
  newSettings,
  type Replica,
  type ReplicaGroup,
  type TableSettings,
  validation,
} from "./table-settings.ts";

export interface ReplicaUpdatesOptions {
  readonly clock: Clock;
  readonly regions: RegionState<RegionTables>;
  readonly globalTables: GlobalTables;
  /** How long a replica stays CREATING, UPDATING or DELETING. */
  readonly replicaMilliseconds: number;
}

/** Adds, changes and removes the replicas of a table. */
export class ReplicaUpdates {
  readonly #options: ReplicaUpdatesOptions;

  constructor(options: ReplicaUpdatesOptions) {
    this.#options = options;
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

  async #create(
    source: RegionTables,
    name: string,
    settings: TableSettings,
    target: string,
    keyId: string | undefined,
  ): Promise<void> {
    const table = await source.engine.table(name);
    const { clock } = this.#options;
    const view = settings.stream?.closedAt === undefined ? settings.stream?.identity.view : undefined;
    if (view !== "NEW_AND_OLD_IMAGES")
      throw validation(
        "One or more parameter values were invalid: Table must have a stream enabled with StreamViewType " +
          `NEW_AND_OLD_IMAGES to add a replica; it has ${view ?? "none"}.`,
      );
    if (isProvisioned(table))
      throw validation("Table write capacity should either be Pay-Per-Request or AutoScaled.");
    checkKey(settings, target, keyId);
    const destination = this.#options.regions.of(target);
    if (destination.settings.has(name))
      throw validation(
        `Failed to create a the new replica of table with name: '${name}' because one or more replicas already ` +
          `existed as tables: ${target}`,
      );
    const group: ReplicaGroup = settings.replicas ?? { members: new Map() };
    if (!settings.replicas)
      group.members.set(source.region, {
        status: "ACTIVE",
        keyId: settings.encryption?.keyId,
        added: undefined,
      });
    const replica: Replica = {
      status: "CREATING",
      keyId,
      added: { from: source.region, at: clock.now() },
    };
    const added: TableSettings = {
      ...newSettings(new Input({}), clock.now()),
      status: "CREATING",
      encryption: keyId ? { type: "KMS", keyId } : settings.encryption,
      tableClass: settings.tableClass,
      onDemand: new Map(settings.onDemand),
      timeToLive: settings.timeToLive,
      replicas: group,
    };
    destination.settings.set(name, added);
    settings.status = "UPDATING";
    await destination.engine.change("CreateTable", schemaOf(table)).catch((error: unknown) => {
      destination.settings.delete(name);
      settings.status = undefined;
      throw error;
    });
    added.stream = destination.openStream(await destination.engine.table(name), view, clock.now());
    settings.replicas = group;
    group.members.set(target, replica);
    this.#later(async () => {
      await this.#fill(source, destination, name, settings);
      replica.status = "ACTIVE";
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
    // Before the items: what is written while they are read and copied has a later version, and wins.
    const versions = new Map(settings.versions);
    for (const item of await source.engine.items(name)) {
      const key = source.engine.keyOf(item, table);
      const version = versions.get(key) ?? { time: 0, region: source.region };
      await this.#options.globalTables.delivery.write(target, {
        table: name,
        key,
        item,
        version,
        writtenAt: undefined,
      });
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
    if (replica) replica.status = "DELETING";
    if (source) source.status = "UPDATING";
    const other = destination.settings.get(name);
    if (other) other.status = "DELETING";
    this.#later(async () => {
      await destination.engine.change("DeleteTable", { TableName: name });
      destination.forget(name, this.#options.clock.now());
      this.#options.globalTables.dissolve(group, name, target);
      if (source) source.status = undefined;
    });
  }

  #later(task: () => Promise<void>): void {
    const { clock, replicaMilliseconds } = this.#options;
    clock.after(replicaMilliseconds, () => {
      const end = clock.hold();
      // A store that was closed in the meantime ends whatever was under way.
      task()
        .catch(() => {})
        .finally(end);
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
