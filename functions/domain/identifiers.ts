/** Identifiers of instruments, venues and parties, with their check digits. */

/** ISO 6166: two letters, nine letters or digits, one check digit. */
export const ISIN_FORMAT = /^[A-Z]{2}[A-Z0-9]{9}[0-9]$/;
/** CUSIP (ANSI X9.6): eight letters, digits, `*`, `@` or `#`, one check digit. */
export const CUSIP_FORMAT = /^[A-Z0-9*@#]{8}[0-9]$/;
/** ISO 17442: eighteen letters or digits, two check digits. */
export const LEI_FORMAT = /^[A-Z0-9]{18}[0-9]{2}$/;
/** ISO 10383: four letters or digits. Whether the venue exists is not checked. */
export const MIC_FORMAT = /^[A-Z0-9]{4}$/;

export type InstrumentKind = "ISIN" | "CUSIP";

/** Which identifier `text` has the shape of; the check digit may still be wrong. */
export function instrumentKind(text: string): InstrumentKind | undefined {
  if (ISIN_FORMAT.test(text)) return "ISIN";
  return CUSIP_FORMAT.test(text) ? "CUSIP" : undefined;
}

/** Whether `text` is an ISIN or a CUSIP with its right check digit. */
export function isInstrument(text: string): boolean {
  return isIsin(text) || isCusip(text);
}

/** ISO 6166, annex: letters become two digits (A is 10), then the Luhn formula over all digits. */
export function isIsin(text: string): boolean {
  if (!ISIN_FORMAT.test(text)) return false;
  const digits = [...text].map((character) => Number.parseInt(character, 36)).join("");
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + sumOfDigits(value);
  }, 0);
  return sum % 10 === 0;
}

/** CUSIP's modulus 10 double add double: every second character counts twice, then the digits are summed. */
export function isCusip(text: string): boolean {
  if (!CUSIP_FORMAT.test(text)) return false;
  const sum = [...text.slice(0, 8)].reduce((total, character, index) => {
    const value = cusipValue(character) * (index % 2 === 0 ? 1 : 2);
    return total + sumOfDigits(value);
  }, 0);
  return (10 - (sum % 10)) % 10 === Number(text[8]);
}

/** ISO 17442 through ISO 7064 MOD 97-10: letters become two digits, the number leaves 1 when divided by 97. */
export function isLei(text: string): boolean {
  if (!LEI_FORMAT.test(text)) return false;
  let remainder = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** Whether `text` has the shape of a market identifier code. */
export function isMic(text: string): boolean {
  return MIC_FORMAT.test(text);
}

function cusipValue(character: string): number {
  const special = "*@#".indexOf(character);
  return special >= 0 ? 36 + special : Number.parseInt(character, 36);
}

function sumOfDigits(value: number): number {
  return Math.floor(value / 10) + (value % 10);
}
