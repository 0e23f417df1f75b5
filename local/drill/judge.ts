import { parseTradeEvent } from "../../functions/domain/event.ts";
import type { SourceSystems } from "../../functions/domain/source-systems.ts";
import type { Outcome } from "../../ops/ledger/ledger.ts";
import type { Row, Tables } from "../simulation/tables.ts";
import type { Entry } from "./trades.ts";

/** An accepted event as the contract understands it; without content if it breaks a rule. */
interface Understood {
  readonly event: string;
  /** Trade id and version. */
  readonly key: string;
  readonly content: string | undefined;
}

/** What has to be compared. */
export interface Case {
  readonly accepted: ReadonlyMap<string, Entry>;
  readonly systems: SourceSystems;
  readonly regions: readonly [string, string];
  readonly tables: Tables;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Events that were accepted and have no outcome, or not the one that they have to have, and outcomes of no event. */
export function wrongOutcomes(given: Case): string[] {
  const events = understood(given);
  const rows = rowsByKey(given);
  const problems = events.flatMap((each): string[] => {
    const outcome = given.outcomes.get(each.event);
    const allowed = allowedOutcomes(each, rows.get(each.key) ?? [], events);
    if (outcome !== undefined && allowed.includes(outcome)) return [];
    return [`${each.event} (${each.key}) is ${outcome ?? "lost"}, not ${allowed.join(" or ")}`];
  });
  const foreign = [...given.outcomes.keys()].filter((event) => !given.accepted.has(event));
  return [...problems, ...foreign.map((event) => `${event} has an outcome and was never sent`)];
}

/** Trade versions that have not exactly one row, or whose row says what was never sent. */
export function wrongRows(given: Case): string[] {
  const events = understood(given).filter(({ content }) => content !== undefined);
  const rows = rowsByKey(given);
  const keys = new Set([...events.map(({ key }) => key), ...rows.keys()]);
  return [...keys].flatMap((key): string[] => {
    const found = rows.get(key) ?? [];
    const [row] = found;
    if (found.length !== 1 || !row) return [`${key} has ${found.length} rows, not 1`];
    const said = events.find(({ event }) => event === row.event);
    if (!said) return [`${key} is recorded from ${row.event}, which was never sent`];
    return said.key === key && said.content === row.content ? [] : [`${key} is not recorded as it was sent`];
  });
}

/** Events that lost their row to another region's write and were told nothing of it. */
export function unansweredReplacements(given: Case): string[] {
  const rows = rowsByKey(given);
  return understood(given)
    .filter(({ event, content }) => content !== undefined && !given.outcomes.has(event))
    .filter(({ event, key }) => (rows.get(key) ?? []).some((row) => row.event !== event))
    .map(({ event, key }) => `${event} (${key}) lost its row and has no outcome`);
}

/** An event is recorded if the row is its own; else it repeats, or contradicts, another of the same trade version. */
function allowedOutcomes(
  { event, key, content }: Understood,
  rows: readonly Row[],
  events: readonly Understood[],
): Outcome[] {
  if (content === undefined) return ["rejected"];
  if (rows.some((row) => row.event === event)) return ["recorded"];
  const others = events.filter((other) => other.key === key && other.event !== event);
  return [
    ...(others.some((other) => other.content === content) ? (["duplicate"] as const) : []),
    ...(others.some((other) => other.content !== undefined && other.content !== content)
      ? (["rejected"] as const)
      : []),
    ...(others.length === 0 ? (["recorded"] as const) : []),
  ];
}

function rowsByKey({ tables, regions: [home] }: Case): Map<string, Row[]> {
  const rows = new Map<string, Row[]>();
  for (const row of tables.trades[home] ?? []) {
    const key = `${row.tradeId} version ${row.version}`;
    rows.set(key, [...(rows.get(key) ?? []), row]);
  }
  return rows;
}

function understood({ accepted, systems }: Case): Understood[] {
  return [...accepted].map(([event, { source, detail }]) => {
    const [region = "", id = ""] = event.split("#");
    const envelope = {
      ...{ version: "0", id, "detail-type": "Trade Event", source, account: "000000000000" },
      ...{ time: "2026-01-05T00:00:00Z", region, resources: [], detail },
    };
    const parsed = parseTradeEvent(envelope, systems);
    const key = `${detail.tradeId} version ${detail.version ?? 1}`;
    return { event, key, content: parsed.valid ? parsed.event.canonical : undefined };
  });
}
