import { compareDecimals, parseDecimal } from "../../../functions/domain/decimal.ts";
import { quoted } from "../../../functions/domain/text.ts";
import { type BlotterTrade, isDecimalField, type Value } from "./fields.ts";
import type { Recorded } from "./recorded.ts";

/** A field that is not the same in blotter and row. */
export interface FieldDifference {
  readonly field: string;
  readonly blotter: string;
  readonly recorded: string;
}

/** A trade version that differs. */
export interface DifferentTrade {
  readonly line: number;
  readonly tradeId: string;
  readonly version: number;
  readonly event: string;
  readonly fields: readonly FieldDifference[];
}

/**
 * Compares the fields that a blotter's line names with those of the recorded row: decimals by their value, everything
 * else exactly. Undefined if all are the same.
 */
export function compareTrade(
  { line, tradeId, version, fields }: BlotterTrade,
  recorded: Recorded,
): DifferentTrade | undefined {
  const different = Object.entries(fields)
    .filter(([field, value]) => !isSame(field, value, recorded.fields[field]))
    .map(([field, value]) => ({
      field,
      blotter: quoted(value ?? undefined),
      recorded: quoted(recorded.fields[field]),
    }));
  if (different.length === 0) return undefined;
  return { line, tradeId, version, event: recorded.event, fields: different };
}

function isSame(field: string, value: Value, recorded: string | undefined): boolean {
  // An action that is not named is NEW, as in the event contract.
  if (field === "action" && value === null) return recorded === "NEW";
  if (value === null || recorded === undefined) return value === null && recorded === undefined;
  if (value === recorded) return true;
  const [left, right] = isDecimalField(field) ? [parseDecimal(value), parseDecimal(recorded)] : [];
  return left !== undefined && right !== undefined && compareDecimals(left, right) === 0;
}
