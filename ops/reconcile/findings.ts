import { createReadStream } from "node:fs";
import { appendFile } from "node:fs/promises";
import { linesOf } from "../tape/lines.ts";

/** Most findings of a kind that are shown; the total says how many there are, and a report has all of them. */
export const MOST_LISTED = 100;

const BUFFERED_CHARACTERS = 262_144;

/** Any number of findings, which must be JSON values: the first in memory, all of them in a file, in their order. */
export class Findings<Each> {
  readonly listed: Each[] = [];
  readonly #file: string;
  #total = 0;
  #buffer: string[] = [];
  #characters = 0;
  #isWritten = false;

  constructor(file: string) {
    this.#file = file;
  }

  get total(): number {
    return this.#total;
  }

  async add(finding: Each): Promise<void> {
    this.#total += 1;
    if (this.listed.length < MOST_LISTED) this.listed.push(finding);
    const line = `${JSON.stringify(finding)}\n`;
    this.#buffer.push(line);
    this.#characters += line.length;
    if (this.#characters >= BUFFERED_CHARACTERS) await this.#flush();
  }

  /** All of them. Nothing may be added meanwhile. */
  async *all(): AsyncGenerator<Each> {
    await this.#flush();
    if (!this.#isWritten) return;
    for await (const each of linesOf(createReadStream(this.#file), Number.MAX_SAFE_INTEGER)) {
      if ("refused" in each) throw new Error(`${this.#file}: a finding ${each.refused}`);
      yield JSON.parse(each.line) as Each;
    }
  }

  async #flush(): Promise<void> {
    if (this.#buffer.length === 0) return;
    const text = this.#buffer.join("");
    this.#buffer = [];
    this.#characters = 0;
    this.#isWritten = true;
    await appendFile(this.#file, text);
  }
}
