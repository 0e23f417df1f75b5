import type { Clock } from "../service.ts";
import type { Archive, ArchivedEvent } from "./archive.ts";
import type { Bus, BusEvent } from "./model.ts";
import { parseJson } from "./numbers.ts";

/** Pause before the first minute of events, and between one minute and the next, in milliseconds. */
const STEP = 100;

export type ReplayState = "STARTING" | "RUNNING" | "CANCELLING" | "COMPLETED" | "CANCELLED" | "FAILED";

/** What StartReplay was given. Times in milliseconds since the epoch. */
export interface ReplayOrder {
  readonly name: string;
  readonly arn: string;
  readonly archive: Archive;
  readonly bus: Bus;
  readonly description: string | undefined;
  readonly start: number;
  readonly end: number;
  /** ARNs of the rules that get the events; all rules of the bus if left out. */
  readonly rules: readonly string[] | undefined;
}

export interface ReplayNeeds {
  readonly clock: Clock;
  readonly random: () => number;
  readonly publish: (bus: Bus, event: BusEvent, rules: readonly string[] | undefined) => void;
  /** Whether archive and bus are still there. */
  readonly exists: (order: ReplayOrder) => boolean;
}

/**
 * Sends archived events to their bus once more (EventBridge, "Replaying archived events"): one minute of the events'
 * own time after the other, the events of a minute in any order.
 */
export class Replay {
  readonly order: ReplayOrder;
  readonly started: number;
  state: ReplayState = "STARTING";
  reason: string | undefined;
  ended: number | undefined;
  /** The time of the last event that was replayed. */
  lastEventTime: number | undefined;
  readonly #needs: ReplayNeeds;
  #minutes: ArchivedEvent[][] = [];
  #stop: () => void;

  constructor(order: ReplayOrder, needs: ReplayNeeds) {
    this.order = order;
    this.#needs = needs;
    this.started = needs.clock.now();
    this.#stop = needs.clock.after(STEP, () => this.#begin());
  }

  get isActive(): boolean {
    return this.ended === undefined;
  }

  /** What has not been replayed yet stays undone. */
  cancel(): void {
    this.state = "CANCELLING";
  }

  /** Stops without a trace, as everything ends. */
  close(): void {
    this.#stop();
  }

  #begin(): void {
    const { archive, start, end } = this.order;
    if (this.state === "STARTING") this.state = "RUNNING";
    const minutes = Map.groupBy(archive.between(start, end, this.#needs.clock.now()), ({ time }) =>
      Math.floor((time - start) / 60_000),
    );
    this.#minutes = [...minutes].sort(([a], [b]) => a - b).map(([, events]) => events);
    this.#step();
  }

  #step(): void {
    const { clock, exists } = this.#needs;
    if (this.state === "CANCELLING") this.#end("CANCELLED");
    else if (!exists(this.order))
      this.#end("FAILED", "The archive or its event bus does not exist any more.");
    else if (this.#minutes.length === 0) this.#end("COMPLETED");
    else {
      for (const event of this.#shuffled(this.#minutes.shift() ?? [])) this.#replay(event);
      this.#stop = clock.after(STEP, () => this.#step());
    }
  }

  #replay({ text, time, isForwarded, taken }: ArchivedEvent): void {
    const { bus, name, rules } = this.order;
    const replayed = `${text.slice(0, -1)},"replay-name":${JSON.stringify(name)}}`;
    const envelope = parseJson(replayed) as Record<string, unknown>;
    const accepted = this.#needs.clock.now();
    this.#needs.publish(
      bus,
      { id: String(envelope.id), text: replayed, envelope, accepted, isForwarded, taken },
      rules,
    );
    this.lastEventTime = Math.max(this.lastEventTime ?? time, time);
  }

  #shuffled(events: ArchivedEvent[]): ArchivedEvent[] {
    return events
      .map((event) => ({ event, place: this.#needs.random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ event }) => event);
  }

  #end(state: ReplayState, reason?: string): void {
    this.state = state;
    this.reason = reason;
    this.ended = this.#needs.clock.now();
    this.#minutes = [];
  }
}
