import { quoted } from "../../../functions/domain/text.ts";
import { type Member, membersOf } from "../../tape/json-tokens.ts";
import type { TapeLine } from "../../tape/lines.ts";
import type { ReadLine } from "./csv.ts";
import { FIELDS, type Mapping, nameOf, type Value } from "./fields.ts";

/** The records of JSON Lines: an object a line; null says that there is no value. Numbers keep every digit. */
export async function* jsonLines(lines: AsyncIterable<TapeLine>, mapping: Mapping): AsyncGenerator<ReadLine> {
  const fieldOf = new Map(FIELDS.map((field) => [nameOf(field, mapping), field]));
  let line = 0;
  for await (const each of lines) {
    line += 1;
    if ("line" in each && each.line.trim() === "") continue;
    yield read(line, each, fieldOf);
  }
}

function read(line: number, each: TapeLine, fieldOf: ReadonlyMap<string, string>): ReadLine {
  const bad = (value: string, field = "line", allowed = "a JSON object") => ({ line, field, value, allowed });
  if ("refused" in each) return bad(each.refused);
  const members = objectMembers(each.line);
  if (!members) return bad(quoted(each.line));
  const values = new Map<string, Value>();
  for (const { key, text } of members) {
    const field = fieldOf.get(key);
    if (field === undefined) continue;
    if (values.has(field)) return bad("given twice", key, "given once");
    const value = fieldValue(text);
    if (value === undefined) return bad(quoted(text), key, "text, a number or null");
    values.set(field, value);
  }
  return { line, values };
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
