import { createReadStream, openSync } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { addAbortSignal, type Readable } from "node:stream";
import { isatty, ReadStream as TerminalStream } from "node:tty";
import { UsageError } from "../frame/usage.ts";
import { linesOf, type TapeLine } from "./lines.ts";

/**
 * Throws UsageError, which begins with how the command line calls the file, unless it is one whose lines can be read: a
 * file, a pipe or a character device.
 */
export async function checkTapeFile(file: string, name = "--trades"): Promise<void> {
  const wrong = new UsageError(`${name}: "${file}" must be a file that can be read`);
  const kind = await stat(file).catch(() => {
    throw wrong;
  });
  if (kind.isDirectory()) throw new UsageError(`${name}: "${file}" must be a file, is a directory`);
  if (!kind.isFile() && !kind.isFIFO() && !kind.isCharacterDevice()) throw wrong;
  await access(file, constants.R_OK).catch(() => {
    throw wrong;
  });
}

/** A tape file's lines, until its end or until the signal aborts. It is opened when the first is asked for. */
export async function* readTapeFile(file: string, signal: AbortSignal): AsyncGenerator<TapeLine> {
  const input = addAbortSignal(signal, await openFile(file));
  try {
    yield* linesOf(input);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * Waiting for a pipe's writer, or for someone to type, must not hold up the process's end: opening and reading these
 * as files would block one of Node's threads, and Node joins its threads before it exits.
 */
async function openFile(file: string): Promise<Readable> {
  const kind = await stat(file);
  if (kind.isFile()) return createReadStream(file);
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  if (kind.isFIFO()) return new Socket({ fd, readable: true, writable: false });
  return isatty(fd) ? new TerminalStream(fd) : createReadStream("", { fd });
}
