import { randomUUID } from "node:crypto";
import { Input, isJson } from "../input.ts";
import type { Json, ServiceEvent } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { BusEvent } from "./model.ts";
import { parseJson } from "./numbers.ts";

/** Largest PutEvents request, by EventBridge's own count of entries' sizes (1 MB since January 2026). */
export const MAXIMUM_REQUEST_BYTES = 1_048_576;
const MAXIMUM_ENTRIES = 10;
const MAXIMUM_DETAIL_TYPE = 128;
const FIELDS = ["Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader"];

/** Why one entry of PutEvents was not accepted. */
export interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** The entries of a request, after what concerns it as a whole. Throws ValidationException. */
export function readEntries(request: Json): Json[] {
  const entries = new Input(request).only(["Entries", "EndpointId"]).records("Entries");
  if (entries.length < 1 || entries.length > MAXIMUM_ENTRIES)
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value at 'entries' has ${entries.length} members and failed to satisfy ` +
        `constraint: Member must have length between 1 and ${MAXIMUM_ENTRIES}`,
    );
  for (const entry of entries) new Input(entry).only(FIELDS);
  const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (bytes > MAXIMUM_REQUEST_BYTES)
    throw new ServiceError(
      "ValidationException",
      `Total size of the entries in the request is over the limit: ${bytes} of ${MAXIMUM_REQUEST_BYTES} bytes.`,
    );
  return entries;
}

/** The size of an entry as EventBridge counts it ("Calculating PutEvents event entry size"). */
export function entryBytes(entry: Json): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, entry.Resources].flat();
  const time = entry.Time === undefined ? 0 : 14;
  return texts.reduce<number>(
    (sum, text) => sum + (typeof text === "string" ? Buffer.byteLength(text) : 0),
    time,
  );
}

/** What an event says of itself besides its detail. */
type EventHead = Omit<ServiceEvent, "detail">;

interface From {
  readonly region: string;
  readonly account: string;
  readonly now: number;
}

/** The event that an entry puts, or why it is refused while the others go on. */
export function acceptEntry(entry: Json, from: From): BusEvent | Refusal {
  const { Source, DetailType, Detail } = entry;
  for (const [name, value] of Object.entries({ Source, DetailType, Detail }))
    if (typeof value !== "string" || value === "") return invalid(name, `${name} is a required argument.`);
  const resources = entry.Resources ?? [];
  if (!Array.isArray(resources) || !resources.every((each) => typeof each === "string"))
    return invalid("Resources", "Resources must be a list of text.");
  if (String(Source).startsWith("aws."))
    return { ErrorCode: "NotAuthorizedForSource", ErrorMessage: "Not authorized for the source." };
  if (String(DetailType).length > MAXIMUM_DETAIL_TYPE)
    return invalid("DetailType", `DetailType is longer than ${MAXIMUM_DETAIL_TYPE} characters.`);
  const detail = objectOf(String(Detail));
  if (!detail) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  const time = timeOf(entry.Time, from.now);
  if (time === undefined) return invalid("Time", `${JSON.stringify(entry.Time)} is not a time.`);
  const head = { source: String(Source), detailType: String(DetailType), resources };
  return makeEvent(head, { text: String(Detail), value: detail }, from, time);
}

/** An event with a new id; the detail is given as JSON text and decoded. */
export function makeEvent(
  { source, detailType, resources }: EventHead,
  detail: { text: string; value: Json },
  { region, account, now }: From,
  time = secondsOf(new Date(now)),
): BusEvent {
  const id = randomUUID();
  const head = { version: "0", id, "detail-type": detailType, source, account, time, region, resources };
  return {
    id,
    text: `${JSON.stringify(head).slice(0, -1)},"detail":${detail.text}}`,
    envelope: { ...head, detail: detail.value },
    accepted: now,
    isForwarded: false,
    taken: [],
  };
}

function invalid(parameter: string, reason: string): Refusal {
  return {
    ErrorCode: "InvalidArgument",
    ErrorMessage: `Parameter ${parameter} is not valid. Reason: ${reason}`,
  };
}

function objectOf(text: string): Json | undefined {
  try {
    const detail = parseJson(text);
    return isJson(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

/** The time to the second, from seconds since the epoch (as the SDKs send it) or ISO 8601 text. */
function timeOf(given: unknown, now: number): string | undefined {
  const milliseconds =
    given === undefined ? now : typeof given === "number" ? given * 1_000 : Date.parse(String(given));
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : secondsOf(date);
}

function secondsOf(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
