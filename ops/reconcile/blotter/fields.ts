import { parseDecimal } from "../../../functions/domain/decimal.ts";
import { MAXIMUM_VERSION, REASONS } from "../../../functions/domain/reasons.ts";
import { quoted } from "../../../functions/domain/text.ts";
import { DECIMAL_FIELDS, TRADE_ID_FORMAT } from "../../../functions/domain/trade.ts";
import { UsageError } from "../../frame/usage.ts";

/** Fields of a trade that a blotter may name, in the order in which they are told. */
export const FIELDS: readonly string[] = [
  ...["tradeId", "version", "action", "amount", "currency", "sourceSystem", "side", "quantity", "price"],
  ...["instrument", "venue", "counterparty", "executedAt", "sequence"],
];

/** A blotter's own names by the fields that they stand for. */
export type Mapping = ReadonlyMap<string, string>;

/** A value as a blotter has it; null if it says that there is none. */
export type Value = string | null;

/** A line that can be compared. */
export interface BlotterTrade {
  readonly line: number;
  readonly tradeId: string;
  readonly version: number;
  /** The other fields that the line names. */
  readonly fields: Readonly<Record<string, Value>>;
}

/** What is wrong with a line. */
export interface BadLine {
  readonly line: number;
  readonly field: string;
  readonly value: string;
  readonly allowed: string;
}

const DECIMALS: readonly string[] = DECIMAL_FIELDS;
const VERSION = /^[1-9][0-9]{0,5}$/;
const ALLOWED_VERSION = `an integer from 1 to ${MAXIMUM_VERSION}`;
const ALLOWED_DECIMAL = "a decimal with a point and without separators, such as 1234.50";

/** Whether a decimal field's text is compared by its value. */
export function isDecimalField(field: string): boolean {
  return DECIMALS.includes(field);
}

/** Reads `tradeId=TRADE_REF,amount=NOTIONAL`. Throws UsageError naming the fields that there are. */
export function parseMapping(text: string | undefined): Mapping {
  const mapping = new Map<string, string>();
  for (const pair of text === undefined ? [] : text.split(",")) {
    const [, field = "", name = ""] = /^\s*([^=]*?)\s*=(.+)$/.exec(pair) ?? [];
    if (!FIELDS.includes(field) || name === "")
      throw new UsageError(`--map: "${pair}" must be FIELD=NAME with one of the fields ${FIELDS.join(", ")}`);
    if (mapping.has(field)) throw new UsageError(`--map: ${field} must be given once`);
    mapping.set(field, name);
  }
  return mapping;
}

/** A blotter's own name of a field. */
export function nameOf(field: string, mapping: Mapping): string {
  return mapping.get(field) ?? field;
}

/** Reads a line's values, or tells everything that is wrong with them. */
export function tradeOfLine(
  line: number,
  values: ReadonlyMap<string, Value>,
  mapping: Mapping,
): BlotterTrade | BadLine[] {
  const bad: BadLine[] = [];
  const refuse = (field: string, value: Value | undefined, allowed: string) =>
    bad.push({ line, field: nameOf(field, mapping), value: shown(value), allowed });
  const tradeId = values.get("tradeId");
  if (!tradeId || !TRADE_ID_FORMAT.test(tradeId)) refuse("tradeId", tradeId, REASONS["tradeId.invalid"]);
  const version = values.get("version") ?? "1";
  if (!VERSION.test(version)) refuse("version", version, ALLOWED_VERSION);
  const fields: Record<string, Value> = {};
  for (const [field, value] of values) {
    if (field === "tradeId" || field === "version") continue;
    if (value !== null && isDecimalField(field) && !parseDecimal(value))
      refuse(field, value, ALLOWED_DECIMAL);
    fields[field] = value;
  }
  if (bad.length > 0 || !tradeId) return bad;
  return { line, tradeId, version: Number(version), fields };
}

function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return "absent";
  return value === "" ? "empty" : quoted(value);
}
