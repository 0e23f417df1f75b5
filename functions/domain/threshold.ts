import { compareDecimals, parseDecimal } from "./decimal.ts";

/** Whether `amount` is at or above `threshold`, compared exactly. Throws RangeError for text that is no decimal. */
export function isAboveThreshold(amount: string, threshold: string): boolean {
  return compareDecimals(decimal("amount", amount), decimal("processing threshold", threshold)) >= 0;
}

function decimal(name: string, text: string) {
  const parsed = parseDecimal(text);
  if (parsed === undefined)
    throw new RangeError(`${name} ${text.slice(0, 64)}: allowed is a decimal such as 1000`);
  return parsed;
}
