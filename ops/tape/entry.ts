/** A tape: JSON Lines, one PutEvents entry a line. */

import { membersOf } from "../../functions/domain/json-tokens.ts";
import { bounded } from "../../functions/domain/text.ts";
import { epochMilliseconds, parseTimestamp } from "../../functions/domain/timestamp.ts";
import { whatWouldBeLost } from "./detail-text.ts";

export interface TapeEntry {
  source: string;
  detailType: string;
  /** JSON text, every number as it stood on the line. */
  detail: string;
  /** The time of sending if left out. */
  time?: Date;
  /** Name or ARN; the trades bus if left out. */
  eventBusName?: string;
  resources?: readonly string[];
  traceHeader?: string;
}

export type ParsedLine = { entry: TapeEntry } | { refused: string };

/**
 * Largest entry, in bytes: what PutEvents takes beyond it (1 MB) has no room left to become a message of a dead-letter
 * queue, which holds 1 MiB with the envelope and the error (SQS API reference, "SendMessage").
 */
export const MAXIMUM_ENTRY_BYTES = 900 * 1_024;

const MAXIMUM_TRACE_HEADER_LENGTH = 500;
export const TRACE_HEADER_RULE = `1 to ${MAXIMUM_TRACE_HEADER_LENGTH} characters long`;

/** For one that is not, PutEvents refuses the whole request (EventBridge API reference, "PutEventsRequestEntry"). */
export function isTraceHeader({ length }: string): boolean {
  return length >= 1 && length <= MAXIMUM_TRACE_HEADER_LENGTH;
}

const KNOWN = ["Source", "DetailType", "Detail", "Time", "EventBusName", "Resources", "TraceHeader"];
const MAXIMUM_EXCERPT_LENGTH = 80;

/** A field that is not what it must be; its message says which and what is allowed. */
class Refused extends Error {}

/**
 * Reads one line as an entry in the form that `aws events put-events --entries` takes. A line that is none, whose
 * Detail text is not a JSON object, or whose event would not arrive as it was written, is refused with the reason.
 */
export function parseLine(line: string): ParsedLine {
  try {
    return { entry: readEntry(line) };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

/** The size of an entry as EventBridge counts it (user guide, "Calculating PutEvents event entry size"). */
export function entryBytes({ source, detailType, detail, time, resources }: TapeEntry): number {
  const texts = [source, detailType, detail, ...(resources ?? [])];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), time ? 14 : 0);
}

function readEntry(line: string): TapeEntry {
  const fields = fieldsOf(line);
  const time = timeOf(fields);
  const eventBusName = optionalText(fields, "EventBusName");
  const resources = resourcesOf(fields);
  const traceHeader = traceHeaderOf(fields);
  const entry: TapeEntry = {
    source: requiredText(fields, "Source"),
    detailType: requiredText(fields, "DetailType"),
    detail: detailOf(fields),
    ...(time === undefined ? {} : { time }),
    ...(eventBusName === undefined ? {} : { eventBusName }),
    ...(resources === undefined ? {} : { resources }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
  const bytes = entryBytes(entry);
  if (bytes > MAXIMUM_ENTRY_BYTES)
    throw new Refused(
      `entry: must be at most ${MAXIMUM_ENTRY_BYTES} bytes, so that it can be kept; has ${bytes}`,
    );
  return entry;
}

/** A line's fields, each as the text that stands there. */
type Fields = ReadonlyMap<string, string>;

function fieldsOf(line: string): Fields {
  if (!isObject(parsed(line, `not JSON: ${excerpt(line)}`)))
    throw new Refused(`must be a JSON object, got ${excerpt(line)}`);
  const fields = new Map<string, string>();
  for (const { key, text } of membersOf(line)) {
    if (!KNOWN.includes(key)) throw new Refused(`${excerpt(key)}: unknown; an entry has ${KNOWN.join(", ")}`);
    if (fields.has(key)) throw new Refused(`${key}: must occur once, occurs again`);
    fields.set(key, text);
  }
  return fields;
}

function requiredText(fields: Fields, key: string): string {
  const value = optionalText(fields, key);
  if (!value) throw new Refused(`${key}: must be a non-empty text, got ${excerpt(fields.get(key))}`);
  return value;
}

function optionalText(fields: Fields, key: string): string | undefined {
  const text = fields.get(key);
  if (text === undefined) return undefined;
  const value: unknown = text.startsWith('"') ? JSON.parse(text) : undefined;
  if (typeof value !== "string") throw new Refused(`${key}: must be a text, got ${excerpt(text)}`);
  return carried(key, value);
}

function timeOf(fields: Fields): Date | undefined {
  const text = optionalText(fields, "Time");
  if (text === undefined) return undefined;
  const timestamp = parseTimestamp(text);
  const time = timestamp && new Date(epochMilliseconds(timestamp));
  // An offset can lead out of the four digits that a year has.
  if (!time || !/^[0-9]{4}-/.test(time.toISOString()))
    throw new Refused(`Time: must be an ISO 8601 time such as 2026-01-02T14:30:00Z, got ${excerpt(text)}`);
  return time;
}

function resourcesOf(fields: Fields): string[] | undefined {
  const text = fields.get("Resources");
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
    throw new Refused(`Resources: must be a list of texts, got ${excerpt(text)}`);
  return value.map((each) => carried("Resources", each));
}

function traceHeaderOf(fields: Fields): string | undefined {
  const text = optionalText(fields, "TraceHeader");
  if (text !== undefined && !isTraceHeader(text))
    throw new Refused(`TraceHeader: must be ${TRACE_HEADER_RULE}, has ${text.length} characters`);
  return text;
}

function detailOf(fields: Fields): string {
  const text = fields.get("Detail");
  const wrong = `Detail: must be a JSON object or its text, got ${excerpt(text)}`;
  if (text === undefined) throw new Refused(wrong);
  const detail = text.startsWith('"') ? (JSON.parse(text) as string) : text;
  if (!isObject(parsed(detail, wrong))) throw new Refused(wrong);
  const lost = whatWouldBeLost(detail);
  if (lost !== undefined) throw new Refused(lost);
  return carriable(detail);
}

/** Characters that no queue message can hold (SQS API reference, "SendMessage") or that UTF-8 has no form for. */
const NOT_CARRIED = /[\uFFFE\uFFFF\p{Surrogate}]/gu;

/** The same JSON, with such characters escaped: they can stand only within strings. */
function carriable(json: string): string {
  return json.replace(NOT_CARRIED, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

function carried(key: string, text: string): string {
  if (text.search(NOT_CARRIED) >= 0)
    throw new Refused(`${key}: must not hold U+FFFE, U+FFFF or half a surrogate pair, got ${excerpt(text)}`);
  return text;
}

function parsed(text: string, otherwise: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(otherwise);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function excerpt(text: string | undefined): string {
  return text === undefined ? "nothing" : bounded(text, MAXIMUM_EXCERPT_LENGTH);
}
