import { COUNTERPARTIES, INSTRUMENTS } from "../market-data/instruments.ts";
import type { BadRecord, Detail } from "./bad-records.ts";
import { BAD_RECORDS, BROKEN_LINES } from "./bad-records.ts";
import type { Random } from "./random.ts";
import { seededRandom } from "./random.ts";

/** How a tape is mixed: shares of all events, from 0 to 1. What is left are new trades. */
export interface Mix {
  /** Version 2 of a trade. */
  corrections: number;
  /** The last version of a trade; every second one comes before the trade itself. */
  cancels: number;
  /** The same trade once more, as a sender repeats what it is unsure of. */
  duplicates: number;
  /** The same trade id and version with another amount. */
  conflicts: number;
  /** Bad records, the kinds in turn. */
  invalid: number;
  /** From a source, or of a detail type, that no source rule takes. */
  unmatched: number;
  /** Lines that are no JSON. */
  notJson: number;
}

export interface Recipe {
  events: number;
  seed: number;
  mix: Mix;
  /** Kinds of bad record; all if left out. */
  kinds?: readonly BadRecord[];
  sources?: readonly { name: string; source: string }[];
}

/** The mix of the sample tape. */
export const SAMPLE_MIX: Mix = {
  corrections: 0.04,
  cancels: 0.02,
  duplicates: 0.03,
  conflicts: 0.005,
  invalid: 0.05,
  unmatched: 0.01,
  notJson: 0.005,
};

/** Number of events and seed of the sample tape. */
export const SAMPLE_EVENTS = 2_400;
export const SAMPLE_SEED = 1;

const SOURCES = ["system1", "system2", "system3"].map((name) => ({ name, source: `trading.${name}` }));
const SESSION_START = Date.parse("2026-01-02T14:30:00Z");
/** The session's length, and how many bursts of trading it has, in which half of its trades happen. */
const SESSION_SECONDS = 23_400;
const BURSTS = 12;
const BURST_SECONDS = 8;

interface Placed {
  /** Seconds since the session's start: the order of the lines. */
  at: number;
  line: string;
}

interface NewTrade {
  at: number;
  source: { name: string; source: string };
  detail: Detail;
}

/** How many of the events are of each kind. Throws if the shares leave no new trades. */
export function countsOf({
  events,
  mix,
}: Pick<Recipe, "events" | "mix">): Record<keyof Mix | "trades", number> {
  const counts = Object.fromEntries(
    Object.entries(mix).map(([kind, share]) => [kind, Math.round(share * events)]),
  ) as Record<keyof Mix, number>;
  const trades = events - Object.values(counts).reduce((sum, count) => sum + count, 0);
  const derived = counts.corrections + counts.cancels + counts.conflicts;
  if (trades <= derived)
    throw new Error(
      `mix: leaves ${trades} new trades of ${events} events; at least ${derived + 1} are needed`,
    );
  return { ...counts, trades };
}

