import { createHash } from "node:crypto";
import { formatDecimal } from "./decimal.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { DECIMAL_FIELDS, decimalOf } from "./trade.ts";

/**
 * The canonical form of a valid detail: defaults filled in, decimals as normalised text, keys sorted by UTF-16 code
 * unit, no white space, unknown fields kept as they are. Two details that say the same have the same canonical form.
 * Strings and numbers are written as in the JSON canonicalization scheme (RFC 8785).
 */
export function canonicalForm(detail: JsonObject): string {
  const members = new Map(Object.entries(detail));
  if (!members.has("action")) members.set("action", "NEW");
  if (!members.has("version")) members.set("version", 1);
  for (const field of DECIMAL_FIELDS) {
    const decimal = decimalOf(members.get(field));
    if (decimal !== undefined) members.set(field, formatDecimal(decimal));
  }
  return writeObject(members);
}

/** SHA-256 of a canonical form, in hexadecimal: equal for events that say the same of a trade. */
export function contentHash(canonical: string): string {
  return createHash("sha256").update(canonical, "utf8").digest("hex");
}

function write(json: unknown): string {
  if (Array.isArray(json)) return `[${json.map(write).join(",")}]`;
  // Written from entries, never assigned to a new object: a key may be `__proto__`.
  if (isJsonObject(json)) return writeObject(new Map(Object.entries(json)));
  return JSON.stringify(json) ?? "null";
}

function writeObject(members: ReadonlyMap<string, unknown>): string {
  const keys = [...members.keys()].sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(members.get(key))}`).join(",")}}`;
}
