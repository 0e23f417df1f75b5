import { type Durable, notDeployed } from "../durable.ts";
import type { Json } from "../service.ts";
import type { Archive } from "./archive.ts";
import type { EventMetrics } from "./metrics.ts";
import type { Bus, BusEvent, Rule } from "./model.ts";
import type { BusStore } from "./store.ts";
import { noteTaken, type Taken } from "./taken.ts";

/** An event came to a bus: put, handed on or replayed. */
interface Published {
  readonly bus: string;
  readonly id: string;
  readonly isPut: boolean;
  readonly isForwarded: boolean;
  /** It is a global endpoint's copy, of which nothing is counted. */
  readonly isCopy?: true;
  readonly accepted: number;
  /** Names of the rules that took it now. */
  readonly rules: readonly string[];
  /** Names of the archives that keep it, and the envelope for them. */
  readonly archives: readonly string[];
  readonly text?: string;
}

/** What a bus has counted. */
interface Counted {
  readonly counted: string;
  readonly accepted: number;
  readonly forwarded: number;
  readonly taken: readonly { readonly rules: readonly string[]; readonly events: number }[];
  readonly matches: readonly (readonly [rule: string, times: number])[];
  readonly losses: readonly (readonly [rule: string, times: number])[];
}

interface Archived {
  readonly archived: string;
  readonly archive: string;
  readonly text: string;
  readonly accepted: number;
  readonly isForwarded: boolean;
  /** None for a copy. */
  readonly taken?: readonly { readonly bus: string; readonly rules: readonly string[] }[];
}

interface Lost {
  readonly lost: string;
  readonly rule: string;
}

/** Times by rule, of a bus. */
type Tally = Map<string, Map<string, number>>;

/**
 * Keeps the events of archives, and what buses have counted of events and rules. Deliveries under way and replays are
 * not kept: an event whose delivery was lost is in the archive.
 */
export class EventDurability implements Durable {
  onChange: (change: Json) => void = () => {};
  readonly #store: BusStore;
  readonly #metrics: EventMetrics;
  readonly #matches: Tally = new Map();
  readonly #losses: Tally = new Map();
  /** While changes are taken in again: what has become of each event. */
  readonly #taken = new Map<string, Taken[]>();

  constructor(store: BusStore, metrics: EventMetrics) {
    this.#store = store;
    this.#metrics = metrics;
  }

