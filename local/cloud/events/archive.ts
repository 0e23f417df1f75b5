import type { BusEvent } from "./model.ts";
import type { Pattern } from "./pattern.ts";

/** Most events that one archive keeps in memory; the oldest make room. */
export const KEPT_EVENTS = 100_000;

/** The events of one bus that match a pattern, kept for a number of days. */
export class Archive {
  readonly name: string;
  readonly arn: string;
  readonly busArn: string;
  readonly patternText: string | undefined;
  readonly description: string | undefined;
  /** 0 keeps events for ever. */
  readonly retentionDays: number;
  readonly created: number;
  readonly #pattern: Pattern;
  #events: { text: string; accepted: number }[] = [];
  #bytes = 0;

  constructor(
    of: Pick<
      Archive,
      "name" | "arn" | "busArn" | "patternText" | "description" | "retentionDays" | "created"
    >,
    pattern: Pattern,
  ) {
    this.name = of.name;
    this.arn = of.arn;
    this.busArn = of.busArn;
    this.patternText = of.patternText;
    this.description = of.description;
    this.retentionDays = of.retentionDays;
    this.created = of.created;
    this.#pattern = pattern;
  }

  /** Keeps the event if the pattern asks for it. */
  take(event: BusEvent): void {
    if (!this.#pattern(event.envelope)) return;
    this.#events.push({ text: event.text, accepted: event.accepted });
    this.#bytes += Buffer.byteLength(event.text);
    // A tenth at a time, so that a full archive does not move all its events for each new one.
    if (this.#events.length > KEPT_EVENTS) this.#drop(KEPT_EVENTS / 10);
  }

  /** What the archive holds at this time; events beyond the retention are gone. */
  content(now: number): { count: number; bytes: number } {
    if (this.retentionDays > 0) {
      const oldest = now - this.retentionDays * 86_400_000;
      const first = this.#events.findIndex(({ accepted }) => accepted >= oldest);
      this.#drop(first < 0 ? this.#events.length : first);
    }
    return { count: this.#events.length, bytes: this.#bytes };
  }

  #drop(count: number): void {
    for (const { text } of this.#events.splice(0, count)) this.#bytes -= Buffer.byteLength(text);
  }
}
