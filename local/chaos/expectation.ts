import { createHash } from "node:crypto";
import { TRADE_DETAIL_TYPE } from "../../functions/contract.ts";
import { parseTradeEvent } from "../../functions/domain/event.ts";
import type { SourceSystems } from "../../functions/domain/source-systems.ts";
import { parseLine } from "../../ops/tape/entry.ts";
import type { StoredItem } from "./items.ts";

/** What has to be true of the trades table, from what was sent and accepted alone. */
export class Expectation {
  readonly #region: string;
  readonly #systems: SourceSystems;
  /** Of each valid event by its key: the trade version that it says, and a digest of what it says. */
  readonly #valid = new Map<string, string>();
  /** Trade versions of which a valid event was accepted. */
  readonly #versions = new Set<string>();

  constructor(region: string, systems: SourceSystems) {
    this.#region = region;
    this.#systems = systems;
  }

  /** A line of the tape was accepted as this event. */
  accepted(line: string, eventId: string): void {
    const parsed = parseLine(line);
    if ("refused" in parsed) throw new Error(`accepted a line that is no entry: ${line.slice(0, 80)}`);
    const { source, detailType, detail } = parsed.entry;
    if (detailType !== TRADE_DETAIL_TYPE) return;
    const envelope = {
      ...{ id: eventId, source, "detail-type": detailType, time: "2026-01-01T00:00:00Z" },
      ...{ region: this.#region, detail: JSON.parse(detail) as unknown },
    };
    const event = parseTradeEvent(envelope, this.#systems);
    if (!event.valid) return;
    const { trade, canonical } = event.event;
    const version = versionOf(trade.tradeId, trade.version);
    this.#valid.set(event.event.key, `${version} ${digest(canonical)}`);
    this.#versions.add(version);
  }

  /** Valid events that were accepted. */
  events(): Iterable<string> {
    return this.#valid.keys();
  }

  /**
   * What is wrong with the rows: one that no valid event says, one whose content is not that of its event, or a trade
   * version without one. Rows of events of earlier runs are `isForeign`.
   */
  problems(rows: Iterable<StoredItem>, isForeign: (event: string) => boolean = () => false): string[] {
    const problems: string[] = [];
    const missing = new Set(this.#versions);
    for (const row of rows) {
      const event = row.event?.S ?? "";
      if (isForeign(event)) continue;
      const version = versionOf(row.tradeId?.S ?? "", Number(row.version?.N));
      const said = this.#valid.get(event);
      if (said === undefined)
        problems.push(`row ${version} is of event ${event}, which no valid accepted line made`);
      else if (said !== `${version} ${digest(row.content?.S ?? "")}`)
        problems.push(`row ${version} says something else than its event ${event}`);
      if (!missing.delete(version) && said !== undefined) problems.push(`row ${version} is there twice`);
    }
    for (const version of missing) problems.push(`trade ${version} was accepted and has no row`);
    return problems;
  }
}

function versionOf(tradeId: string, version: number): string {
  return `${tradeId} version ${version}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
