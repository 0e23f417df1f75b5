import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UsageError } from "./usage.ts";

/** System errors that say that an operator has named a file that cannot be written. */
const NOT_WRITABLE = ["ENOENT", "EACCES", "ENOTDIR", "EISDIR"];

/**
 * Writes the file that an option names, so that it is there only when all of it is. Throws UsageError naming the option
 * if it cannot be written.
 */
export async function writeWhole(
  option: string,
  file: string,
  text: string | AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(text), createWriteStream(part), { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (NOT_WRITABLE.includes(code ?? ""))
      throw new UsageError(`--${option}: "${file}" must be a file that can be written`);
    throw error;
  }
}
