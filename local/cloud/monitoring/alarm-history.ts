import { RegionState } from "../region-state.ts";
import type { Clock, Json } from "../service.ts";
import type { StateRecord } from "./alarm-notice.ts";
import type { Alarm } from "./alarms.ts";

/** One item as DescribeAlarmHistory shows it; `at` in milliseconds since the epoch. */
export interface HistoryItem {
  readonly name: string;
  readonly at: number;
  readonly type: "ConfigurationUpdate" | "StateUpdate" | "Action";
  readonly summary: string;
  /** JSON text. */
  readonly data: string;
}

/** CloudWatch keeps alarm history for 30 days; beside that, what is kept of a region is bounded. */
const KEPT_MILLISECONDS = 30 * 86_400_000;
const KEPT_ITEMS = 10_000;

/** What happened to alarms, those that were deleted included. */
export class AlarmHistory {
  readonly #regions = new RegionState((): HistoryItem[] => []);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A region's items, oldest first. */
  of(region: string): readonly HistoryItem[] {
    const since = this.#clock.now() - KEPT_MILLISECONDS;
    return this.#regions.of(region).filter(({ at }) => at >= since);
  }

  configured(region: string, name: string, what: "created" | "updated" | "deleted"): void {
    const type = { created: "Create", updated: "Update", deleted: "Delete" }[what];
    this.#add(region, name, "ConfigurationUpdate", `Alarm "${name}" ${what}`, { version: "1.0", type });
  }

  changed({ region, settings, state }: Alarm, previous: StateRecord): void {
    const summary = `Alarm updated from ${previous.value} to ${state.value}`;
    this.#add(region, settings.name, "StateUpdate", summary, {
      version: "1.0",
      oldState: stateData(previous),
      newState: stateData(state),
    });
  }

  /** An action that was carried out, or failed for a reason. `stateAt` is when the state changed. */
  acted(region: string, name: string, notificationResource: string, stateAt: number, error?: string): void {
    const summary =
      error === undefined
        ? `Successfully executed action ${notificationResource}`
        : `Failed to execute action ${notificationResource}. Received error: "${error}"`;
    this.#add(region, name, "Action", summary, {
      actionState: error === undefined ? "Succeeded" : "Failed",
      stateUpdateTimestamp: stateAt,
      notificationResource,
      ...(error === undefined ? {} : { error }),
    });
  }

  #add(region: string, name: string, type: HistoryItem["type"], summary: string, data: Json): void {
    const items = this.#regions.of(region);
    items.push({ name, at: this.#clock.now(), type, summary, data: JSON.stringify(data) });
    if (items.length > KEPT_ITEMS) items.shift();
  }
}

function stateData({ value, reason, reasonData }: StateRecord): Json {
  return {
    stateValue: value,
    stateReason: reason,
    ...(reasonData === undefined ? {} : { stateReasonData: JSON.parse(reasonData) }),
  };
}
