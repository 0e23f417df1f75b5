import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { TableDescription } from "./dynalite.ts";
import type { ChangeListener } from "./engine.ts";
import { Engine } from "./engine.ts";
import { showTable, type TableSettings } from "./table-settings.ts";

/** The tables of one region with their settings. */
export class RegionTables {
  readonly region: string;
  readonly engine: Engine;
  readonly settings = new Map<string, TableSettings>();

  constructor(region: string, account: string, tableMilliseconds: number, listener: ChangeListener) {
    this.region = region;
    this.engine = new Engine(region, account, tableMilliseconds, listener);
  }

  /** A table's settings. Throws ResourceNotFoundException. */
  settingsOf(name: string): TableSettings {
    const settings = this.settings.get(name);
    if (settings) return settings;
    throw new ServiceError(
      "ResourceNotFoundException",
      `Requested resource not found: Table: ${name} not found`,
    );
  }

  /** A table as DescribeTable shows it. */
  async describe(name: string): Promise<Json> {
    const table = await this.engine.table(name);
    return showTable(table, this.settingsOf(name), this.region);
  }

  /** A table once it is ACTIVE for the engine, or undefined once it is gone. */
  async settled(name: string): Promise<TableDescription | undefined> {
    for (;;) {
      const table = await this.engine.table(name).catch((error: unknown) => {
        if (error instanceof ServiceError && error.code === "ResourceNotFoundException") return undefined;
        throw error;
      });
      if (!table || table.TableStatus === "ACTIVE") return table;
      await new Promise((done) => setTimeout(done, 1));
    }
  }
}

/** Name of the table that a name or an ARN means. */
export function tableName(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:")
    ? (nameOrArn.split(":table/")[1]?.split("/")[0] ?? nameOrArn)
    : nameOrArn;
}
