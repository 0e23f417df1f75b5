import { outcomeItem } from "../../../functions/domain/replaced-outcome-item.ts";
import { replacedOutcome } from "../../../functions/domain/replacement.ts";
import type { SourceSystems } from "../../../functions/domain/source-systems.ts";
import type { Item } from "../../evidence/pages.ts";
import { rowOf } from "../../evidence/rows.ts";
import {
  compareAttemptStanding,
  compareAttempts,
  compareRows,
  compareStanding,
  type Pair,
} from "./compare.ts";
import { fingerprint, textOf } from "./item.ts";

/** A region of the two: the first or the second. */
export type Side = 0 | 1;

/** One write of a mend. */
export interface Write {
  readonly side: Side;
  readonly table: "trades" | "outcomes";
  readonly item: Item;
  /** What must still be there; if left out, nothing may be. */
  readonly replaces?: Item;
}

const SIDES: readonly Side[] = [0, 1];
/** Begins the attempts that mending writes. */
const ATTEMPT = "reconcile#";

/**
 * What makes the rows of a trade version the same in both regions, in the order in which it is to be written: the losing
 * event's outcome comes before its row goes, so that no event is ever without. None if they are the same. Throws
 * naming what a losing row lacks for its event's outcome.
 */
export function mendRows(pair: Pair, systems: SourceSystems): Write[] {
  if (compareRows(pair) === undefined) return [];
  const { winner, loser, side } = judged(pair, compareStanding);
  if (!loser) return [{ side, table: "trades", item: winner }];
  const lost = outcomeOf(loser, winner, systems);
  return [
    ...(lost ? SIDES.map((each): Write => ({ side: each, table: "outcomes", item: lost })) : []),
    { side, table: "trades", item: winner, replaces: loser },
  ];
}

/**
 * The same for an attempt's items. Of two that differ, which this program never writes, one keeps its place and the other
 * is kept beside it, as an attempt of its own.
 */
export function mendAttempts(pair: Pair): Write[] {
  if (compareAttempts(pair) === undefined) return [];
  const { winner, loser, side } = judged(pair, compareAttemptStanding);
  if (!loser) return [{ side, table: "outcomes", item: winner }];
  const attempt = `${ATTEMPT}${fingerprint(loser).slice(0, 16)}#${textOf(loser, "attempt") ?? ""}`;
  const copy = { ...loser, attempt: { S: attempt } };
  return [
    ...SIDES.map((each): Write => ({ side: each, table: "outcomes", item: copy })),
    { side, table: "outcomes", item: winner, replaces: loser },
  ];
}

/** The writes that make a pair of either table the same. Throws as mendRows does. */
export function mendsOf(table: Write["table"], pair: Pair, systems: SourceSystems): Write[] {
  return table === "trades" ? mendRows(pair, systems) : mendAttempts(pair);
}

/** The item that stands, the one that it replaces, if any, and where. */
function judged(
  [left, right]: Pair,
  compare: (left: Item, right: Item) => number,
): { winner: Item; loser: Item | undefined; side: Side } {
  if (left && (!right || compare(left, right) <= 0)) return { winner: left, loser: right, side: 1 };
  if (right) return { winner: right, loser: left, side: 0 };
  throw new RangeError("a pair: has no item; allowed is one or two");
}

/** The outcome of the event whose row another takes; undefined if it is the same event's. */
function outcomeOf(loser: Item, winner: Item, systems: SourceSystems): Item | undefined {
  const [row, now] = [rowOf(loser, "trades"), rowOf(winner, "trades")];
  const former = { ...row, eventId: row.event.slice(row.event.indexOf("#") + 1) };
  const replaced = replacedOutcome(former, now);
  if (!replaced) return undefined;
  const attributes = outcomeItem(former, replaced, systems);
  return Object.fromEntries(
    Object.entries({ ...attributes, attempt: `${ATTEMPT}${now.event}` }).map(([name, text]) => [
      name,
      { S: text },
    ]),
  );
}
