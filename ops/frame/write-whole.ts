import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UsageError } from "./usage.ts";

/** System errors that say that an operator has named a file that cannot be written. */
const NOT_WRITABLE = ["ENOENT", "EACCES", "ENOTDIR", "EISDIR", "EROFS", "ENAMETOOLONG"];

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
  const part = partOf(file);
  try {
    await pipeline(Readable.from(text), createWriteStream(part), { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw refusalOf(option, file, error);
  }
}

/**
 * Finds out whether `writeWhole` could write the file, before there is anything to write, and leaves nothing behind.
 * Throws UsageError naming the option if not.
 */
export async function checkWritable(option: string, file: string): Promise<void> {
  const part = partOf(file);
  try {
    const handle = await open(part, "w");
    await handle.close();
    await rm(part);
  } catch (error) {
    throw refusalOf(option, file, error);
  }
  const known = await stat(file).catch(() => undefined);
  if (known?.isDirectory()) throw unwritable(option, file);
}

function partOf(file: string): string {
  return `${file}.part`;
}

function refusalOf(option: string, file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return NOT_WRITABLE.includes(code ?? "") ? unwritable(option, file) : error;
}

function unwritable(option: string, file: string): UsageError {
  return new UsageError(`--${option}: "${file}" must be a file that can be written`);
}
