/** Where the events of a window are, folded from rows, attempts and undelivered events. Reads nothing. */
import { OUTCOMES, type Outcome, precedes } from "../../functions/domain/outcome.ts";

export type Counts = Record<Outcome, number>;

/** What is known of an attempt, or of a delivery that failed. */
export interface AttemptFact {
  /** `<region>#<event id>`. */
  readonly event: string;
  readonly sourceSystem: string;
  readonly outcome: Outcome;
  readonly stage: string;
  /** Codes of the reasons, or the name of the error. */
  readonly reasons: readonly string[];
  /** Whose row the event would be, if that is known. */
  readonly trade?: TradeKey;
}

export interface TradeKey {
  readonly tradeId: string;
  readonly version: number;
}

export interface ProofFigures {
  /** Distinct events that have an outcome. */
  readonly events: number;
  /** Attempts that ended other than recorded, and deliveries that failed; an event may have several. */
  readonly attempts: number;
  readonly outcomes: Counts;
  /** By source system; each adds up to its events. */
  readonly bySource: Readonly<Record<string, Counts>>;
  /** By the region that the events were put in. */
  readonly byRegion: Readonly<Record<string, Counts>>;
  /** Events by where they ended: validation, recording or delivery. Recorded ones have no stage. */
  readonly byStage: Readonly<Record<string, Counts>>;
  /** Rejected events by reason code. An event with several codes counts at each. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** Dead-lettered events by name of the error. */
  readonly deadLetteredBy: Readonly<Record<string, number>>;
}

type Attempted = Omit<AttemptFact, "event"> & { readonly attempts: number };

/**
 * Adds up events. Holds one entry for each event that has attempts, since a row or a later attempt may change its
 * outcome, and nothing but counts for all others: a window of a million rows does not have to fit in memory.
 */
export class Proof {
  readonly #attempted = new Map<string, Attempted>();
  readonly #recorded = new Map<string, Map<string, number>>();
  readonly #isCounted: (region: string) => boolean;
  readonly #sources: readonly string[];
  #attempts = 0;

  /** Of these source systems; events of regions that are not counted are left out of the figures. */
  constructor(sources: readonly string[], isCounted: (region: string) => boolean = () => true) {
    this.#sources = sources;
    this.#isCounted = isCounted;
  }

  has(event: string): boolean {
    return this.#attempted.has(event);
  }

  /** An attempt. All of them come before rows. */
  attempt({ event, ...fact }: AttemptFact): void {
    if (!this.#isCounted(regionOf(event))) return;
    this.#attempts += 1;
    const known = this.#attempted.get(event);
    const attempts = (known?.attempts ?? 0) + 1;
    const isDecisive = !known || !precedes(known.outcome, fact.outcome);
    const trade = fact.trade ?? known?.trade;
    this.#attempted.set(event, { ...(isDecisive ? fact : known), ...(trade && { trade }), attempts });
  }

  /** The row of an event; each event has at most one. */
  row(event: string, sourceSystem: string): void {
    const region = regionOf(event);
    if (!this.#isCounted(region)) return;
    this.#attempted.delete(event);
    const bySource = this.#recorded.get(region) ?? new Map<string, number>();
    bySource.set(sourceSystem, (bySource.get(sourceSystem) ?? 0) + 1);
    this.#recorded.set(region, bySource);
  }

  /** Leaves out an event that turned out to be another window's. */
  forget(event: string): void {
    this.#attempts -= this.#attempted.get(event)?.attempts ?? 0;
    this.#attempted.delete(event);
  }

  /** Events that, by what is known, are neither recorded nor duplicates: a row outside the window may change that. */
  *unsettled(): Generator<{ event: string; sourceSystem: string; trade: TradeKey }> {
    for (const [event, { outcome, sourceSystem, trade }] of this.#attempted)
      if (trade && outcome !== "duplicate") yield { event, sourceSystem, trade };
  }

  figures(): ProofFigures {
    const outcomes = noCounts();
    const bySource = Object.fromEntries(this.#sources.map((name) => [name, noCounts()]));
    const byRegion: Record<string, Counts> = {};
    const byStage: Record<string, Counts> = {};
    const rejectedBy: Record<string, number> = {};
    const deadLetteredBy: Record<string, number> = {};
    const count = (region: string, source: string, outcome: Outcome, times: number) => {
      outcomes[outcome] += times;
      at(bySource, source)[outcome] += times;
      at(byRegion, region)[outcome] += times;
    };
    for (const [region, sources] of this.#recorded)
      for (const [source, times] of sources) count(region, source, "recorded", times);
    for (const [event, { sourceSystem, outcome, stage, reasons }] of this.#attempted) {
      count(regionOf(event), sourceSystem, outcome, 1);
      if (outcome === "recorded") continue;
      at(byStage, stage)[outcome] += 1;
      if (outcome === "duplicate") continue;
      const by = outcome === "rejected" ? rejectedBy : deadLetteredBy;
      for (const reason of reasons) by[reason] = (by[reason] ?? 0) + 1;
    }
    return {
      events: total(outcomes),
      attempts: this.#attempts,
      outcomes,
      bySource,
      byRegion: sorted(byRegion),
      byStage: sorted(byStage),
      rejectedBy: sorted(rejectedBy),
      deadLetteredBy: sorted(deadLetteredBy),
    };
  }
}

/** The sum over all outcomes. */
export function total(counts: Counts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** The region of `<region>#<event id>`. */
export function regionOf(event: string): string {
  return event.slice(0, event.indexOf("#"));
}

function noCounts(): Counts {
  return { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
}

function at(counts: Record<string, Counts>, name: string): Counts {
  const found = Object.hasOwn(counts, name) ? counts[name] : undefined;
  if (found) return found;
  const made = noCounts();
  counts[name] = made;
  return made;
}

function sorted<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Names a trade's version, or the event if that names none. */
export function carrierOf(trade: TradeKey | undefined, event: string): string {
  return trade ? `${trade.tradeId} version ${trade.version}` : event;
}
