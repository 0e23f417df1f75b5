import { type Member, membersOf } from "../../../functions/domain/json-tokens.ts";
import { quoted } from "../../../functions/domain/text.ts";
import type { TapeLine } from "../../tape/lines.ts";
import type { ReadLine } from "./csv.ts";
import { type BadLine, type Mapping, namedTrade, type Value } from "./fields.ts";
import { MemberNames } from "./member-names.ts";

/**
 * The records of JSON Lines: an object a line; null says that there is no value. Numbers keep every digit. Throws
 * UsageError at the end if a name of --map was on no line.
 */
export async function* jsonLines(
  lines: AsyncIterable<TapeLine>,
  mapping: Mapping,
  onNames: (ignored: readonly string[]) => void,
): AsyncGenerator<ReadLine> {
  const names = new MemberNames(mapping);
  let line = 0;
  for await (const each of lines) {
    line += 1;
    if ("line" in each && each.line.trim() === "") continue;
    yield read(line, each, names);
  }
  names.check();
  onNames(names.ignored);
}

function read(line: number, each: TapeLine, names: MemberNames): ReadLine {
  const bad = (value: string): ReadLine => ({
    line,
    mistakes: [{ line, field: "line", value, allowed: "a JSON object" }],
  });
  if ("refused" in each) return bad(each.refused);
  const members = objectMembers(each.line);
  if (!members) return bad(quoted(each.line));
  const values = new Map<string, Value>();
  const mistakes = new Map<string, BadLine>();
  const refuse = (field: string, mistake: Omit<BadLine, "line">) => {
    if (!mistakes.has(field)) mistakes.set(field, { line, ...mistake });
  };
  for (const { key, text } of members) {
    const field = names.fieldOf(key);
    if (field === undefined) continue;
    const value = fieldValue(text);
    if (values.has(field)) refuse(field, { field: key, value: "given twice", allowed: "given once" });
    else if (value === undefined)
      refuse(field, { field: key, value: quoted(text), allowed: "text, a number or null" });
    else values.set(field, value);
  }
  if (mistakes.size === 0) return { line, values };
  const named = mistakes.has("tradeId") || mistakes.has("version") ? undefined : namedTrade(values);
  return { line, mistakes: [...mistakes.values()], ...(named && { named }) };
}

function objectMembers(text: string): Member[] | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return text.trimStart().startsWith("{") ? membersOf(text) : undefined;
}

/** A number's text as it stands; undefined for what is neither text, number nor null. */
function fieldValue(text: string): Value | undefined {
  if (text === "null") return null;
  if (text.startsWith('"')) return String(JSON.parse(text)) || null;
  return /^-?\d/.test(text) ? text : undefined;
}
