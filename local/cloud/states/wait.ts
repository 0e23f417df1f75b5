import type { WaitState } from "./definition.ts";
import { FieldError } from "./definition-problem.ts";
import { runtimeError } from "./errors.ts";
import { parsePath, readSteps } from "./paths.ts";
import type { StateFields } from "./state-fields.ts";
import { timestamp } from "./timestamp.ts";

const FIELDS = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
/** Longest wait in seconds (Step Functions, "Wait workflow state"). */
const MAXIMUM_SECONDS = 99_999_999;

/** Prepares until when a Wait state waits: exactly one field says so. A time that has passed does not wait. */
export function compileWait(from: StateFields): WaitState["until"] {
  const given = FIELDS.filter((field) => from.has(field));
  const [field] = given;
  if (field === undefined || given.length > 1)
    throw new FieldError("", `Exactly one of these fields is required: [${FIELDS.join(", ")}]`);
  if (field === "Seconds") {
    const seconds = from.seconds("Seconds", 0);
    return (_data, _context, now) => now + seconds * 1_000;
  }
  if (field === "Timestamp") {
    const until = timestamp(from.fields.Timestamp);
    if (until === undefined) throw new FieldError("Timestamp", "String does not match RFC3339 timestamp");
    return () => until;
  }
  const source = from.text(field);
  const { root, steps } = parsePath(source, `${from.name}.${field}`);
  return (data, context, now) => {
    const value = readSteps(root === "data" ? data : context, steps);
    if (value === undefined)
      throw runtimeError(`The ${field} parameter does not reference an input value: ${source}`);
    return field === "SecondsPath" ? now + secondsOf(value, source) * 1_000 : timeOf(value, source);
  };
}

function secondsOf(value: unknown, source: string): number {
  const shown = `${source} == ${typeof value === "string" ? value : JSON.stringify(value)}`;
  if (typeof value !== "number" || !Number.isInteger(value))
    throw runtimeError(`The SecondsPath parameter cannot be parsed as a long value: ${shown}`);
  if (value < 0) throw runtimeError(`The SecondsPath parameter references a negative value: ${shown}`);
  if (value > MAXIMUM_SECONDS) throw runtimeError("Wait state delay is too long.");
  return value;
}

function timeOf(value: unknown, source: string): number {
  const until = timestamp(value);
  if (until !== undefined) return until;
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  throw runtimeError(
    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: " +
      `${source} == ${shown}`,
  );
}
