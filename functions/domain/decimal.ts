/**
 * Exact decimals as digits and a power of ten. Nothing here is computed in binary floating point; all that trades
 * need is normalising and comparing.
 */

/** The value ±digits × 10^exponent. `digits` has no leading or trailing zeros and is empty for zero. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** Plain notation as events carry it: digits, with a point only between digits, optionally negative. */
export const PLAIN_DECIMAL = /^-?[0-9]+(\.[0-9]+)?$/;

const ANY_DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?$/;

/** Reads plain or exponent notation; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = ANY_DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  const significant = stripLeadingZeros(whole + fraction);
  const digits = stripTrailingZeros(significant);
  if (digits === "") return { negative: false, digits: "", exponent: 0 };
  const exponent = Number(power) - fraction.length + (significant.length - digits.length);
  return { negative: sign === "-", digits, exponent };
}

/** The decimal that a finite JSON number's shortest form denotes. */
export function decimalOfNumber(number: number): Decimal | undefined {
  return parseDecimal(String(number));
}

/** Plain notation without superfluous zeros: `100.50` and `1.005e2` both become `100.5`. */
export function formatDecimal({ negative, digits, exponent }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (exponent >= 0) return `${sign}${digits}${"0".repeat(exponent)}`;
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** -1, 0 or 1 as `left` is less than, equal to or greater than `right`; exact at any size. */
export function compareDecimals(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const leftSign = sign(left);
  const rightSign = sign(right);
  if (leftSign !== rightSign) return leftSign < rightSign ? -1 : 1;
  const magnitudes = compareMagnitudes(left, right);
  if (leftSign >= 0 || magnitudes === 0) return magnitudes;
  return magnitudes === 1 ? -1 : 1;
}

/** Whether the value is greater than zero. */
export function isPositive(decimal: Decimal): boolean {
  return sign(decimal) > 0;
}

/** Digits before the decimal point, leading zeros not counted. */
export function integerDigits({ digits, exponent }: Decimal): number {
  return digits === "" ? 0 : Math.max(0, digits.length + exponent);
}

/** Digits after the decimal point, trailing zeros not counted. */
export function fractionDigits({ exponent }: Decimal): number {
  return Math.max(0, -exponent);
}

function sign({ negative, digits }: Decimal): -1 | 0 | 1 {
  if (digits === "") return 0;
  return negative ? -1 : 1;
}

function compareMagnitudes(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const leftTop = left.digits.length + left.exponent;
  const rightTop = right.digits.length + right.exponent;
  if (left.digits === right.digits && leftTop === rightTop) return 0;
  if (leftTop !== rightTop) return leftTop < rightTop ? -1 : 1;
  // Both start at the same power of ten, so the digits compare as text: a prefix is the smaller one.
  return left.digits < right.digits ? -1 : 1;
}

// Loops, since a pattern such as /0+$/ takes quadratic time on text made of zeros.
function stripLeadingZeros(text: string): string {
  let start = 0;
  while (text[start] === "0") start += 1;
  return text.slice(start);
}

function stripTrailingZeros(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "0") end -= 1;
  return text.slice(0, end);
}
