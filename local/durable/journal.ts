import { closeSync, createReadStream, existsSync, openSync, renameSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { UsageError } from "../../ops/frame/usage.ts";
import type { Json } from "../cloud/service.ts";

/**
 * The form of the journal, counted up when a service changes what it keeps: a journal of another form is refused. Lines
 * of JSON: first what it is of, then one change a line, as service and change.
 */
const FORMAT = 1;

/** What a journal is of. */
export interface JournalOf {
  readonly stack: string;
  /** Version of the program, as package.json has it. */
  readonly program: string;
}

export interface KeptChange {
  readonly service: string;
  readonly change: Json;
}

/**
 * The changes that a journal has, in their order; none if there is no file. A last line that was not written to its
 * end is left out: its change was never answered. Throws UsageError for a journal of something else, and for a line
 * that cannot be read.
 */
export async function* readJournal(file: string, of: JournalOf): AsyncGenerator<KeptChange> {
  if (!existsSync(file)) return;
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  let broken: number | undefined;
  for await (const line of lines) {
    number += 1;
    if (broken !== undefined) throw new UsageError(`--data: ${file} line ${broken} is no line of a journal`);
    const value = parse(line);
    if (number === 1) checkHead(file, value, of);
    else if (value === undefined) broken = number;
    else if (Array.isArray(value) && typeof value[0] === "string" && isObject(value[1]))
      yield { service: value[0], change: value[1] };
    else throw new UsageError(`--data: ${file} line ${number} is no line of a journal`);
  }
}

/** A journal that is written anew beside the one that is there, and takes its place when it holds everything. */
export class Journal {
  readonly #file: string;
  readonly #descriptor: number;
  #isClosed = false;
  /** Changes that come while it is not yet complete. */
  #waiting: string[] | undefined = [];

  constructor(file: string, of: JournalOf) {
    this.#file = file;
    this.#descriptor = openSync(`${file}.new`, "w");
    this.#write(`${JSON.stringify({ journal: FORMAT, ...of })}\n`);
  }

  /** Adds to what it begins with. */
  begin(service: string, change: Json): void {
    this.#write(lineOf(service, change));
  }

  /** It holds everything: it becomes the journal. */
  complete(): void {
    for (const line of this.#waiting ?? []) this.#write(line);
    this.#waiting = undefined;
    if (!this.#isClosed) renameSync(`${this.#file}.new`, this.#file);
  }

  /**
   * Adds a change. It is with the operating system when this returns, and so outlives the process, but not
   * necessarily the machine.
   */
  append(service: string, change: Json): void {
    const line = lineOf(service, change);
    if (this.#waiting) this.#waiting.push(line);
    else this.#write(line);
  }

  /** Takes nothing more, as after the death of the process. */
  close(): void {
    if (!this.#isClosed) closeSync(this.#descriptor);
    this.#isClosed = true;
  }

  #write(line: string): void {
    if (this.#isClosed) return;
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length; )
      written += writeSync(this.#descriptor, bytes, written, bytes.length - written);
  }
}

function lineOf(service: string, change: Json): string {
  return `${JSON.stringify([service, change])}\n`;
}

function checkHead(file: string, value: unknown, of: JournalOf): void {
  const head = isObject(value) ? value : {};
  if (head.journal === undefined) throw new UsageError(`--data: ${file} is no journal of the local cloud`);
  const differences = Object.entries({ journal: FORMAT, ...of })
    .filter(([name, wanted]) => head[name] !== wanted)
    .map(
      ([name, wanted]) => `${name} is ${JSON.stringify(head[name])}, and has to be ${JSON.stringify(wanted)}`,
    );
  if (differences.length > 0)
    throw new UsageError(
      `--data: ${file} is of another run: ${differences.join("; ")}. Use another directory`,
    );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
