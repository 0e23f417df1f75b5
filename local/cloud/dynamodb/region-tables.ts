import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { TableDescription } from "./dynalite.ts";
import type { ChangeListener } from "./engine.ts";
import { Engine } from "./engine.ts";
import { showTable } from "./table-description.ts";
import type { TableSettings } from "./table-settings.ts";
import { type StreamView, TableStream } from "./table-stream.ts";

/** The tables of one region with their settings, and the streams of tables that are or were there. */
export class RegionTables {
  readonly region: string;
  readonly engine: Engine;
  readonly settings = new Map<string, TableSettings>();
  /** Told of a table that is gone. */
  onForget: (name: string) => void = () => {};
  readonly #streams = new Map<string, TableStream>();

  constructor(region: string, account: string, listener: ChangeListener) {
    this.region = region;
    this.engine = new Engine(region, account, listener);
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

  /** Settings of a table whose items can be read and written. Throws ResourceNotFoundException. */
  usable(name: string): TableSettings {
    const settings = this.settings.get(name);
    if (settings && settings.status !== "CREATING" && settings.status !== "DELETING") return settings;
    throw new ServiceError("ResourceNotFoundException", "Requested resource not found");
  }

  /** A table as DescribeTable shows it. */
  async describe(name: string): Promise<Json> {
    const settings = this.settingsOf(name);
    return showTable(await this.engine.table(name), settings, this.region);
  }

  /** Opens a stream on a table. Its label is the time, in ISO 8601. */
  openStream(table: TableDescription, view: StreamView, now: number): TableStream {
    const label = new Date(now).toISOString().replace("Z", "");
    const stream = new TableStream({
      arn: `${table.TableArn}/stream/${label}`,
      label,
      table: table.TableName,
      region: this.region,
      view,
      keySchema: table.KeySchema,
      createdAt: now,
    });
    this.#streams.set(stream.identity.arn, stream);
    return stream;
  }

  /** The stream of an ARN; undefined once nothing of it can be read. */
  stream(arn: string, now: number): TableStream | undefined {
    const stream = this.#streams.get(arn);
    if (!stream?.isOver(now)) return stream;
    this.#streams.delete(arn);
    return undefined;
  }

  allStreams(now: number): TableStream[] {
    return [...this.#streams.keys()].flatMap((arn) => this.stream(arn, now) ?? []);
  }

  /** Forgets a table that is gone. Its stream can still be read. */
  forget(name: string, now: number): void {
    const stream = this.settings.get(name)?.stream;
    if (stream) stream.closedAt ??= now;
    this.settings.delete(name);
    this.onForget(name);
  }
}

/** Name of the table that a name or an ARN means. */
export function tableName(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:")
    ? (nameOrArn.split(":table/")[1]?.split("/")[0] ?? nameOrArn)
    : nameOrArn;
}
