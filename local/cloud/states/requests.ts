import { randomUUID } from "node:crypto";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { MAXIMUM_PAYLOAD_BYTES } from "./errors.ts";

/** A member that has to be text. */
export function requiredText(input: Json, field: string): string {
  const value = input[field];
  if (typeof value !== "string" || value === "")
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

/** The input of an execution as text; absent is an empty object. Too large or not JSON is refused. */
export function executionInput(input: Json): string {
  const text = input.input ?? "{}";
  if (typeof text !== "string")
    throw new ServiceError("InvalidExecutionInput", "Invalid State Machine Execution Input: not a text");
  if (text.length > MAXIMUM_PAYLOAD_BYTES || Buffer.byteLength(text) > MAXIMUM_PAYLOAD_BYTES)
    throw new ServiceError(
      "ValidationException",
      "1 validation error detected: Value at 'input' failed to satisfy constraint: " +
        `Member must have length less than or equal to ${MAXIMUM_PAYLOAD_BYTES}`,
    );
  if (isNestedDeeper(text, MAXIMUM_NESTING))
    throw new ServiceError(
      "InvalidExecutionInput",
      `Invalid State Machine Execution Input: nested deeper than ${MAXIMUM_NESTING} levels`,
    );
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ServiceError(
      "InvalidExecutionInput",
      `Invalid State Machine Execution Input: ${(error as Error).message}`,
    );
  }
  return text;
}

/** Deeper input would overflow the stack of what reads it. AWS documents no figure of its own. */
const MAXIMUM_NESTING = 1_000;

/** Whether JSON text has more than so many lists and objects within each other. */
function isNestedDeeper(text: string, levels: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString && character === "\\") index += 1;
    else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}

/** The name of an execution: 1 to 80 characters that AWS takes, or a new one. */
export function executionName(input: Json): string {
  if (input.name === undefined) return randomUUID();
  const { name } = input;
  if (typeof name !== "string" || !/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name))
    throw new ServiceError("InvalidName", `Invalid Name: ${JSON.stringify(name)}`);
  return name;
}

/** A text member that may be left out. */
export function optionalText(input: Json, field: string, maximum: number): string | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value.length <= maximum) return value;
  throw new ServiceError(
    "ValidationException",
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: ` +
      `Member must be a string with length less than or equal to ${maximum}`,
  );
}

/** One page of a list, by AWS's maxResults (100 unless said, at most 1,000) and nextToken. */
export function page<T>(items: readonly T[], input: Json): { items: readonly T[]; nextToken?: string } {
  const given = Number(input.maxResults ?? 0);
  if (!Number.isInteger(given) || given < 0 || given > 1_000)
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value '${input.maxResults}' at 'maxResults' failed to satisfy constraint: ` +
        "Member must have value less than or equal to 1000",
    );
  const start = Number(input.nextToken ?? 0);
  if (!Number.isInteger(start) || start < 0)
    throw new ServiceError("InvalidToken", `Invalid Token: ${input.nextToken}`);
  const end = start + (given || 100);
  return { items: items.slice(start, end), ...(end < items.length ? { nextToken: String(end) } : {}) };
}

/** AWS's JSON form of a time: seconds since the epoch. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1_000;
}
