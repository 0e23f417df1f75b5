import type { SourceSystems } from "../../../functions/domain/source-systems.ts";
import type { Item } from "../../evidence/pages.ts";
import type { Key } from "../key.ts";
import { type Kind, type Pair, writtenAt } from "./compare.ts";
import { textOf } from "./item.ts";
import type { Differing } from "./pass.ts";
import { mendsOf, type Write } from "./plan.ts";

/** A difference between the regions as it is told: no more of the items than says what differs. */
export interface Difference {
  readonly table: "trades" | "outcomes";
  readonly key: Key;
  readonly kind: Kind;
  /** Whether an item is so young that replication may still carry it. */
  readonly mayBeUnderWay: boolean;
  /** By region: what there is of the key, or null. */
  readonly found: Readonly<Record<string, Readonly<Record<string, string>> | null>>;
  /** What mending does about it, or why it cannot. */
  readonly mending: readonly string[];
}

const TOLD = {
  trades: [
    ...["event", "sourceSystem", "timestamp", "contentHash", "enrichment", "enrichedAt"],
    ...["recordedAt", "execution"],
  ],
  outcomes: ["outcome", "stage", "timestamp", "tradeId", "error"],
};

/** Attributes that say when an item was written. An attempt tells its begin only. */
const WRITTEN = { trades: ["recordedAt", "enrichedAt"], outcomes: ["timestamp"] };

export interface DifferenceContext {
  readonly regions: readonly [string, string];
  /** What was written later, in milliseconds since the epoch, may still be under way. */
  readonly settledBefore: number;
  readonly systems: SourceSystems;
}

/** Describes a difference. */
export function difference(
  table: Difference["table"],
  { key, kind, pair }: Differing,
  { regions, settledBefore, systems }: DifferenceContext,
): Difference {
  const mayBeUnderWay = writtenAt(pair, WRITTEN[table]) > settledBefore;
  const found = Object.fromEntries(regions.map((region, side) => [region, told(table, pair[side])]));
  return { table, key, kind, mayBeUnderWay, found, mending: mendingOf(table, pair, regions, systems) };
}

function mendingOf(
  table: Difference["table"],
  pair: Pair,
  regions: readonly [string, string],
  systems: SourceSystems,
): string[] {
  try {
    const writes = mendsOf(table, pair, systems);
    return [...new Set(writes.map((write) => writeLine(write, regions)))];
  } catch (error) {
    return [`cannot be mended: ${(error as Error).message}`];
  }
}

function writeLine({ table, item, side, replaces }: Write, regions: readonly [string, string]): string {
  const event = textOf(item, "event") ?? "";
  const region = regions[side];
  if (table === "trades")
    return replaces
      ? `puts the row of ${event} in the place of that of ${textOf(replaces, "event") ?? ""} in ${region}`
      : `puts the row of ${event} into ${region}`;
  const outcome = `outcome ${textOf(item, "outcome") ?? ""} of ${event}, ${textOf(item, "attempt") ?? ""}`;
  return replaces ? `puts the other ${outcome} in its place in ${region}` : `puts ${outcome}`;
}

function told(table: Difference["table"], item: Item | undefined): Record<string, string> | null {
  if (!item) return null;
  const parts = TOLD[table].flatMap((name): [string, string][] => {
    const text = textOf(item, name);
    return text === undefined ? [] : [[name, text]];
  });
  return Object.fromEntries(parts);
}

/** One line for people. */
export function differenceLine({ table, key, kind, mayBeUnderWay, found }: Difference): string {
  const name =
    table === "trades" ? `trade ${key.id} version ${key.part}` : `outcome of ${key.id}, ${key.part}`;
  const sides = Object.entries(found);
  const what =
    kind === "missing"
      ? `missing in ${sides.find(([, item]) => item === null)?.[0]}`
      : `${WORDS[kind]}: ${sides.map(([region, item]) => `${region} has ${brief(table, kind, item)}`).join(", ")}`;
  return `${name}: ${what}${mayBeUnderWay ? " (may still be under way)" : ""}`;
}

/** What each kind is called. */
export const WORDS: Readonly<Record<Kind, string>> = {
  missing: "missing in a region",
  content: "different content",
  event: "same content of different events",
  enrichment: "different enrichment",
  record: "recorded twice",
};

function brief(
  table: Difference["table"],
  kind: Kind,
  item: Readonly<Record<string, string>> | null,
): string {
  if (!item) return "nothing";
  if (table === "outcomes") return item.outcome ?? "no outcome";
  if (kind === "enrichment") return item.enrichment ?? "none";
  if (kind === "record") return item.execution ?? "no execution";
  return item.event ?? "no event";
}
