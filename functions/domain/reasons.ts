import type { Reason } from "../contract.ts";
import { MAXIMUM_DETAIL_BYTES } from "../contract.ts";
import { bounded, quoted } from "./text.ts";

/** Most reasons that a verdict carries; the count says how many there were. */
export const MAXIMUM_REASONS = 24;

/** Significant digits that a JSON number keeps on its way through any JSON parser (IEEE 754 double). */
export const MAXIMUM_NUMBER_DIGITS = 15;
/** Significant digits of a decimal sent as text; DynamoDB's attribute N holds as many. */
export const MAXIMUM_TEXT_DIGITS = 38;
/** Objects and arrays within each other that are read. */
export const MAXIMUM_DEPTH = 32;
export const MAXIMUM_VERSION = 999_999;

const PLAIN = "a decimal in plain notation, as text such as 1234.50 or as a JSON number";
const TEXT_DIGITS = `at most ${MAXIMUM_TEXT_DIGITS} significant digits`;
const RANGE = `at most ${MAXIMUM_TEXT_DIGITS} digits before and after the decimal point`;

/**
 * Every code with which an event can be rejected, and what would have been accepted. Published in the event
 * contract; a code never changes its meaning.
 */
export const REASONS = {
  "envelope.invalid": "an EventBridge event with id, source, detail-type, time, region and detail",
  "detail.notObject": "a JSON object",
  "detail.tooLarge": `at most ${MAXIMUM_DETAIL_BYTES} bytes of compact JSON in UTF-8`,
  "detail.tooDeep": `at most ${MAXIMUM_DEPTH} levels of objects and arrays`,
  "number.tooManyDigits": `at most ${MAXIMUM_NUMBER_DIGITS} significant digits; send more as text`,
  "number.outOfRange": "a number within the range of IEEE 754 doubles; send others as text",
  "tradeId.missing": "1 to 128 of A-Z a-z 0-9 . _ : -",
  "tradeId.invalid": "1 to 128 of A-Z a-z 0-9 . _ : -",
  "amount.missing": PLAIN,
  "amount.notDecimal": PLAIN,
  "amount.notPositive": "a decimal greater than 0",
  "amount.tooManyDigits": TEXT_DIGITS,
  "amount.outOfRange": RANGE,
  "currency.missing": "an active ISO 4217 code in upper case",
  "currency.unknown": "an active ISO 4217 code in upper case",
  "source.unknown": "the source of a configured trading system",
  "sourceSystem.missing": "the name of the system that the event's source belongs to",
  "sourceSystem.mismatch": "the name of the system that the event's source belongs to",
  "action.unknown": "NEW, CORRECT or CANCEL",
  "version.missing": `an integer from 2 to ${MAXIMUM_VERSION} for CORRECT and CANCEL`,
  "version.invalid": `an integer from 1 to ${MAXIMUM_VERSION}`,
  "version.notAllowed": `1 or none for NEW, 2 to ${MAXIMUM_VERSION} for CORRECT and CANCEL`,
  "version.conflict": "the content already recorded for this trade and version, or a higher version",
  "instrument.invalid": "an ISIN (12 characters) or a CUSIP (9 characters), in upper case",
  "instrument.checkDigit": "an ISIN or CUSIP whose last digit is its check digit",
  "side.unknown": "BUY or SELL",
  "quantity.notDecimal": PLAIN,
  "quantity.tooManyDigits": TEXT_DIGITS,
  "quantity.outOfRange": RANGE,
  "price.notDecimal": PLAIN,
  "price.tooManyDigits": TEXT_DIGITS,
  "price.outOfRange": RANGE,
  "venue.invalid": "a market identifier code (ISO 10383): 4 letters or digits in upper case",
  "counterparty.invalid": "a legal entity identifier (ISO 17442): 20 letters or digits in upper case",
  "counterparty.checkDigits": "a legal entity identifier whose last two digits are its check digits",
  "executedAt.invalid": "ISO 8601 with seconds and zone, such as 2026-01-05T14:30:00.123456Z",
  "sequence.invalid": "an integer from 0 to 999999999999999",
} as const;

export type ReasonCode = keyof typeof REASONS;

/** A reason in the shape of the functions' contract; every part is bounded and printable. */
export function reason(
  code: ReasonCode,
  field: string,
  value: unknown,
  allowed: string = REASONS[code],
): Reason {
  return { code, field: bounded(field), value: quoted(value), allowed: bounded(allowed, 256) };
}

/** Whether `code` is one of the published codes. */
export function isReasonCode(code: unknown): code is ReasonCode {
  return typeof code === "string" && Object.hasOwn(REASONS, code);
}