  /** What became of an event on a bus. Events of services that nothing takes leave no trace. */
  published(
    bus: Bus,
    event: BusEvent,
    how: { isPut: boolean; rules: readonly Rule[]; archives: readonly Archive[] },
  ): void {
    const { isPut } = how;
    const [rules, archives] = [how.rules, how.archives].map((each) => each.map(({ name }) => name));
    if (!rules || !archives) return;
    for (const rule of rules) count(this.#matches, bus.arn, rule);
    const { id, isForwarded, accepted, text } = event;
    if (!isPut && !isForwarded && rules.length === 0 && archives.length === 0) return;
    const kept = { ...(archives.length > 0 && { text }), ...(event.taken === undefined && { isCopy: true }) };
    this.onChange({ bus: bus.arn, id, isPut, isForwarded, accepted, rules, archives, ...kept });
  }

  /** A delivery reached neither its target nor its dead-letter queue. */
  lost(rule: Rule): void {
    const { arn } = this.#store.get(rule.region, rule.bus);
    count(this.#losses, arn, rule.name);
    this.onChange({ lost: arn, rule: rule.name });
  }

  *snapshot(): Iterable<Json> {
    for (const bus of this.#store.all()) {
      yield {
        counted: bus.arn,
        accepted: bus.acceptedEvents,
        forwarded: bus.forwardedEvents,
        taken: [...bus.taken.values()].map(({ rules, events }) => ({ rules, events })),
        matches: [...(this.#matches.get(bus.arn) ?? [])],
        losses: [...(this.#losses.get(bus.arn) ?? [])],
      };
    }
    for (const bus of this.#store.all())
      for (const archive of bus.archives.values())
        for (const { text, accepted, isForwarded, taken } of archive.all())
          yield {
            ...{ archived: bus.arn, archive: archive.name, text, accepted, isForwarded },
            ...(taken && { taken: taken.map(({ bus: arn, rules }) => ({ bus: arn, rules })) }),
          };
  }

  restore(json: Json): void {
    const change = json as unknown as Published | Counted | Archived | Lost;
    if ("counted" in change) this.#restoreCounts(change);
    else if ("archived" in change) this.#restoreArchived(change);
    else if ("lost" in change) count(this.#losses, change.lost, change.rule);
    else this.#restorePublished(change);
  }

  restored(): void {
    this.#taken.clear();
    this.#measure(this.#matches, "MatchedEvents");
    this.#measure(this.#losses, "InvocationsFailedToBeSentToDlq");
  }

  #restoreCounts({ counted, accepted, forwarded, taken, matches, losses }: Counted): void {
    const bus = this.#bus(counted);
    bus.acceptedEvents = accepted;
    bus.forwardedEvents = forwarded;
    for (const { rules, events } of taken) bus.taken.set(keyOf(rules), { bus: bus.arn, rules, events });
    this.#matches.set(counted, new Map(matches));
    this.#losses.set(counted, new Map(losses));
  }

  #restoreArchived({ archived, archive, text, accepted, isForwarded, taken }: Archived): void {
    const bus = this.#bus(archived);
    const list = taken?.flatMap(({ bus: arn, rules }) => this.#bus(arn).taken.get(keyOf(rules)) ?? []);
    const envelope = JSON.parse(text) as { id: string; time: string };
    if (list) this.#taken.set(envelope.id, list);
    this.#archive(bus, archive).keep({
      ...{ text, accepted, isForwarded, taken: list },
      time: Date.parse(envelope.time),
    });
  }

  #restorePublished(change: Published): void {
    const { id, isPut, isForwarded, accepted, rules, archives, text = "" } = change;
    const bus = this.#bus(change.bus);
    const taken = change.isCopy ? undefined : (this.#taken.get(id) ?? []);
    if (taken) this.#taken.set(id, taken);
    if (isPut) bus.acceptedEvents += 1;
    noteTaken(
      bus,
      { isForwarded, taken },
      rules.map((name) => ({ name })),
    );
    for (const rule of rules) count(this.#matches, bus.arn, rule);
    for (const name of archives) {
      const { time } = JSON.parse(text) as { time: string };
      this.#archive(bus, name).keep({ text, accepted, isForwarded, taken, time: Date.parse(time) });
    }
  }

  /** Metrics begin anew with the process; the ledger reads these of the time since the first start. */
  #measure(tally: Tally, metric: "MatchedEvents" | "InvocationsFailedToBeSentToDlq"): void {
    for (const [arn, rules] of tally)
      for (const [name, times] of rules) {
        const rule = this.#bus(arn).rules.get(name);
        if (rule) this.#metrics.count(rule, metric, times);
      }
  }

  #bus(arn: string): Bus {
    const bus = this.#store.find(arn.split(":")[3] ?? "", arn);
    if (!bus) throw notDeployed(`event bus ${arn}`);
    return bus;
  }

  #archive(bus: Bus, name: string): Archive {
    const archive = bus.archives.get(name);
    if (!archive) throw notDeployed(`archive ${name} of ${bus.arn}`);
    return archive;
  }
}

function count(tally: Tally, bus: string, rule: string): void {
  const rules = tally.get(bus) ?? new Map<string, number>();
  tally.set(bus, rules);
  rules.set(rule, (rules.get(rule) ?? 0) + 1);
}

/** As `noteTaken` names what the same rules took. */
function keyOf(rules: readonly string[]): string {
  return rules.join(" ");
}
