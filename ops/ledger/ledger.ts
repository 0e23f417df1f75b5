/**
 * The ledger: where every event is. Its figures are read from the services that hold them; this file only adds up.
 */

import { foldOutcomes, OUTCOMES, type Outcome } from "../../functions/domain/outcome.ts";

export { foldOutcomes, OUTCOMES, type Outcome };

/** What one region's services say at one moment, before the witnesses are read. */
export interface RegionFigures {
  /** Events that the buses took in. */
  accepted: number;
  /** Events that no source rule took. */
  unmatched: number;
  /** Events that a source rule took. */
  matched: number;
  /** Times that a source rule took an event again, as in a replay: attempts, which open no new event. */
  repeated: number;
  /** Deliveries that reached neither their target nor its dead letter queue. */
  lost: number;
  /** Events of open executions and of deliveries that are under way or wait for a retry. */
  open: readonly string[];
}

/** A witness of an event's outcome: a row, an attempt's outcome, or a dead letter. */
export interface Witness {
  /** `<region>#<event id>`. */
  event: string;
  outcome: Outcome;
}

export interface RegionLedger {
  accepted: number;
  unmatched: number;
  matched: number;
  repeated: number;
  recorded: number;
  duplicate: number;
  rejected: number;
  deadLettered: number;
  /** Open events without an outcome, counted. */
  inFlight: number;
  lost: number;
}

export interface Ledger extends RegionLedger {
  sent: number;
  refused: number;
  balanced: boolean;
  seconds: number;
  tradesPerSecond: number;
  regions: Record<string, RegionLedger>;
}

/** Counts outcomes by the region that an event was put in. */
export function countByRegion(outcomes: ReadonlyMap<string, Outcome>): Map<string, Record<Outcome, number>> {
  const counts = new Map<string, Record<Outcome, number>>();
  for (const [event, outcome] of outcomes) {
    const region = event.slice(0, event.indexOf("#"));
    const count = counts.get(region) ?? { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
    count[outcome] += 1;
    counts.set(region, count);
  }
  return counts;
}

export interface LedgerInput {
  sent: number;
  refused: number;
  seconds: number;
  figures: Readonly<Record<string, RegionFigures>>;
  witnesses: Iterable<Witness>;
  /** What was there before, which is not counted: the ledger is then of what has happened since. */
  before?: Ledger;
}

/**
 * Puts the ledger together. It balances when sent = refused + accepted, accepted = unmatched + matched and
 * matched = recorded + duplicate + rejected + deadLettered + inFlight, over all regions and in each, and nothing
 * is in flight or lost.
 */
export function assembleLedger(input: LedgerInput): Ledger {
  const outcomes = foldOutcomes(input.witnesses);
  const counts = countByRegion(outcomes);
  const regions: Record<string, RegionLedger> = {};
  for (const name of new Set([...Object.keys(input.figures), ...counts.keys()])) {
    const none = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
    const figures = input.figures[name] ?? {
      accepted: 0,
      unmatched: 0,
      matched: 0,
      repeated: 0,
      lost: 0,
      open: [],
    };
    const { open, lost, ...taken } = figures;
    // Of an event that ends while the witnesses are read, the outcome counts.
    const inFlight = [...new Set(open)].filter((event) => !outcomes.has(event)).length;
    const all = { ...taken, ...(counts.get(name) ?? none), inFlight, lost };
    regions[name] = without(all, input.before?.regions[name]);
  }
  const total = (key: keyof RegionLedger) => Object.values(regions).reduce((sum, each) => sum + each[key], 0);
  const totals: RegionLedger = {
    accepted: total("accepted"),
    unmatched: total("unmatched"),
    matched: total("matched"),
    repeated: total("repeated"),
    recorded: total("recorded"),
    duplicate: total("duplicate"),
    rejected: total("rejected"),
    deadLettered: total("deadLettered"),
    inFlight: total("inFlight"),
    lost: total("lost"),
  };
  const { sent, refused, seconds } = input;
  const balanced =
    sent === refused + totals.accepted &&
    totals.inFlight === 0 &&
    totals.lost === 0 &&
    Object.values(regions).every(adds);
  const finished = totals.recorded + totals.duplicate + totals.rejected + totals.deadLettered;
  return {
    sent,
    refused,
    ...totals,
    balanced,
    seconds: Math.round(seconds * 1000) / 1000,
    tradesPerSecond: seconds > 0 ? Math.round((finished / seconds) * 10) / 10 : 0,
    regions,
  };
}

/** What has come since; what is in flight is so now, whenever it began. */
function without(all: RegionLedger, before: RegionLedger | undefined): RegionLedger {
  if (!before) return all;
  const differences = Object.entries(all).map(([key, value]) => [
    key,
    key === "inFlight" ? value : value - before[key as keyof RegionLedger],
  ]);
  return Object.fromEntries(differences) as RegionLedger;
}

function adds(region: RegionLedger): boolean {
  return (
    region.accepted === region.unmatched + region.matched &&
    region.matched ===
      region.recorded + region.duplicate + region.rejected + region.deadLettered + region.inFlight
  );
}
