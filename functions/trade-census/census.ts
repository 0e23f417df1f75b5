import type { CensusOutput, UnaccountedEvent } from "../contract.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { ArchivedEvent } from "./archived-event.ts";
import type { Window } from "./window.ts";

/** What the census needs of the outside. */
export interface CensusPorts {
  /** Starts a replay of the window to the census rule and gives its name. */
  startReplay(window: Window): Promise<string>;
  /** Whether the replay has ended. Throws if it failed or was cancelled. */
  isReplayed(replay: string): Promise<boolean>;
  /** Some of the events that the replay has brought, and no others; none if there are none now. Looks for up to a second. */
  receive(replay: string): Promise<readonly ArchivedEvent[]>;
  /** What became of each of the events; undefined where nothing is written of one. In their order. */
  outcomesOf(events: readonly ArchivedEvent[]): Promise<readonly (Outcome | undefined)[]>;
  /** Keys of events that EventBridge gave up handing to the workflow: their message is all that there is of them. */
  undelivered(): Promise<ReadonlySet<string>>;
  /** Hands on the events that have no outcome. */
  report(events: readonly ArchivedEvent[]): Promise<void>;
}

/** Looks without a find, after the replay has ended, that end a census: a queue's servers are asked in turn. */
const EMPTY_LOOKS = 3;
const MAXIMUM_NAMED = 500;
/** Events without an outcome that are asked about once more at a time. */
const SECOND_LOOK = 100;

/**
 * Compares the archive of a window with what is written: every trade event that was put, by what became of it, and those
 * of which nothing is written, by name. What has no outcome is looked at again at the end, since it may have been on its
 * way, and is dead-lettered if its message waits undelivered. Throws what the ports throw.
 */
export async function takeCensus(window: Window, ports: CensusPorts): Promise<CensusOutput> {
  const replay = await ports.startReplay(window);
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
  for (let emptyLooks = 0; emptyLooks < EMPTY_LOOKS; ) {
    const hasEnded = await ports.isReplayed(replay);
    const received = await ports.receive(replay);
    // A queue may bring a message twice.
    const fresh = received.filter(({ event }) => !seen.has(event) && seen.add(event));
    await judge(fresh, (event) => waiting.push(event));
    emptyLooks = hasEnded && received.length === 0 ? emptyLooks + 1 : 0;
  }
  // Before the second look: whatever is redriven in between has an outcome by then.
  const undelivered = waiting.length > 0 ? await ports.undelivered() : new Set<string>();
  const named: UnaccountedEvent[] = [];
  let unaccounted = 0;
  while (waiting.length > 0) {
    const without: ArchivedEvent[] = [];
    await judge(waiting.splice(0, SECOND_LOOK), (event) => {
      if (undelivered.has(event.event)) byOutcome.deadLettered += 1;
      else without.push(event);
    });
    await ports.report(without);
    unaccounted += without.length;
    named.push(...without.slice(0, MAXIMUM_NAMED - named.length).map(nameOf));
  }
  const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
  return {
    ...{ from: iso(window.from), to: iso(window.to), replay },
    ...{ events: seen.size, byOutcome, unaccounted, named },
  };
}

function nameOf({ event, source, time, tradeId }: ArchivedEvent): UnaccountedEvent {
  return { event, source, time, ...(tradeId !== undefined && { tradeId }) };
}
