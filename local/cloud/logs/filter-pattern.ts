import { ServiceError } from "../service.ts";

/**
 * A predicate on messages for a filter pattern of terms: `a b` both, `?a ?b` either, `-a` without, `"a b"` as a
 * phrase; case counts. Patterns on JSON or on columns are refused. (CloudWatch Logs User Guide, "Filter pattern
 * syntax for metric filters, subscription filters, filter log events, and Live Tail".)
 */
export function filterPattern(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (/^[{[%]/.test(text))
    throw new ServiceError(
      "InvalidParameterException",
      `Invalid filter pattern ${text.slice(0, 100)}: the local cloud carries out patterns of terms only, ` +
        'such as ERROR "timed out" -retry or ?ERROR ?WARN',
    );
  const all: string[] = [];
  const any: string[] = [];
  const none: string[] = [];
  for (const [, sign, phrase, word] of text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const term = phrase !== undefined ? phrase.replaceAll(/\\(.)/g, "$1") : (word ?? "");
    (sign === "?" ? any : sign === "-" ? none : all).push(term);
  }
  return (message) =>
    all.every((term) => message.includes(term)) &&
    (any.length === 0 || all.length > 0 || any.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}
