import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { GlobalTables } from "./global-tables.ts";
import { type RegionTables, tableName } from "./region-tables.ts";
import type { ReplicaUpdates } from "./replica-updates.ts";
import {
  CREATE_MEMBERS,
  changeSettings,
  newSettings,
  readStreamView,
  type TableSettings,
  UPDATE_MEMBERS,
  validation,
} from "./table-settings.ts";

const DYNALITE_UPDATES = [
  "AttributeDefinitions",
  "BillingMode",
  "GlobalSecondaryIndexUpdates",
  "ProvisionedThroughput",
];

export interface TablePorts {
  readonly clock: Clock;
  readonly regions: RegionState<RegionTables>;
  readonly globalTables: GlobalTables;
  readonly replicaUpdates: ReplicaUpdates;
  /** How long a table stays CREATING, UPDATING or DELETING. */
  readonly tableMilliseconds: number;
}

/** Operations on tables: dynalite's, with what it does not know put in front. Their timing is the clock's. */
export function tableOperations(ports: TablePorts): Record<string, Operation> {
  const { clock, regions, globalTables, replicaUpdates, tableMilliseconds } = ports;
  /** Gives a table a status for a while. */
  const pass = (settings: TableSettings, status: TableSettings["status"], then: () => void): void => {
    settings.status = status;
    clock.after(tableMilliseconds, then);
  };
  const active = (settings: TableSettings) => () => {
    settings.status = undefined;
  };
  return {
    async CreateTable(json, { region }) {
      const input = new Input(json).only(CREATE_MEMBERS);
      const tables = regions.of(region);
      const settings = newSettings(input, clock.now());
      const view = input.has("StreamSpecification") ? readStreamView(settings, input) : undefined;
      const name = input.text("TableName");
      const tags = input.records("Tags");
      if (tables.settings.has(name)) throw inUse(`Table already exists: ${name}`, "");
      tables.settings.set(name, settings);
      settings.status = "CREATING";
      await tables.engine.change("CreateTable", json).catch((error: unknown) => {
        tables.settings.delete(name);
        throw error;
      });
      const table = await tables.engine.table(name);
      if (view) settings.stream = tables.openStream(table, view, clock.now());
      if (tags.length > 0)
        await tables.engine.read("TagResource", { ResourceArn: table.TableArn, Tags: tags });
      const description = await tables.describe(name);
      pass(settings, "CREATING", active(settings));
      return { TableDescription: description };
    },
    async DescribeTable(json, { region }) {
      const name = tableName(new Input(json).text("TableName"));
      // For its validation of names.
      await regions.of(region).engine.read("DescribeTable", { TableName: name });
      return { Table: await regions.of(region).describe(name) };
    },
    ListTables: (json, { region }) => regions.of(region).engine.read("ListTables", json),
    async UpdateTable(json, { region }) {
      const input = new Input(json).only([...UPDATE_MEMBERS, "GlobalSecondaryIndexUpdates"]);
      const tables = regions.of(region);
      const name = tableName(input.text("TableName"));
      const settings = tables.settingsOf(name);
      if (settings.status !== undefined) throw inUse(`Table is being ${verb(settings.status)}: ${name}`);
      refuseIndexChanges(input);
      const dynalites = DYNALITE_UPDATES.some((member) => input.has(member));
      const replicas = input.has("ReplicaUpdates");
      const others = UPDATE_MEMBERS.some(
        (member) => input.has(member) && !["TableName", "ReplicaUpdates"].includes(member),
      );
      if (replicas && (others || dynalites))
        throw validation(
          "One or more parameter values were invalid: ReplicaUpdates cannot be combined with other updates.",
        );
      if (!replicas && !others && !dynalites)
        throw validation(
          "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or " +
            "SSESpecification or ReplicaUpdates is required",
        );
      if (replicas) {
        await replicaUpdates.update(region, name, input.records("ReplicaUpdates"));
        return { TableDescription: await tables.describe(name) };
      }
      const view = input.has("StreamSpecification") ? readStreamView(settings, input) : undefined;
      if (dynalites) await tables.engine.change("UpdateTable", { ...json, TableName: name });
      changeSettings(settings, input);
      if (view) settings.stream = tables.openStream(await tables.engine.table(name), view, clock.now());
      else if (settings.stream && input.has("StreamSpecification")) settings.stream.closedAt ??= clock.now();
      pass(settings, "UPDATING", active(settings));
      return { TableDescription: await tables.describe(name) };
    },
    async DeleteTable(json, { region }) {
      const input = new Input(json).only(["TableName"]);
      const tables = regions.of(region);
      const name = tableName(input.text("TableName"));
      await tables.engine.read("DescribeTable", { TableName: name });
      const settings = tables.settingsOf(name);
      if (settings.status !== undefined) throw inUse(`Table is being ${verb(settings.status)}: ${name}`);
      if (settings.deletionProtection)
        throw validation(
          `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection ` +
            `first: ${name}`,
        );
      globalTables.leave(region, name, settings);
      settings.replicas = undefined;
      pass(settings, "DELETING", () => {
        const end = clock.hold();
        tables.engine
          .change("DeleteTable", { TableName: name })
          .then(() => tables.forget(name, clock.now()))
          // The store was closed.
          .catch(() => {})
          .finally(end);
      });
      return { TableDescription: await tables.describe(name) };
    },
    // It knows global tables of version 2017.11.29 only, and those here are of version 2019.11.21.
    DescribeGlobalTable(json) {
      const name = new Input(json).text("GlobalTableName");
      throw new ServiceError(
        "GlobalTableNotFoundException",
        `Global table not found: Global table with name: '${name}' does not exist.`,
      );
    },
    ListGlobalTables: () => ({ GlobalTables: [] }),
    TagResource: (json, { region }) => regions.of(region).engine.read("TagResource", json),
    UntagResource: (json, { region }) => regions.of(region).engine.read("UntagResource", json),
    ListTagsOfResource: (json, { region }) => regions.of(region).engine.read("ListTagsOfResource", json),
  };
}

/** dynalite accepts changes of the set of indexes and does nothing. */
function refuseIndexChanges(input: Input): void {
  for (const update of input.records("GlobalSecondaryIndexUpdates"))
    if (update.Create !== undefined || update.Delete !== undefined)
      throw validation(
        "The local cloud does not add indexes to a table or remove them; of GlobalSecondaryIndexUpdates it carries " +
          "out Update. Replace the table.",
      );
}

function inUse(
  detail: string,
  prefix = "Attempt to change a resource which is still in use: ",
): ServiceError {
  return new ServiceError("ResourceInUseException", `${prefix}${detail}`);
}

function verb(status: string): string {
  return status === "CREATING" ? "created" : status === "DELETING" ? "deleted" : "updated";
}
