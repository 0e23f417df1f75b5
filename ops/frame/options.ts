import { bounded } from "../../functions/domain/text.ts";
import { epochMilliseconds, parseTimestamp } from "../../functions/domain/timestamp.ts";
import type { StackOutputs } from "./outputs.ts";
import { UsageError } from "./usage.ts";

/** An option that must be given. Throws UsageError. */
export function required(option: string, text: string | undefined): string {
  if (!text) throw new UsageError(`--${option} must be given`);
  return text;
}

/** An option's instant, in milliseconds since the epoch. Throws UsageError. */
export function instant(option: string, text: string | undefined): number {
  const given = required(option, text);
  const timestamp = parseTimestamp(given);
  if (timestamp === undefined)
    throw new UsageError(
      `--${option}: "${bounded(given)}" must be an ISO 8601 time with seconds and zone, such as 2026-01-02T14:30:00Z`,
    );
  return epochMilliseconds(timestamp);
}

/** One of the values that a system has, or undefined if none was given. Throws UsageError naming them. */
export function oneOf<Value extends string>(
  option: string,
  text: string | undefined,
  values: readonly Value[],
): Value | undefined {
  const found = values.find((value) => value === text);
  if (text !== undefined && found === undefined)
    throw new UsageError(`--${option}: "${bounded(text)}" must be one of ${values.join(", ")}`);
  return found;
}

/** The region of --region among the stack's, or undefined if none was given. Throws UsageError naming them. */
export function regionOption(text: string | undefined, { regions }: StackOutputs): string | undefined {
  return oneOf("region", text, Object.keys(regions));
}
