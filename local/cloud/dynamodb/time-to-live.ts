import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Item } from "./dynalite.ts";
import { type RegionTables, tableName } from "./region-tables.ts";
import { type TableSettings, validation } from "./table-settings.ts";

/** Between two looks at a table's items. AWS deletes within a few days; here it does not have to be waited for. */
const SWEEP_MILLISECONDS = 60_000;
/** Developer Guide, "Time to Live": items that ended more than five years ago stay. */
const OLDEST_SECONDS = 5 * 365 * 86_400;
/** API Reference, UpdateTimeToLive: not again within an hour, the time that a change may take. */
const CHANGE_MILLISECONDS = 3_600_000;

/** Deletes items whose time to live is over. Looks at a table only when an item of it has come to its end. */
export class Expiry {
  readonly #clock: Clock;
  readonly #regions: RegionState<RegionTables>;
  /** When tables are looked at next, and how not to. */
  readonly #sweeps = new Map<TableSettings, { at: number; cancel: () => void }>();

  constructor(clock: Clock, regions: RegionState<RegionTables>) {
    this.#clock = clock;
    this.#regions = regions;
  }

  /** Takes note of an item that is there now. */
  noticed(region: string, name: string, item: Item | undefined): void {
    const settings = this.#regions.of(region).settings.get(name);
    const end = item && settings ? endOf(settings, item) : undefined;
    if (settings && end !== undefined) this.#plan(region, name, settings, end * 1000);
  }

  /** Looks at all items of a table whose time to live was turned on. */
  enabled(region: string, name: string): void {
    const settings = this.#regions.of(region).settings.get(name);
    if (settings) this.#plan(region, name, settings, this.#clock.now());
  }

  close(): void {
    for (const { cancel } of this.#sweeps.values()) cancel();
    this.#sweeps.clear();
  }

  #plan(region: string, name: string, settings: TableSettings, end: number): void {
    // One replica deletes, and the others are told; they look later, in case that they were not.
    const order = settings.replicas ? [...settings.replicas.members.keys()].indexOf(region) : 0;
    const at = Math.max(end, this.#clock.now()) + (order + 1) * SWEEP_MILLISECONDS;
    const planned = this.#sweeps.get(settings);
    if (planned && planned.at <= at) return;
    planned?.cancel();
    const cancel = this.#clock.after(at - this.#clock.now(), () => {
      this.#sweeps.delete(settings);
      const done = this.#clock.hold();
      this.#sweep(region, name, settings)
        // The table or the store is gone.
        .catch(() => {})
        .finally(done);
    });
    this.#sweeps.set(settings, { at, cancel });
  }

  async #sweep(region: string, name: string, settings: TableSettings): Promise<void> {
    const tables = this.#regions.of(region);
    if (tables.settings.get(name) !== settings || settings.timeToLive?.status !== "ENABLED") return;
    const now = this.#clock.now() / 1000;
    const { KeySchema } = await tables.engine.table(name);
    const { attribute } = settings.timeToLive;
    for (const item of await tables.engine.items(name)) {
      const end = endOf(settings, item);
      if (end === undefined || end <= now - OLDEST_SECONDS) continue;
      if (end > now) this.noticed(region, name, item);
      else {
        const Key = Object.fromEntries(KeySchema.map((key) => [key.AttributeName, item[key.AttributeName]]));
        await tables.engine
          .write("DeleteItem", { TableName: name, Key, ...unchanged(attribute, item) }, {}, true)
          .catch((error: unknown) => {
            // It was given another end in the meantime.
            if (!(error instanceof ServiceError && error.code === "ConditionalCheckFailedException"))
              throw error;
          });
      }
    }
  }
}

function unchanged(attribute: string, item: Item): Json {
  return {
    ConditionExpression: "#end = :end",
    ExpressionAttributeNames: { "#end": attribute },
    ExpressionAttributeValues: { ":end": item[attribute] },
  };
}

/** An item's end in seconds since the epoch; undefined if it has none. */
function endOf({ timeToLive }: TableSettings, item: Item): number | undefined {
  const value = timeToLive ? item[timeToLive.attribute]?.N : undefined;
  return typeof value === "string" ? Number(value) : undefined;
}

/** UpdateTimeToLive, which holds for all replicas of a table, and DescribeTimeToLive. */
export function timeToLiveOperations(
  clock: Clock,
  regions: RegionState<RegionTables>,
  expiry: Expiry,
  tableMilliseconds: number,
): Record<string, Operation> {
  return {
    UpdateTimeToLive(json, { region }) {
      const input = new Input(json).only(["TableName", "TimeToLiveSpecification"]);
      const name = tableName(input.text("TableName"));
      const settings = regions.of(region).settingsOf(name);
      const specification = new Input(input.record("TimeToLiveSpecification"));
      const attribute = specification.text("AttributeName", { minimum: 1, maximum: 255 });
      const isEnabled = specification.flag("Enabled");
      const now = clock.now();
      const former = settings.timeToLive;
      if (former && now - former.changedAt < CHANGE_MILLISECONDS)
        throw validation("Time to live has been modified multiple times within a fixed interval");
      const wasEnabled = former?.status === "ENABLED";
      if (isEnabled && wasEnabled) throw validation("TimeToLive is already enabled");
      if (!isEnabled && !wasEnabled) throw validation("TimeToLive is already disabled");
      if (!isEnabled && former?.attribute !== attribute)
        throw validation(
          `TimeToLive is active on a different AttributeName: current AttributeName is ${former?.attribute}`,
        );
      const members = settings.replicas?.members.keys() ?? [region];
      for (const member of members) {
        const there = regions.of(member).settings.get(name);
        if (!there) continue;
        const changed: TableSettings["timeToLive"] = {
          attribute,
          status: isEnabled ? "ENABLING" : "DISABLING",
          changedAt: now,
        };
        there.timeToLive = changed;
        clock.after(tableMilliseconds, () => {
          changed.status = isEnabled ? "ENABLED" : "DISABLED";
          if (isEnabled) expiry.enabled(member, name);
        });
      }
      return { TimeToLiveSpecification: { AttributeName: attribute, Enabled: isEnabled } };
    },
    DescribeTimeToLive(json, { region }) {
      const name = tableName(new Input(json).text("TableName"));
      const { timeToLive } = regions.of(region).settingsOf(name);
      const status = timeToLive?.status ?? "DISABLED";
      return {
        TimeToLiveDescription: {
          TimeToLiveStatus: status,
          ...(timeToLive && status !== "DISABLED" ? { AttributeName: timeToLive.attribute } : {}),
        },
      };
    },
  };
}
