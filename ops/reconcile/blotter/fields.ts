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

/** A trade version that a line names. */
export interface NamedTrade {
  readonly tradeId: string;
  readonly version: number;
}

/** A line that can be compared. */
export interface BlotterTrade extends NamedTrade {
  readonly line: number;
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

/** A line that cannot be compared: everything that is wrong with it. */
export interface Unreadable {
  readonly line: number;
  readonly mistakes: readonly BadLine[];
  /** The trade version that it names, where that can be read. */
  readonly named?: NamedTrade;
}

const DECIMALS: readonly string[] = DECIMAL_FIELDS;
const VERSION = /^[1-9][0-9]{0,5}$/;
const ALLOWED_VERSION = `an integer from 1 to ${MAXIMUM_VERSION}`;
const ALLOWED_DECIMAL = "a decimal with a point and without separators, such as 1234.50";

/** Whether a decimal field's text is compared by its value. */
export function isDecimalField(field: string): boolean {
  return DECIMALS.includes(field);
}

/**
 * Reads `tradeId=TRADE_REF,amount=NOTIONAL`. Throws UsageError naming the fields that there are, the fields that are given
 * one name, or the one that takes the name of tradeId.
 */
export function parseMapping(text: string | undefined): Mapping {
  const mapping = new Map<string, string>();
  for (const pair of text === undefined ? [] : text.split(",")) {
    const [, field = "", name = ""] = /^\s*([^=]*?)\s*=(.+)$/.exec(pair) ?? [];
    if (!FIELDS.includes(field) || name === "")
      throw new UsageError(`--map: "${pair}" must be FIELD=NAME with one of the fields ${FIELDS.join(", ")}`);
    if (mapping.has(field)) throw new UsageError(`--map: ${field} must be given once`);
    const other = fieldNamed(name, mapping);
    if (other !== undefined)
      throw new UsageError(
        `--map: "${name}" must be the name of one field, is given for ${other} and ${field}`,
      );
    mapping.set(field, name);
  }
  const taker = fieldNamed("tradeId", mapping);
  if (taker !== undefined && !mapping.has("tradeId"))
    throw new UsageError(
      `--map: "tradeId" is given for ${taker}; tradeId must then have another name, such as tradeId=TRADE_REF`,
    );
  return mapping;
}

function fieldNamed(name: string, mapping: Mapping): string | undefined {
  return [...mapping].find(([, each]) => each === name)?.[0];
}

/** A blotter's own name of a field. */
export function nameOf(field: string, mapping: Mapping): string {
  return mapping.get(field) ?? field;
}

/** The trade version that a line's values name; undefined if that cannot be read. */
export function namedTrade(values: ReadonlyMap<string, Value>): NamedTrade | undefined {
  const tradeId = values.get("tradeId");
  const version = versionOf(values);
  if (!tradeId || !TRADE_ID_FORMAT.test(tradeId) || !VERSION.test(version)) return undefined;
  return { tradeId, version: Number(version) };
}

function versionOf(values: ReadonlyMap<string, Value>): string {
  return values.get("version") ?? "1";
}

/** Reads a line's values, or tells everything that is wrong with them. */
export function tradeOfLine(
  line: number,
  values: ReadonlyMap<string, Value>,
  mapping: Mapping,
): BlotterTrade | Unreadable {
  const mistakes: BadLine[] = [];
  const refuse = (field: string, value: Value | undefined, allowed: string) =>
    mistakes.push({ line, field: nameOf(field, mapping), value: shown(value), allowed });
  const tradeId = values.get("tradeId");
  if (!tradeId || !TRADE_ID_FORMAT.test(tradeId)) refuse("tradeId", tradeId, REASONS["tradeId.invalid"]);
  const version = versionOf(values);
  if (!VERSION.test(version)) refuse("version", version, ALLOWED_VERSION);
  const fields: Record<string, Value> = {};
  for (const [field, value] of values) {
    if (field === "tradeId" || field === "version") continue;
    if (value !== null && isDecimalField(field) && !parseDecimal(value))
      refuse(field, value, ALLOWED_DECIMAL);
    fields[field] = value;
  }
  const named = namedTrade(values);
  if (named && mistakes.length === 0) return { line, ...named, fields };
  return { line, mistakes, ...(named && { named }) };
}

function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return "absent";
  return value === "" ? "empty" : quoted(value);
}
