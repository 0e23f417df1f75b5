/** Longest value that a reason quotes, in UTF-16 code units. */
export const MAXIMUM_QUOTED_LENGTH = 128;

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** `text` with control, format, unassigned and lone surrogate characters written as `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** Printable text of at most `maximum` code units; what was cut off is marked by an ellipsis. */
export function bounded(text: string, maximum: number = MAXIMUM_QUOTED_LENGTH): string {
  // Cut before escaping: the text may be as large as an event.
  const escaped = printable(text.slice(0, maximum + 1));
  if (escaped.length <= maximum) return escaped;
  return `${escaped.slice(0, maximum - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/**
 * Any JSON value as bounded, printable text: strings as they are, objects and arrays by kind and size only, since
 * writing them out could cost as much as the event is large.
 */
export function quoted(value: unknown, maximum: number = MAXIMUM_QUOTED_LENGTH): string {
  if (typeof value === "string") return bounded(value, maximum);
  if (value === undefined) return "absent";
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `object with ${Object.keys(value).length} keys`;
  return bounded(String(value), maximum);
}

/** Size of `text` in UTF-8. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** What is behind the last slash: the name in a queue's URL, and in ARNs that have a path. */
export function lastPartOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
