import { Backlog } from "../backlog.ts";
import type { BusEvent } from "./model.ts";
import type { Pattern } from "./pattern.ts";

/** Most bytes of events that one archive keeps in memory; the oldest make room. */
export const KEPT_BYTES = 256 * 1_024 * 1_024;

const DAY = 86_400_000;

/** What CreateArchive and UpdateArchive say of an archive. */
export interface ArchiveSettings {
  readonly description: string | undefined;
  readonly patternText: string | undefined;
  /** Of `patternText`; takes everything if there is none. */
  readonly pattern: Pattern;
  /** 0 keeps events for ever. */
  readonly retentionDays: number;
  readonly kmsKeyIdentifier: string | undefined;
}

/** An event in an archive. */
export interface ArchivedEvent extends Pick<BusEvent, "text" | "accepted" | "isForwarded" | "taken"> {
  /** The event's own time, by which it is replayed, in milliseconds since the epoch. */
  readonly time: number;
}

/** The events of one bus that match a pattern, kept for a number of days. */
export class Archive {
  readonly name: string;
  readonly arn: string;
  readonly busArn: string;
  readonly created: number;
  settings: ArchiveSettings;
  readonly #keptBytes: number;
  readonly #events = new Backlog<ArchivedEvent>();
  #bytes = 0;

  constructor(
    of: Pick<Archive, "name" | "arn" | "busArn" | "created">,
    settings: ArchiveSettings,
    keptBytes = KEPT_BYTES,
  ) {
    this.name = of.name;
    this.arn = of.arn;
    this.busArn = of.busArn;
    this.created = of.created;
    this.settings = settings;
    this.#keptBytes = keptBytes;
  }

  /**
   * Keeps the event if the pattern asks for it, and says whether it does. Replayed events are not archived again
   * (EventBridge, CreateArchive).
   */
  take(event: BusEvent): boolean {
    if (event.envelope["replay-name"] !== undefined || !this.settings.pattern(event.envelope)) return false;
    const { text, accepted, isForwarded, taken, envelope } = event;
    this.keep({ text, accepted, isForwarded, taken, time: Date.parse(String(envelope.time)) });
    return true;
  }

  /** Keeps the event. */
  keep(event: ArchivedEvent): void {
    this.#events.push(event);
    this.#bytes += Buffer.byteLength(event.text);
    while (this.#bytes > this.#keptBytes) this.#drop();
  }

  /** Every event that it holds, the first that came first. */
  all(): readonly ArchivedEvent[] {
    return this.#events.first();
  }

  /** What the archive holds at this time; events beyond the retention are gone. */
  content(now: number): { count: number; bytes: number } {
    this.#expire(now);
    return { count: this.#events.length, bytes: this.#bytes };
  }

  /** The events whose own time lies from `start` to before `end`. */
  between(start: number, end: number, now: number): ArchivedEvent[] {
    this.#expire(now);
    return this.#events.first().filter(({ time }) => time >= start && time < end);
  }

  #expire(now: number): void {
    const { retentionDays } = this.settings;
    if (retentionDays === 0) return;
    for (;;) {
      const [oldest] = this.#events.first(1);
      if (!oldest || oldest.accepted >= now - retentionDays * DAY) return;
      this.#drop();
    }
  }

  #drop(): void {
    this.#bytes -= Buffer.byteLength(this.#events.shift()?.text ?? "");
  }
}
