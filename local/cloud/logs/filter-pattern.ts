import { isJson } from "../input.ts";
import { ServiceError } from "../service.ts";
import { jsonPattern } from "./json-pattern.ts";

/**
 * A predicate on messages for a filter pattern: of terms (`a b` both, `?a ?b` either, `-a` without, `"a b"` as a
 * phrase; case counts) or on JSON (`{ $.level = "ERROR" }`). Patterns on columns and regular expressions are refused.
 * (CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and
 * Live Tail".)
 */
export function filterPattern(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (text.startsWith("{")) return onJson(jsonPattern(text));
  if (text.startsWith("[")) throw refusal(text, "patterns on space-delimited columns are not carried out");
  if (text.startsWith("%")) throw refusal(text, "regular expressions are not carried out");
  const all: string[] = [];
  const any: string[] = [];
  const none: string[] = [];
  for (const [, sign, phrase, word] of text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const term = phrase !== undefined ? phrase.replaceAll(/\\(.)/g, "$1") : (word ?? "");
    (sign === "?" ? any : sign === "-" ? none : all).push(term);
  }
  return (message) =>
    all.every((term) => message.includes(term)) &&
    // AWS ignores optional terms beside required ones.
    (any.length === 0 || all.length > 0 || any.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}

function refusal(text: string, reason: string): ServiceError {
  return new ServiceError(
    "InvalidParameterException",
    `Invalid filter pattern ${text.slice(0, 100)}: ${reason} by the local cloud, which takes terms, such as ERROR ` +
      '"timed out" -retry or ?ERROR ?WARN, and JSON, such as { $.level = "ERROR" }',
  );
}

/** Messages that are no JSON objects match no pattern on JSON. */
function onJson(matches: (root: Record<string, unknown>) => boolean): (message: string) => boolean {
  return (message) => {
    try {
      const root: unknown = JSON.parse(message);
      return isJson(root) && matches(root);
    } catch {
      return false;
    }
  };
}
