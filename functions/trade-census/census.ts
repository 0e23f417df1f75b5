import { NamedError } from "../adapters/errors.ts";
import type { CensusOutput, UnaccountedEvent } from "../contract.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { ArchivedEvent } from "./archived-event.ts";
import type { Look } from "./census-queue.ts";
import type { Undelivered } from "./undelivered.ts";
import type { CensusOrder, Window } from "./window.ts";

/** What the census needs of the outside. */
export interface CensusPorts {
  /** When the oldest events were put that the archive keeps for sure, in milliseconds since the epoch. */
  keptSince(): Promise<number>;
  /** Starts a replay of the window to the census rule and gives its name. */
  startReplay(window: Window): Promise<string>;
  /** Whether the replay has ended. Throws if it failed or was cancelled. */
  isReplayed(replay: string): Promise<boolean>;
  /** What the queue of the census has. Gives nothing only after it has waited for so many seconds. */
  receive(replay: string, waitSeconds: number): Promise<Look>;
  /** What became of each of the events; undefined where nothing is written of one. In their order. */
  outcomesOf(events: readonly ArchivedEvent[]): Promise<readonly (Outcome | undefined)[]>;
  /** What EventBridge gave up delivering: its messages are all that there is of those events. */
  undelivered(replay: string): Promise<Undelivered>;
  /** Hands on the events that have no outcome. */
  report(events: readonly ArchivedEvent[]): Promise<void>;
}

/** Longest wait of one look (Amazon SQS Developer Guide, "Short and long polling"). */
const LONGEST_WAIT_SECONDS = 20;
const MAXIMUM_NAMED = 500;
/** Events without an outcome that are asked about once more at a time. */
const SECOND_LOOK = 100;

/**
 * Compares the archive of a window with what is written: every trade event that was put, by what became of it, and those
 * of which nothing is written, by name. What has no outcome is looked at again at the end, since it may have been on its
 * way, and is dead-lettered if its message waits undelivered. Throws what the ports throw, and CensusNotDelivered if
 * events of the archive could not be handed to the census.
 */
export async function takeCensus(order: CensusOrder, ports: CensusPorts): Promise<CensusOutput> {
  const keptSince = await ports.keptSince();
  const replay = await ports.startReplay(order);
  const byOutcome: Record<Outcome, number> = { recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
  const seen = new Set<string>();
  const waiting: ArchivedEvent[] = [];
  const judge = async (events: readonly ArchivedEvent[], without: (event: ArchivedEvent) => void) => {
    const outcomes = await ports.outcomesOf(events);
    events.forEach((event, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) without(event);
      else byOutcome[outcome] += 1;
    });
  };
  for await (const events of eventsOf(replay, order.quietSeconds, ports)) {
    // A queue may bring a message twice.
    const fresh = events.filter(({ event }) => !seen.has(event) && seen.add(event));
    await judge(fresh, (event) => waiting.push(event));
  }
  // Before the second look: whatever is redriven in between has an outcome by then.
  const undelivered = await ports.undelivered(replay);
  if (undelivered.copies > 0)
    throw new NamedError(
      "CensusNotDelivered",
      `${undelivered.copies} events of replay ${replay} could not be handed to the census; they are in the dead letter queue of rules, with the reason`,
    );
  const named: UnaccountedEvent[] = [];
  let unaccounted = 0;
  while (waiting.length > 0) {
    const without: ArchivedEvent[] = [];
    await judge(waiting.splice(0, SECOND_LOOK), (event) => {
      if (undelivered.events.has(event.event)) byOutcome.deadLettered += 1;
      else without.push(event);
    });
    await ports.report(without);
    unaccounted += without.length;
    named.push(...without.slice(0, MAXIMUM_NAMED - named.length).map(nameOf));
  }
  const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
  return {
    ...{ from: iso(order.from), to: iso(order.to), replay },
    ...{ events: seen.size, byOutcome, unaccounted, named },
    // Windows go by the events' own times: some of so long ago may have been put later, and are there.
    ...(order.from < keptSince && { keptSince: iso(keptSince) }),
  };
}

/**
 * What the queue brings of a replay. A replay has ended when its last event was sent, not when that was delivered: what
 * is tried again comes later. So it ends only when the queue has given nothing at all, of whatever replay, for so many
 * seconds after the end.
 */
async function* eventsOf(
  replay: string,
  quietSeconds: number,
  { isReplayed, receive }: CensusPorts,
): AsyncGenerator<readonly ArchivedEvent[]> {
  /** Seconds that the queue has yet to be quiet; none before the replay's end. */
  let left: number | undefined;
  for (;;) {
    const wait = Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(left ?? 0)));
    const { events, isEmpty } = await receive(replay, wait);
    if (!isEmpty) {
      if (left !== undefined) left = quietSeconds;
      yield events;
    } else if (left === undefined) {
      if (await isReplayed(replay)) left = quietSeconds;
    } else {
      left -= wait;
      if (left <= 0) return;
    }
  }
}

function nameOf({ event, source, time, tradeId }: ArchivedEvent): UnaccountedEvent {
  return { event, source, time, ...(tradeId !== undefined && { tradeId }) };
}