/** The lines of a tape. The same recipe gives the same lines; `docs/tape.md` describes it. */
export function generateTape(recipe: Recipe): string[] {
  const random = seededRandom(recipe.seed);
  const counts = countsOf(recipe);
  const sources = recipe.sources ?? SOURCES;
  const bursts = Array.from({ length: BURSTS }, () => random.between(0, SESSION_SECONDS));
  const trades = Array.from({ length: counts.trades }, (_, index) =>
    newTrade(recipe.seed, index, random, sources, bursts),
  ).sort((a, b) => a.at - b.at);
  numberInSequence(trades);
  const placed: Placed[] = trades.map((trade) => place(trade.at, trade));

  // Each trade has at most one correction, cancel or conflict, so that every count follows from the recipe.
  const chosen = random.shuffle(trades);
  const take = (count: number) => chosen.splice(0, count);
  for (const trade of take(counts.corrections)) placed.push(correction(trade, random));
  take(counts.cancels).forEach((trade, index) => {
    const action = { ...trade.detail, action: "CANCEL", version: 2 };
    const delay = random.between(1, 60);
    placed.push(place(index % 2 === 0 ? trade.at + delay : trade.at - delay, { ...trade, detail: action }));
  });
  for (const trade of take(counts.conflicts)) {
    const detail = { ...trade.detail, amount: `${random.between(1, 9_999)}.07` };
    placed.push(place(trade.at + random.between(0, 30), { ...trade, detail }));
  }
  for (let index = 0; index < counts.duplicates; index += 1) {
    // Not of a trade in conflict: which of the two is a duplicate would depend on which came first.
    const trade = random.pick(chosen);
    placed.push(place(trade.at + random.between(0, 5), trade));
  }
  const kinds = recipe.kinds ?? (Object.keys(BAD_RECORDS) as BadRecord[]);
  const extra = (prefix: string, index: number) => {
    const trade = newTrade(recipe.seed, index, random, sources, bursts);
    return { ...trade, detail: { ...trade.detail, tradeId: `${prefix}-${recipe.seed}-${index}` } };
  };
  for (let index = 0; index < counts.invalid; index += 1) {
    const trade = extra("BAD", index);
    const kind = kinds[index % kinds.length] ?? "amount zero";
    placed.push(place(trade.at, { ...trade, detail: BAD_RECORDS[kind](trade.detail) }));
  }
  for (let index = 0; index < counts.unmatched; index += 1) {
    const trade = extra("OTHER", index);
    const type = index % 2 === 0 ? "Trade Event" : "Quote Event";
    const source = index % 2 === 0 ? { ...trade.source, source: "trading.unknown" } : trade.source;
    placed.push(place(trade.at, { ...trade, source }, type));
  }
  for (let index = 0; index < counts.notJson; index += 1) {
    const trade = extra("BROKEN", index);
    const broken = BROKEN_LINES[index % BROKEN_LINES.length] ?? ((line: string) => line.slice(1));
    const { at, line } = place(trade.at, trade);
    placed.push({ at, line: broken(line) });
  }
  return placed.sort((a, b) => a.at - b.at).map(({ line }) => line);
}

function newTrade(
  seed: number,
  index: number,
  random: Random,
  sources: readonly { name: string; source: string }[],
  bursts: readonly number[],
): NewTrade {
  const inBurst = random.next() < 0.5;
  const at = inBurst ? random.pick(bursts) + random.next() * BURST_SECONDS : random.next() * SESSION_SECONDS;
  const instrument = random.pick(INSTRUMENTS);
  const source = random.pick(sources);
  const quantity = instrument.lotSize * random.between(1, 20);
  const price = instrument.price;
  const detail: Detail = {
    tradeId: `T${seed}-${String(index).padStart(7, "0")}`,
    amount: multiply(price, quantity),
    currency: instrument.currency,
    sourceSystem: source.name,
    instrument: random.next() < 0.3 ? (instrument.cusip ?? instrument.isin) : instrument.isin,
    side: random.pick(["BUY", "SELL"]),
    quantity: String(quantity),
    price,
    venue: instrument.venue,
    counterparty: random.pick(COUNTERPARTIES),
    executedAt: `${timeAt(at).slice(0, -1)}${String(random.between(0, 999)).padStart(3, "0")}Z`,
  };
  return { at, source, detail };
}

/** Sequence numbers rise by one a source, in the order of execution. */
function numberInSequence(trades: NewTrade[]): void {
  const next = new Map<string, number>();
  for (const { source, detail } of trades) {
    const sequence = (next.get(source.name) ?? 0) + 1;
    next.set(source.name, sequence);
    detail.sequence = sequence;
  }
}

function correction(trade: NewTrade, random: Random): Placed {
  const quantity = random.between(1, 500);
  const detail = {
    ...trade.detail,
    action: "CORRECT",
    version: 2,
    quantity: String(quantity),
    amount: multiply(String(trade.detail.price), quantity),
  };
  return place(trade.at + random.between(1, 900), { ...trade, detail });
}

function place(at: number, { source, detail }: NewTrade, detailType = "Trade Event"): Placed {
  const entry = { Source: source.source, DetailType: detailType, Detail: detail, Time: timeAt(at) };
  return { at, line: JSON.stringify(entry) };
}

function timeAt(seconds: number): string {
  return new Date(SESSION_START + Math.round(seconds * 1000)).toISOString();
}

/** Price times quantity, exactly: both have few digits, and the price at most two decimals. */
function multiply(price: string, quantity: number): string {
  const cents = BigInt(Math.round(Number(price) * 100)) * BigInt(quantity);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}
