import { randomUUID } from "node:crypto";
import { ReplicationPace } from "../replication-pace.ts";
import type { Json, Origin, Surroundings } from "../service.ts";
import { forwarding } from "./deliver.ts";
import { failureOf } from "./failure.ts";
import type { BusEvent } from "./model.ts";

/** An event on its way to the other bus of its endpoint. */
export interface Copy {
  readonly event: BusEvent;
  /** Where the event was put. */
  readonly from: string;
  /** ARN of the bus that gets it. */
  readonly busArn: string;
  readonly endpointArn: string;
  /** The role that the copy is put with, as it is then. */
  readonly roleArn: () => string | undefined;
}

/** Control over how events that are put through global endpoints reach the other region. */
export interface EventReplication {
  /**
   * Every event takes this long from now on; without a number again 100 to 500 ms, by chance. For one region (as
   * destination), or for all.
   */
  setLag(milliseconds?: number, region?: string): void;
  /** Stops delivering; events keep queueing. For one region (as destination), or for all. */
  pause(region?: string): void;
  resume(region?: string): void;
  /** Events that have not reached their destination. */
  pending(): number;
}

interface Entry {
  readonly copy: Copy;
  due: number;
}

const LAG_MINIMUM = 100;
const LAG_SPREAD = 400;
const RETRY_MILLISECONDS = 1_000;

/**
 * Carries copies to the other region, until it takes them: on AWS what cannot leave a region waits there until the
 * region recovers (EventBridge User Guide, "Recovery Time & Recovery Point Objectives"). A copy that is refused for good,
 * for want of a permission or of the bus, is dropped and told, as a managed rule without a dead-letter queue drops it.
 */
export class Copies implements EventReplication {
  readonly #surroundings: Surroundings;
  readonly #onRefused: (copy: Copy) => void;
  /** What is due first comes first. */
  #entries: Entry[] = [];
  #delivering = 0;
  #cancel: (() => void) | undefined;
  readonly #pace = new ReplicationPace();
  #isClosed = false;

  constructor(surroundings: Surroundings, onRefused: (copy: Copy) => void) {
    this.#surroundings = surroundings;
    this.#onRefused = onRefused;
  }

  setLag(milliseconds?: number, region?: string): void {
    this.#pace.setLag(milliseconds, region);
  }

  pause(region?: string): void {
    this.#pace.pause(region);
  }

  resume(region?: string): void {
    this.#pace.resume(region);
    this.#arm();
  }

  pending(): number {
    return this.#entries.length + this.#delivering;
  }

  /** Sends a copy of an event on its way. Its id is another one: AWS promises no more than that ids can differ. */
  add(copy: Copy): void {
    const { clock, random } = this.#surroundings;
    const { event } = copy;
    const id = randomUUID();
    const text = event.text.replace(JSON.stringify(event.id), JSON.stringify(id));
    const envelope = { ...event.envelope, id };
    const made: Copy = { ...copy, event: { ...event, id, text, envelope, taken: undefined } };
    const lag = this.#pace.lagTo(regionOf(copy.busArn)) ?? LAG_MINIMUM + random() * LAG_SPREAD;
    this.#insert({ copy: made, due: clock.now() + lag });
    this.#arm();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#entries = [];
  }

  #insert(entry: Entry): void {
    const place = this.#entries.findLastIndex(({ due }) => due <= entry.due) + 1;
    this.#entries.splice(place, 0, entry);
  }

  #isHeld({ copy }: Entry): boolean {
    return this.#pace.isPaused(regionOf(copy.busArn));
  }

  /** Sets the timer to the first copy that may go. */
  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const first = this.#entries.find((entry) => !this.#isHeld(entry));
    if (this.#isClosed || !first) return;
    const { clock } = this.#surroundings;
    this.#cancel = clock.after(Math.max(0, first.due - clock.now()), () => {
      const now = clock.now();
      const due = this.#entries.filter((entry) => entry.due <= now && !this.#isHeld(entry));
      this.#entries = this.#entries.filter((entry) => !due.includes(entry));
      for (const entry of due) void this.#deliver(entry);
      this.#arm();
    });
  }

  async #deliver({ copy }: Entry): Promise<void> {
    const { clock } = this.#surroundings;
    this.#delivering += 1;
    const outcome = await this.#attempt(copy);
    this.#delivering -= 1;
    if (outcome === "refused") this.#onRefused(copy);
    if (outcome !== "unreachable" || this.#isClosed) return;
    this.#insert({ copy, due: clock.now() + RETRY_MILLISECONDS });
    this.#arm();
  }

  async #attempt({
    event,
    from,
    busArn,
    endpointArn,
    roleArn,
  }: Copy): Promise<"done" | "refused" | "unreachable"> {
    const { clock, call, faults } = this.#surroundings;
    const role = roleArn();
    if (role === undefined) return "refused";
    if (faults.isLost(from)) return "unreachable";
    const region = regionOf(busArn);
    const origin: Origin = {
      region,
      principal: role,
      assumedBy: "events.amazonaws.com",
      sourceArn: endpointArn,
    };
    const request: Json = forwarding({ ...event, accepted: clock.now() }, busArn);
    try {
      await call("events", "PutEvents", request, origin);
      return "done";
    } catch (error) {
      return failureOf(error).isRetryable ? "unreachable" : "refused";
    }
  }
}

function regionOf(arn: string): string {
  return arn.split(":", 4)[3] ?? "";
}
