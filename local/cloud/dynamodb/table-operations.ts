import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { GlobalTables } from "./global-tables.ts";
import { type RegionTables, tableName } from "./region-tables.ts";
import {
  CREATE_MEMBERS,
  changeSettings,
  newSettings,
  showTable,
  UPDATE_MEMBERS,
  validation,
} from "./table-settings.ts";

const DYNALITE_UPDATES = [
  "AttributeDefinitions",
  "BillingMode",
  "GlobalSecondaryIndexUpdates",
  "ProvisionedThroughput",
];

/** Operations on tables: dynalite's, with what it does not know put in front. */
export function tableOperations(
  clock: Clock,
  regions: RegionState<RegionTables>,
  globalTables: GlobalTables,
  tableMilliseconds: number,
): Record<string, Operation> {
  return {
    async CreateTable(json, { region }) {
      const input = new Input(json).only(CREATE_MEMBERS);
      const tables = regions.of(region);
      const settings = newSettings(input, clock.now());
      const tags = input.records("Tags");
      const created = await tables.engine.run("CreateTable", json);
      const name = input.text("TableName");
      tables.settings.set(name, settings);
      const table = await tables.engine.table(name);
      if (tags.length > 0)
        await tables.engine.run("TagResource", { ResourceArn: table.TableArn, Tags: tags });
      return {
        TableDescription: showTable({ ...table, ...(created.TableDescription as Json) }, settings, region),
      };
    },
    async DescribeTable(json, { region }) {
      const name = tableName(new Input(json).text("TableName"));
      await regions.of(region).engine.run("DescribeTable", { TableName: name });
      return { Table: await regions.of(region).describe(name) };
    },
    ListTables: (json, { region }) => regions.of(region).engine.run("ListTables", json),
    DescribeTimeToLive: (json, { region }) => regions.of(region).engine.run("DescribeTimeToLive", json),
    async UpdateTable(json, { region }) {
      const input = new Input(json).only([...UPDATE_MEMBERS, "GlobalSecondaryIndexUpdates"]);
      const tables = regions.of(region);
      const name = tableName(input.text("TableName"));
      const table = await tables.engine.table(name);
      const settings = tables.settingsOf(name);
      if (settings.status !== undefined || table.TableStatus !== "ACTIVE")
        throw new ServiceError(
          "ResourceInUseException",
          `Attempt to change a resource which is still in use: Table is being ${verb(table.TableStatus)}: ${name}`,
        );
      refuseIndexChanges(input);
      const dynalites = DYNALITE_UPDATES.some((member) => input.has(member));
      const replicas = input.has("ReplicaUpdates");
      const others = [...UPDATE_MEMBERS].some(
        (member) => input.has(member) && !["TableName", "ReplicaUpdates"].includes(member),
      );
      if (replicas && others)
        throw validation(
          "One or more parameter values were invalid: ReplicaUpdates cannot be combined with other updates.",
        );
      if (!replicas && !others && !dynalites)
        throw validation(
          "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or " +
            "SSESpecification or ReplicaUpdates is required",
        );
      if (replicas) await globalTables.update(region, name, input.records("ReplicaUpdates"));
      if (dynalites) await tables.engine.run("UpdateTable", { ...json, TableName: name });
      if (changeSettings(settings, input, clock.now())) {
        settings.status = "UPDATING";
        clock.after(tableMilliseconds, () => {
          settings.status = undefined;
        });
      }
      return { TableDescription: await tables.describe(name) };
    },
    async DeleteTable(json, { region }) {
      const input = new Input(json).only(["TableName"]);
      const tables = regions.of(region);
      const name = tableName(input.text("TableName"));
      await tables.engine.run("DescribeTable", { TableName: name });
      const settings = tables.settingsOf(name);
      if (settings.deletionProtection)
        throw validation(
          `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection ` +
            `first: ${name}`,
        );
      if (settings.status === "UPDATING")
        throw new ServiceError(
          "ResourceInUseException",
          `Attempt to change a resource which is still in use: Table is being updated: ${name}`,
        );
      globalTables.leave(region, name, settings);
      const deleted = await tables.engine.run("DeleteTable", { TableName: name });
      settings.replicas = undefined;
      tables.settled(name).then(
        () => tables.settings.get(name) === settings && tables.settings.delete(name),
        // The store was closed.
        () => {},
      );
      return deleted;
    },
    DescribeGlobalTable(json) {
      throw new ServiceError(
        "GlobalTableNotFoundException",
        `Global table not found: ${new Input(json).text("GlobalTableName")}. DescribeGlobalTable is for global tables ` +
          "of version 2017.11.29; those here are of version 2019.11.21: use DescribeTable.",
      );
    },
    TagResource: (json, { region }) => regions.of(region).engine.run("TagResource", json),
    UntagResource: (json, { region }) => regions.of(region).engine.run("UntagResource", json),
    ListTagsOfResource: (json, { region }) => regions.of(region).engine.run("ListTagsOfResource", json),
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

function verb(status: string): string {
  return status === "CREATING" ? "created" : status === "DELETING" ? "deleted" : "updated";
}
