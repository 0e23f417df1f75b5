import { bounded } from "../../functions/domain/text.ts";
import { UsageError } from "../frame/usage.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The length of `--last`, such as 90m, in milliseconds. Throws UsageError. */
export function lastOption(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const milliseconds = UNITS[unit ?? ""];
  if (number === undefined || milliseconds === undefined)
    throw new UsageError(
      `--last: "${bounded(text)}" must be a whole number and a unit of s, m, h or d, such as 90m`,
    );
  return Number(number) * milliseconds;
}
