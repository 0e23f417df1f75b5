import * as z from "zod/mini";
import { CURRENCY_CODES } from "./currencies.ts";
import {
  type Decimal,
  decimalOfNumber,
  formatDecimal,
  fractionDigits,
  integerDigits,
  isPositive,
  PLAIN_DECIMAL,
  parseDecimal,
} from "./decimal.ts";
import {
  CUSIP_FORMAT,
  ISIN_FORMAT,
  instrumentKind,
  isInstrument,
  isLei,
  LEI_FORMAT,
  MIC_FORMAT,
} from "./identifiers.ts";
import { MAXIMUM_TEXT_DIGITS, MAXIMUM_VERSION, type ReasonCode } from "./reasons.ts";
import { parseTimestamp, TIMESTAMP_FORMAT } from "./timestamp.ts";

export const TRADE_ID_FORMAT = /^[A-Za-z0-9._:-]{1,128}$/;
export const ACTIONS = ["NEW", "CORRECT", "CANCEL"] as const;
export const SIDES = ["BUY", "SELL"] as const;

/** Fields whose values are decimals, and therefore normalised in the canonical form. */
export const DECIMAL_FIELDS = ["amount", "quantity", "price"] as const;

/**
 * The detail of a trade event, field by field. What concerns several fields at once (action with version,
 * sourceSystem with the envelope's source) and every number anywhere is checked by `parseTradeEvent`. Unknown
 * fields are allowed; they are kept in the canonical form, which is made from the detail itself.
 */
export const TradeSchema = z.object({
  tradeId: z.string().check(z.regex(TRADE_ID_FORMAT)),
  amount: decimalField("amount", "amount.notPositive"),
  currency: z.enum(CURRENCY_CODES),
  sourceSystem: z.string(),
  action: z.optional(z.enum(ACTIONS)),
  version: z.optional(z.int().check(z.gte(1), z.lte(MAXIMUM_VERSION))),
  instrument: z.optional(
    z.string().check(
      z.regex(either(ISIN_FORMAT, CUSIP_FORMAT)),
      rule("instrument.checkDigit", (text) => instrumentKind(text) === undefined || isInstrument(text)),
    ),
  ),
  side: z.optional(z.enum(SIDES)),
  quantity: z.optional(decimalField("quantity")),
  price: z.optional(decimalField("price")),
  venue: z.optional(z.string().check(z.regex(MIC_FORMAT))),
  counterparty: z.optional(
    z.string().check(
      z.regex(LEI_FORMAT),
      rule("counterparty.checkDigits", (text) => !LEI_FORMAT.test(text) || isLei(text)),
    ),
  ),
  executedAt: z.optional(
    z.string().check(
      z.regex(TIMESTAMP_FORMAT),
      rule("executedAt.invalid", (text) => parseTimestamp(text) !== undefined),
    ),
  ),
  sequence: z.optional(z.int().check(z.gte(0), z.lte(999_999_999_999_999))),
});

export type TradeDetail = z.infer<typeof TradeSchema>;
export type TradeAction = (typeof ACTIONS)[number];

/** A valid trade with its defaults filled in. Decimals are the text that was sent, or a number's shortest form. */
export interface Trade {
  readonly tradeId: string;
  readonly version: number;
  readonly action: TradeAction;
  readonly amount: string;
  readonly currency: string;
  readonly sourceSystem: string;
  readonly instrument?: string;
  readonly side?: (typeof SIDES)[number];
  readonly quantity?: string;
  readonly price?: string;
  readonly venue?: string;
  readonly counterparty?: string;
  readonly executedAt?: string;
  readonly sequence?: number;
}

/** The trade that a checked detail describes; unknown fields stay behind in the detail. */
export function tradeOf(detail: TradeDetail): Trade {
  const { tradeId, currency, sourceSystem, instrument, side, venue, counterparty, executedAt, sequence } =
    detail;
  return {
    tradeId,
    version: detail.version ?? 1,
    action: detail.action ?? "NEW",
    amount: decimalText(detail.amount),
    currency,
    sourceSystem,
    ...(instrument !== undefined && { instrument }),
    ...(side !== undefined && { side }),
    ...(detail.quantity !== undefined && { quantity: decimalText(detail.quantity) }),
    ...(detail.price !== undefined && { price: decimalText(detail.price) }),
    ...(venue !== undefined && { venue }),
    ...(counterparty !== undefined && { counterparty }),
    ...(executedAt !== undefined && { executedAt }),
    ...(sequence !== undefined && { sequence }),
  };
}

/** A decimal field's value as a decimal; undefined if it is none. Text has to be in plain notation. */
export function decimalOf(value: unknown): Decimal | undefined {
  if (typeof value === "number") return decimalOfNumber(value);
  if (typeof value === "string" && PLAIN_DECIMAL.test(value)) return parseDecimal(value);
  return undefined;
}

function decimalText(value: string | number): string {
  if (typeof value === "string") return value;
  const decimal = decimalOfNumber(value);
  return decimal === undefined ? String(value) : formatDecimal(decimal);
}

function decimalField(field: (typeof DECIMAL_FIELDS)[number], notPositive?: ReasonCode) {
  return z.union([z.string().check(z.regex(PLAIN_DECIMAL)), z.number()]).check((context) => {
    const fail = (code: ReasonCode) =>
      context.issues.push({ code: "custom", input: context.value, params: { reason: code } });
    const decimal = decimalOf(context.value);
    if (decimal === undefined) return void fail(`${field}.notDecimal`);
    if (notPositive !== undefined && !isPositive(decimal)) fail(notPositive);
    // Numbers have a limit of their own, which holds anywhere in the detail.
    if (typeof context.value === "string" && decimal.digits.length > MAXIMUM_TEXT_DIGITS) {
      fail(`${field}.tooManyDigits`);
    }
    if (Math.max(integerDigits(decimal), fractionDigits(decimal)) > MAXIMUM_TEXT_DIGITS) {
      fail(`${field}.outOfRange`);
    }
  });
}

function rule(code: ReasonCode, holds: (text: string) => boolean) {
  return z.check<string>((context) => {
    if (!holds(context.value)) {
      context.issues.push({ code: "custom", input: context.value, params: { reason: code } });
    }
  });
}

function either(...formats: RegExp[]): RegExp {
  return new RegExp(formats.map(({ source }) => source).join("|"));
}
