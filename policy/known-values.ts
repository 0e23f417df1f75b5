import { UNKNOWN } from "./rules/rule.ts";

/** How Pulumi's engine writes a value that a preview does not know. */
const UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * A resource's properties as plain data. The policy engine throws at the first touch of a value that a preview does
 * not know, and then leaves the whole rule out; here such a value becomes UNKNOWN and the rule judges the rest.
 */
export function knownValues(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return known(properties) as Record<string, unknown>;
}

function known(value: unknown): unknown {
  if (value === UNKNOWN_ON_THE_WIRE) return UNKNOWN;
  if (typeof value !== "object" || value === null) return value;
  const read = (key: string): unknown => {
    try {
      return known((value as Record<string, unknown>)[key]);
    } catch {
      return UNKNOWN;
    }
  };
  const keys = Object.keys(value);
  return Array.isArray(value) ? keys.map(read) : Object.fromEntries(keys.map((key) => [key, read(key)]));
}
