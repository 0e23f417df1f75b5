import type { Item } from "../../evidence/pages.ts";
import { compareValues } from "../key.ts";
import { canonicalItem, textOf } from "./item.ts";

/** How two regions' items of one key differ, in the order in which it is told; the first that applies. */
export const KINDS = ["missing", "content", "event", "enrichment", "record"] as const;
export type Kind = (typeof KINDS)[number];

/** One key's items in both regions. */
export type Pair = readonly [Item | undefined, Item | undefined];

const ENRICHMENT = ["enrichment", "enrichmentPending", "market", "aboveThreshold", "enrichedAt"] as const;
const CONTENT = ["contentHash", "content"] as const;

/**
 * How the rows of a trade version differ between regions, undefined if they do not: `content` was recorded from different
 * events and differs, `event` is the same content from different events, `record` the same event recorded twice. The
 * same whichever region comes first.
 */
export function compareRows([left, right]: Pair): Kind | undefined {
  if (!left && !right) return undefined;
  if (!left || !right) return "missing";
  if (canonicalItem(left) === canonicalItem(right)) return undefined;
  const differs = (names: readonly string[]) =>
    names.some((name) => textOf(left, name) !== textOf(right, name));
  if (differs(CONTENT)) return "content";
  if (differs(["event"])) return "event";
  return differs(ENRICHMENT) ? "enrichment" : "record";
}

/** How the items of one attempt differ between regions, undefined if they do not. */
export function compareAttempts([left, right]: Pair): Kind | undefined {
  if (!left && !right) return undefined;
  if (!left || !right) return "missing";
  return canonicalItem(left) === canonicalItem(right) ? undefined : "content";
}

/**
 * Which of two different rows of a trade version stands, as what is first in sorting: the one that was accepted first,
 * then the smaller event key. Of one event's, complete enrichment comes before pending, then what was written first. A
 * total order, so that both regions decide alike.
 */
export function compareStanding(left: Item, right: Item): number {
  const by = (value: (item: Item) => string | number) => compareValues(value(left), value(right));
  return (
    by(numberOf("timestamp")) ||
    by((item) => textOf(item, "event") ?? "") ||
    by((item) => (textOf(item, "enrichment") === "complete" ? 0 : 1)) ||
    by((item) => textOf(item, "enrichedAt") ?? "") ||
    by((item) => textOf(item, "recordedAt") ?? "") ||
    by(canonicalItem)
  );
}

/** The same of two different items of one attempt: the one that began first, then the smaller text. */
export function compareAttemptStanding(left: Item, right: Item): number {
  return (
    compareValues(textOf(left, "timestamp") ?? "", textOf(right, "timestamp") ?? "") ||
    compareValues(canonicalItem(left), canonicalItem(right))
  );
}

/** When the younger of a pair was last written, in milliseconds since the epoch, as far as it says so. */
export function writtenAt(pair: Pair, names: readonly string[]): number {
  const times = pair.flatMap((item) => names.map((name) => Date.parse((item && textOf(item, name)) ?? "")));
  return Math.max(Number.NEGATIVE_INFINITY, ...times.filter((time) => !Number.isNaN(time)));
}

function numberOf(name: string): (item: Item) => number {
  return (item) => {
    const number = Number(textOf(item, name) ?? Number.NaN);
    // What has no such number stands behind what has one.
    return Number.isNaN(number) ? Number.POSITIVE_INFINITY : number;
  };
}
