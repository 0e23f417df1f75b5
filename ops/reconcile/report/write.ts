import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { extname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UsageError } from "../../frame/usage.ts";
import { json, markdown } from "./render.ts";
import type { Report } from "./report.ts";

/**
 * Writes a report, as Markdown if the file ends in .md, else as JSON. The file is there only when all of it is. Throws
 * UsageError if it cannot be written.
 */
export async function writeReport(file: string, report: Report, signal: AbortSignal): Promise<void> {
  const part = `${file}.part`;
  const text = extname(file) === ".md" ? markdown(report) : json(report);
  try {
    await pipeline(Readable.from(text), createWriteStream(part), { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (["ENOENT", "EACCES", "ENOTDIR", "EISDIR"].includes(code ?? ""))
      throw new UsageError(`--report: "${file}" must be a file that can be written`);
    throw error;
  }
}
