import { bounded, printable } from "../../functions/domain/text.ts";
import { WINDOW } from "./failure-window.ts";
import type { QueueName } from "./queues.ts";

/** Ways in which a message that was considered can end; each message ends in exactly one. */
export const ENDS = [
  ...(["recorded", "duplicate", "rejected", "deadLettered"] as const),
  ...(["obsolete", "poison", "unknown", "left", "wouldStart"] as const),
];
export type End = (typeof ENDS)[number];

export type Counts = Record<End | "considered" | "started", number>;

/** A message that stays in its queue. */
export interface Stayed {
  readonly region: string;
  readonly queue: QueueName;
  readonly event?: string;
  readonly end: "poison" | "unknown" | "left";
  readonly why: string;
}

/** Messages that stay and are named; any further ones are only counted, so that memory stays bounded. */
const NAMED = 1_000;
const SHOWN = 20;

/** Adds up what a redrive does. */
export class Report {
  readonly total = noCounts();
  readonly byQueue: Record<string, Counts> = {};
  readonly stayed: Stayed[] = [];
  /** Queues that too many failures stopped, and those of which not all was looked at, as `<region>/<queue>`. */
  readonly stopped: string[] = [];
  readonly notAllLookedAt: string[] = [];
  readonly #notes: string[] = [];
  #stayedCount = 0;

  considered(region: string, queue: QueueName): void {
    this.#add(region, queue, "considered");
  }

  started(region: string, queue: QueueName): void {
    this.#add(region, queue, "started");
  }

  ended(region: string, queue: QueueName, end: End): void {
    this.#add(region, queue, end);
  }

  stays(of: Stayed): void {
    this.#add(of.region, of.queue, of.end);
    this.#stayedCount += 1;
    if (this.stayed.length < NAMED) this.stayed.push(of);
  }

  stops(region: string, queue: QueueName, failures: number): void {
    this.stopped.push(`${region}/${queue}`);
    this.#notes.push(`${region}/${queue} is stopped: ${failures} of the last ${WINDOW} failed`);
  }

  cutShort(region: string, queue: QueueName): void {
    this.notAllLookedAt.push(`${region}/${queue}`);
    this.#notes.push(
      `not all of ${region}/${queue} was looked at: SQS gave the same messages again and again; the same command goes on`,
    );
  }

  /** Whether nothing is still to be done; of a dry run, whether everything was looked at. */
  isComplete(isDryRun: boolean): boolean {
    const { deadLettered, poison, unknown, left } = this.total;
    if (this.stopped.length + this.notAllLookedAt.length + unknown > 0) return false;
    return isDryRun || deadLettered + poison + left === 0;
  }

  progress(): string {
    const { considered, ...rest } = this.total;
    return `${considered} considered: ${listed(rest)}`;
  }

  /** A line for each queue with messages, one for each message that stays, and the sum. */
  lines(): string[] {
    const queues = Object.entries(this.byQueue).map(
      ([name, { considered, ...rest }]) => `  ${name}: ${considered} considered: ${listed(rest)}`,
    );
    const stayed = this.stayed.slice(0, SHOWN).map(({ region, queue, event, end, why }) => {
      const name = event === undefined ? "a message" : printable(event);
      return `  ${region}/${queue}: ${name} stays (${end}): ${bounded(why, 500)}`;
    });
    const more = this.#stayedCount - stayed.length;
    return [
      ...queues,
      ...stayed,
      ...(more > 0 ? [`  … and ${more} more that stay; --json names the first ${NAMED}`] : []),
      this.progress(),
      ...this.#notes,
    ];
  }

  #add(region: string, queue: QueueName, key: keyof Counts): void {
    const name = `${region}/${queue}`;
    const counts = this.byQueue[name] ?? noCounts();
    this.byQueue[name] = counts;
    counts[key] += 1;
    this.total[key] += 1;
  }
}

function noCounts(): Counts {
  const none = { considered: 0, started: 0, recorded: 0, duplicate: 0, rejected: 0, deadLettered: 0 };
  return { ...none, obsolete: 0, poison: 0, unknown: 0, left: 0, wouldStart: 0 };
}

function listed(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return (
    some.map(([name, count]) => `${count} ${name === "wouldStart" ? "to be started" : name}`).join(", ") ||
    "nothing to do"
  );
}
