/**
 * Instants in ISO 8601, in the profile of RFC 3339: date, `T`, time with seconds, and a zone. The text is kept as it
 * came, since its number of digits says how precise the venue's clock was (MiFID II RTS 25).
 */

/** Up to picoseconds: the finest that exchanges publish. */
export const TIMESTAMP_FORMAT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?(Z|[+-][0-9]{2}:[0-9]{2})$/;

export interface Timestamp {
  /** Seconds since the epoch, without the fraction. */
  readonly seconds: number;
  /** Digits of the fraction as written; empty if there is none. */
  readonly fraction: string;
}

/**
 * Reads an instant; undefined if the text has another shape or names a date, time or offset that does not exist.
 * A leap second (23:59:60 UTC) is accepted and counts as the second after it.
 */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = TIMESTAMP_FORMAT.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offset = offsetMinutes(match[8] ?? "Z");
  if (offset === undefined || !isDate(year, month, day)) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offset, second);
  if (second === 60 && date.getTime() % 86_400_000 !== 0) return undefined;
  return { seconds: date.getTime() / 1000, fraction: match[7] ?? "" };
}

/** Digits after the decimal point of the seconds: 3 for milliseconds. */
export function precision(timestamp: Timestamp): number {
  return timestamp.fraction.length;
}

/** -1, 0 or 1 by time alone; exact at any precision. */
export function compareTimestamps(left: Timestamp, right: Timestamp): -1 | 0 | 1 {
  if (left.seconds !== right.seconds) return left.seconds < right.seconds ? -1 : 1;
  const length = Math.max(left.fraction.length, right.fraction.length);
  const leftFraction = left.fraction.padEnd(length, "0");
  const rightFraction = right.fraction.padEnd(length, "0");
  if (leftFraction === rightFraction) return 0;
  return leftFraction < rightFraction ? -1 : 1;
}

/** Whole milliseconds since the epoch; finer digits are cut off. */
export function epochMilliseconds(timestamp: Timestamp): number {
  return timestamp.seconds * 1000 + Number(timestamp.fraction.slice(0, 3).padEnd(3, "0"));
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] ?? 0);
}
