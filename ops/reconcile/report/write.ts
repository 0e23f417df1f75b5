import { extname } from "node:path";
import { writeWhole } from "../../frame/write-whole.ts";
import { json, markdown } from "./render.ts";
import type { Report } from "./report.ts";

/** Writes a report, as Markdown if the file ends in .md, else as JSON. Throws UsageError if it cannot be written. */
export function writeReport(file: string, report: Report, signal: AbortSignal): Promise<void> {
  return writeWhole("report", file, extname(file) === ".md" ? markdown(report) : json(report), signal);
}
