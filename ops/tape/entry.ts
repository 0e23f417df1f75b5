/** A tape: JSON Lines, one PutEvents entry a line. */

export interface TapeEntry {
  source: string;
  detailType: string;
  /** JSON text, every number as it stood on the line. */
  detail: string;
  /** ISO 8601; the time of sending if left out. */
  time?: string;
  /** The trades bus if left out. */
  eventBusName?: string;
}

export type ParsedLine = { entry: TapeEntry } | { refused: string };

const KNOWN = ["Source", "DetailType", "Detail", "Time", "EventBusName", "Resources", "TraceHeader"];

/** Keeps a number's text where reading it as a binary float would change it. */
function lossless(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && source !== undefined && String(value) !== source
    ? rawJson(source)
    : value;
}

/** `JSON.rawJSON` of ECMAScript's "JSON.parse source text access", which TypeScript's library does not declare yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };
const parseLosslessly = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
) => unknown;

/**
 * Reads one line as an entry in the form that `aws events put-events --entries` takes. A line that is none, or whose
 * Detail text is not a JSON object, is refused with the reason, as PutEvents refuses it.
 */
export function parseLine(line: string): ParsedLine {
  let value: unknown;
  try {
    value = parseLosslessly(line, lossless);
  } catch {
    return { refused: `not JSON: ${excerpt(line)}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { refused: `must be a JSON object, got ${excerpt(line)}` };
  const fields = value as Record<string, unknown>;
  const unknown = Object.keys(fields).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0)
    return { refused: `${unknown.join(", ")}: unknown; an entry has ${KNOWN.join(", ")}` };
  for (const key of ["Source", "DetailType"])
    if (typeof fields[key] !== "string" || fields[key] === "")
      return { refused: `${key}: must be a non-empty text, got ${excerpt(JSON.stringify(fields[key]))}` };
  for (const key of ["Time", "EventBusName"])
    if (fields[key] !== undefined && typeof fields[key] !== "string")
      return { refused: `${key}: must be a text, got ${excerpt(JSON.stringify(fields[key]))}` };
  if (typeof fields.Time === "string" && Number.isNaN(Date.parse(fields.Time)))
    return { refused: `Time: must be an ISO 8601 time, got ${excerpt(fields.Time)}` };
  const detail = detailText(fields.Detail);
  if (detail === undefined)
    return {
      refused: `Detail: must be a JSON object or its text, got ${excerpt(JSON.stringify(fields.Detail))}`,
    };
  return {
    entry: {
      source: fields.Source as string,
      detailType: fields.DetailType as string,
      detail,
      ...(fields.Time === undefined ? {} : { time: fields.Time as string }),
      ...(fields.EventBusName === undefined ? {} : { eventBusName: fields.EventBusName as string }),
    },
  };
}

function detailText(detail: unknown): string | undefined {
  if (typeof detail === "string") {
    try {
      const parsed: unknown = JSON.parse(detail);
      return isObject(parsed) ? detail : undefined;
    } catch {
      return undefined;
    }
  }
  return isObject(detail) ? JSON.stringify(detail) : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function excerpt(text: string | undefined): string {
  const shown = text ?? "nothing";
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
