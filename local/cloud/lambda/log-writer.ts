import type { Caller, Clock, Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** Where the lines of one execution environment go. */
export interface LogDestination {
  readonly group: string;
  readonly stream: string;
}

export interface LogWriterNeeds {
  readonly clock: Clock;
  readonly call: Caller;
  readonly region: string;
  /** The function's role: it needs CreateLogStream and PutLogEvents, and CreateLogGroup if there is no group. */
  readonly role: string;
  readonly destination: LogDestination;
}

/** Longest that a line waits, so that what a long invocation writes can be read while it runs. */
const FLUSH_MILLISECONDS = 200;
/** Limits of PutLogEvents, with room to spare. */
const BATCH_EVENTS = 5_000;
const BATCH_BYTES = 1_000_000;
const BYTES_BESIDE_MESSAGE = 26;

interface Line {
  readonly timestamp: number;
  readonly message: string;
}

/**
 * Writes the lines of one log stream to CloudWatch Logs as a role, in order and in batches. As on AWS, lines that the
 * role may not write are lost, and nothing else fails.
 */
export class LogWriter {
  readonly #needs: LogWriterNeeds;
  #lines: Line[] = [];
  #isOpen = false;
  #last: Promise<void> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;

  constructor(needs: LogWriterNeeds) {
    this.#needs = needs;
  }

  /** Makes the stream, and its group if there is none. */
  open(): void {
    this.#last = this.#last.then(() => this.#ensureOpen());
  }

  write(message: string): void {
    if (message === "") return;
    const { clock } = this.#needs;
    this.#lines.push({ timestamp: clock.now(), message });
    this.#cancelFlush ??= clock.after(FLUSH_MILLISECONDS, () => void this.flush());
  }

  /** Resolves when all lines so far are written, or lost. */
  flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      this.#last = this.#last.then(() => this.#put(lines));
    }
    return this.#last;
  }

  async #put(lines: readonly Line[]): Promise<void> {
    await this.#ensureOpen();
    if (!this.#isOpen) return;
    const { group, stream } = this.#needs.destination;
    for (const logEvents of batches(lines)) {
      const input = { logGroupName: group, logStreamName: stream, logEvents };
      const code = await this.#refusal("PutLogEvents", input);
      // Somebody deleted the group or the stream: it is made again for what follows.
      if (code === "ResourceNotFoundException") this.#isOpen = false;
    }
  }

  async #ensureOpen(): Promise<void> {
    if (this.#isOpen) return;
    const { group, stream } = this.#needs.destination;
    const input = { logGroupName: group, logStreamName: stream };
    let code = await this.#refusal("CreateLogStream", input);
    if (code === "ResourceNotFoundException") {
      await this.#refusal("CreateLogGroup", { logGroupName: group });
      code = await this.#refusal("CreateLogStream", input);
    }
    this.#isOpen = code === undefined || code === "ResourceAlreadyExistsException";
  }

  /** The code with which a call was refused; undefined if it was not. */
  async #refusal(operation: string, input: Json): Promise<string | undefined> {
    const { call, region, role } = this.#needs;
    try {
      await call("logs", operation, input, { region, principal: role });
      return undefined;
    } catch (error) {
      return error instanceof ServiceError ? error.code : "InternalFailure";
    }
  }
}

function* batches(lines: readonly Line[]): Generator<Line[]> {
  let batch: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(line.message) + BYTES_BESIDE_MESSAGE;
    if (batch.length > 0 && (batch.length === BATCH_EVENTS || bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
