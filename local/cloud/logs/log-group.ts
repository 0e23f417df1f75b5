import { Backlog } from "../backlog.ts";

/** A line as it is kept. Times in milliseconds since the epoch. */
export interface LogEvent {
  readonly id: string;
  readonly stream: string;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  firstTimestamp: number | undefined;
  lastTimestamp: number | undefined;
  lastIngestion: number | undefined;
}

/** What one group keeps at most; the oldest lines go first. */
const MAXIMUM_EVENTS = 20_000;
const MAXIMUM_BYTES = 16 * 1024 * 1024;
/** Streams that are kept; those made first go first, their lines stay. */
const MAXIMUM_STREAMS = 2000;

/** The lines of a log group in bounded memory. */
export class LogGroup {
  readonly name: string;
  readonly createdAt: number;
  readonly tags: Record<string, string>;
  retentionInDays: number | undefined;
  kmsKeyId: string | undefined;
  readonly streams = new Map<string, LogStream>();
  /** Lines that are no longer kept because there were too many. */
  dropped = 0;
  bytes = 0;
  readonly #events = new Backlog<LogEvent>();
  #next = 0;

  constructor(name: string, createdAt: number, tags: Record<string, string> = {}) {
    this.name = name;
    this.createdAt = createdAt;
    this.tags = tags;
  }

  /** The stream of that name, made if it is not there. */
  ensureStream(name: string, now: number): LogStream {
    let stream = this.streams.get(name);
    if (!stream) {
      stream = {
        name,
        createdAt: now,
        firstTimestamp: undefined,
        lastTimestamp: undefined,
        lastIngestion: undefined,
      };
      this.streams.set(name, stream);
      const [first] = this.streams.keys();
      if (this.streams.size > MAXIMUM_STREAMS && first !== undefined) this.streams.delete(first);
    }
    return stream;
  }

  append(stream: LogStream, timestamp: number, message: string, now: number): void {
    this.#next += 1;
    const id = String(this.#next).padStart(20, "0");
    this.#events.push({ id, stream: stream.name, timestamp, ingestionTime: now, message });
    stream.firstTimestamp = Math.min(stream.firstTimestamp ?? timestamp, timestamp);
    stream.lastTimestamp = Math.max(stream.lastTimestamp ?? timestamp, timestamp);
    stream.lastIngestion = now;
    this.bytes += message.length;
    while (this.#events.length > MAXIMUM_EVENTS || this.bytes > MAXIMUM_BYTES) {
      const oldest = this.#events.shift();
      if (!oldest) break;
      this.bytes -= oldest.message.length;
      this.dropped += 1;
    }
  }

  /** Kept lines in the order of their timestamps, without those past the group's retention. */
  events(now: number): LogEvent[] {
    const limit =
      this.retentionInDays === undefined ? Number.NEGATIVE_INFINITY : now - this.retentionInDays * 86_400_000;
    return this.#events
      .first()
      .filter((event) => event.timestamp > limit)
      .sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
  }
}
