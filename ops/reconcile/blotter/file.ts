import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, extname } from "node:path";
import { UsageError } from "../../frame/usage.ts";
import { linesOf, type TapeLine } from "../../tape/lines.ts";
import { displacedFields } from "./columns.ts";
import { csvLines, type ReadLine } from "./csv.ts";
import type { Mapping } from "./fields.ts";
import { jsonLines } from "./json-lines.ts";

/** What identifies a blotter's file, once it was read. */
export interface FileFacts {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
  readonly lines: number;
  readonly format: "CSV" | "JSON Lines";
  /** Columns of the header, or members of the lines, that are not compared; of many the first, then an ellipsis. */
  readonly ignoredColumns: readonly string[];
  /** Fields that are not compared, since --map gives the name that they have to another. */
  readonly displacedFields: readonly string[];
}

const JSON_EXTENSIONS = [".jsonl", ".ndjson", ".json"];
const OPENING_BRACE = 0x7b;
const BLANKS = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];

/**
 * A blotter's file, read once: CSV or JSON Lines, by its extension, and without a known one by how it begins. `facts` are
 * complete when all lines were read.
 */
export class BlotterFile {
  readonly #file: string;
  readonly #mapping: Mapping;
  readonly #hash = createHash("sha256");
  #size = 0;
  #lines = 0;
  #format: FileFacts["format"] = "CSV";
  #ignoredColumns: readonly string[] = [];

  constructor(file: string, mapping: Mapping) {
    this.#file = file;
    this.#mapping = mapping;
  }

  get facts(): FileFacts {
    return {
      name: basename(this.#file),
      ...{ size: this.#size, sha256: this.#hash.copy().digest("hex"), lines: this.#lines },
      ...{ format: this.#format, ignoredColumns: this.#ignoredColumns },
      displacedFields: displacedFields(this.#mapping),
    };
  }

  /** Throws UsageError if the file cannot be read, or is no blotter at all. */
  async *lines(): AsyncGenerator<ReadLine> {
    const chunks = this.#chunks();
    const first = await chunks.next();
    this.#format = formatOf(this.#file, first.done ? new Uint8Array() : first.value);
    const lines = this.#counted(linesOf(rejoined(first, chunks)));
    const read = this.#format === "JSON Lines" ? jsonLines : csvLines;
    yield* read(lines, this.#mapping, (ignored) => {
      this.#ignoredColumns = ignored;
    });
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of createReadStream(this.#file) as AsyncIterable<Buffer>) {
        this.#hash.update(chunk);
        this.#size += chunk.length;
        yield chunk;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (["ENOENT", "EACCES", "EISDIR", "ENOTDIR"].includes(code ?? ""))
        throw new UsageError(`--blotter: "${this.#file}" must be a file that can be read`);
      throw error;
    }
  }

  async *#counted(lines: AsyncIterable<TapeLine>): AsyncGenerator<TapeLine> {
    for await (const line of lines) {
      this.#lines += 1;
      yield line;
    }
  }
}

async function* rejoined(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function formatOf(file: string, beginning: Uint8Array): FileFacts["format"] {
  const extension = extname(file).toLowerCase();
  if (JSON_EXTENSIONS.includes(extension)) return "JSON Lines";
  if (extension === ".csv") return "CSV";
  return beginning.find((byte) => !BLANKS.includes(byte)) === OPENING_BRACE ? "JSON Lines" : "CSV";
}
