/**
 * A number of JSON text that no double holds exactly. It keeps its text, by which alone patterns compare it, and is
 * written as that text again.
 */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.text);
  }
}

/** Only such text can have a number that a double does not hold: 15 digits always fit. */
const LONG_NUMBER = /[\d.]{16}|[eE][+-]?\d{3}/;

/** Decodes JSON text, numbers that a double does not hold exactly as ExactNumber. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, ...[context]: { source?: string }[]) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || isExact(source, value)) return value;
    return new ExactNumber(source);
  });
}

function isExact(text: string, value: number): boolean {
  return Number.isFinite(value) && decimalOf(text) === decimalOf(String(value));
}

/** The decimal number that a text means: sign, digits without zeros around them, and power of ten. */
function decimalOf(text: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const exponent = BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${exponent}`;
}
