import type { Properties, Value } from "../program/wire.ts";
import { isRecord, plainProperties, UNKNOWN } from "../program/wire.ts";
import type { CheckFailure } from "./lifecycle.ts";
import { sdkSchema } from "./sdk-schema.ts";

/** Inputs that the SDK's class of their type does not know, and those that it misses. */
export function propertyFailures(type: string, inputs: Properties): CheckFailure[] {
  const schema = sdkSchema(type);
  if (!schema) return [];
  const unknown = Object.keys(inputs)
    .filter((property) => !property.startsWith("__") && !schema.inputs.has(property))
    .map((property) => ({
      property,
      reason: `is no input; known are ${[...schema.inputs].sort().join(", ")}`,
    }));
  const missing = schema.required
    .filter((property) => isMissing(inputs[property]))
    .map((property) => ({ property, reason: "is required" }));
  return [...unknown, ...missing];
}

/** The same, and inputs of another kind than the SDK declares. */
export function schemaFailures(type: string, inputs: Properties): CheckFailure[] {
  const kinds = sdkSchema(type)?.kinds;
  const wrong = Object.entries(plainProperties(inputs)).flatMap(([property, value]) => {
    const kind = kinds?.get(property);
    return kind === undefined || isOfKind(value, kind)
      ? []
      : [{ property, reason: `must be of type ${kind}, got ${JSON.stringify(value)?.slice(0, 100)}` }];
  });
  return [...propertyFailures(type, inputs), ...wrong];
}

/** Whether an input is left out. */
export function isMissing(value: Value | undefined): boolean {
  return value === undefined || value === null;
}

function isOfKind(value: Value, kind: string): boolean {
  if (value === null || value === UNKNOWN) return true;
  if (kind === "array") return Array.isArray(value);
  if (kind === "object") return isRecord(value);
  // Terraform's own conversion, which the provider does: text for a number or a flag, and the other way round.
  if (kind === "string") return ["string", "number", "boolean"].includes(typeof value);
  if (kind === "number")
    return (
      typeof value === "number" ||
      (typeof value === "string" && value !== "" && Number.isFinite(Number(value)))
    );
  return typeof value === "boolean" || value === "true" || value === "false";
}
