import { randomUUID } from "node:crypto";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { BusEvent } from "./model.ts";

/** Largest PutEvents request, by EventBridge's own count of entries' sizes (1 MB since January 2026). */
export const MAXIMUM_REQUEST_BYTES = 1_048_576;
const MAXIMUM_ENTRIES = 10;
const FIELDS = ["Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader"];

/** Why one entry of PutEvents was not accepted. */
export interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** Checks what concerns the request as a whole. Throws ValidationException. */
export function checkRequest(entries: readonly Json[]): void {
  if (entries.length < 1 || entries.length > MAXIMUM_ENTRIES)
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value at 'entries' has ${entries.length} members and failed to satisfy ` +
        `constraint: Member must have length between 1 and ${MAXIMUM_ENTRIES}`,
    );
  for (const entry of entries)
    for (const field of Object.keys(entry))
      if (!FIELDS.includes(field))
        throw new ServiceError(
          "ValidationException",
          `Unknown field ${field}; allowed: ${FIELDS.join(", ")}`,
        );
  const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (bytes > MAXIMUM_REQUEST_BYTES)
    throw new ServiceError(
      "ValidationException",
      `Total size of the entries in the request is over the limit: ${bytes} of ${MAXIMUM_REQUEST_BYTES} bytes.`,
    );
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

/** The event that an entry puts, or why it is refused while the others go on. */
export function acceptEntry(
  entry: Json,
  from: { region: string; account: string; now: number },
): BusEvent | Refusal {
  const { Source, DetailType, Detail } = entry;
  for (const [name, value] of Object.entries({ Source, DetailType, Detail }))
    if (typeof value !== "string" || value === "") return invalid(name, `${name} is a required argument.`);
  const resources = entry.Resources ?? [];
  if (!Array.isArray(resources) || !resources.every((each) => typeof each === "string"))
    return invalid("Resources", "Resources must be a list of text.");
  if (String(Source).startsWith("aws."))
    return { ErrorCode: "NotAuthorizedForSource", ErrorMessage: "Not authorized for the source." };
  if (String(DetailType).length > 128)
    return invalid("DetailType", "DetailType is longer than 128 characters.");
  const detail = parseDetail(String(Detail));
  if (detail === undefined) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  const time = timeOf(entry.Time, from.now);
  if (time === undefined) return invalid("Time", `${JSON.stringify(entry.Time)} is not a time.`);
  const head = {
    ...{ version: "0", id: randomUUID(), "detail-type": DetailType, source: Source },
    ...{ account: from.account, time, region: from.region, resources },
  };
  return {
    id: head.id,
    text: `${JSON.stringify(head).slice(0, -1)},"detail":${Detail}}`,
    envelope: { ...head, detail },
    accepted: from.now,
    isForwarded: false,
  };
}

function invalid(parameter: string, reason: string): Refusal {
  return {
    ErrorCode: "InvalidArgument",
    ErrorMessage: `Parameter ${parameter} is not valid. Reason: ${reason}`,
  };
}

function parseDetail(text: string): Json | undefined {
  try {
    const detail: unknown = JSON.parse(text);
    return typeof detail === "object" && detail !== null && !Array.isArray(detail)
      ? (detail as Json)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The time to the second, from seconds since the epoch (as the SDKs send it) or ISO 8601 text. */
function timeOf(given: unknown, now: number): string | undefined {
  const milliseconds =
    given === undefined ? now : typeof given === "number" ? given * 1_000 : Date.parse(String(given));
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : `${date.toISOString().slice(0, 19)}Z`;
}
