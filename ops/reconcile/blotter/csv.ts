import { parse } from "csv-parse/sync";
import { quoted } from "../../../functions/domain/text.ts";
import { UsageError } from "../../frame/usage.ts";
import type { TapeLine } from "../../tape/lines.ts";
import { fieldsByName } from "./columns.ts";
import { type Mapping, nameOf, type Unreadable, type Value } from "./fields.ts";

/** Values of a line by field, or what is wrong with it. */
export type ReadLine = { readonly line: number; readonly values: ReadonlyMap<string, Value> } | Unreadable;

/** Most lines that one record may span: beyond them a quote was left open. */
const MOST_LINES = 100;
const MOST_CHARACTERS = 1_048_576;

/** A record's fields, and how many lines it spans. */
type Grouped = { readonly fields: string[]; readonly lines: number } | { readonly problem: string };

/**
 * The records of CSV lines (RFC 4180) whose first is the header. An empty field says that there is no value. After a
 * record that cannot be read, reading goes on with the line after the one where it began. Throws UsageError if the header
 * names no trade.
 */
export async function* csvLines(
  lines: AsyncIterable<TapeLine>,
  mapping: Mapping,
  onColumns: (ignored: readonly string[]) => void,
): AsyncGenerator<ReadLine> {
  let columns: (string | undefined)[] | undefined;
  for await (const { line, record } of records(lines)) {
    if (columns === undefined) {
      if ("problem" in record) throw new UsageError(`--blotter: line ${line}, the header: ${record.problem}`);
      columns = columnsOf(record.fields, mapping);
      onColumns(record.fields.filter((_, index) => columns?.[index] === undefined));
    } else if ("problem" in record) {
      yield unreadable(line, record.problem, "a record of CSV as in RFC 4180");
    } else if (record.fields.length !== columns.length) {
      const value = `${record.fields.length} fields`;
      yield unreadable(line, value, `${columns.length} fields, as in the header`);
    } else {
      const values = new Map<string, Value>();
      for (const [index, field] of columns.entries())
        if (field !== undefined) values.set(field, record.fields[index] || null);
      yield { line, values };
    }
  }
  if (columns === undefined) throw new UsageError("--blotter: is empty; must begin with a header");
}

function unreadable(line: number, value: string, allowed: string): Unreadable {
  return { line, mistakes: [{ line, field: "line", value, allowed }] };
}

/** The field of each column, undefined for those that are not compared. */
function columnsOf(header: readonly string[], mapping: Mapping): (string | undefined)[] {
  const has = `has ${quoted(header.join(", "), 512)}`;
  const fieldOf = fieldsByName(mapping);
  for (const [field, name] of [["tradeId", nameOf("tradeId", mapping)], ...mapping])
    if (!header.includes(name ?? ""))
      throw new UsageError(
        `--blotter: the header must have ${quoted(name)} for ${field}, ${has}; --map names others`,
      );
  const columns = header.map((name) => fieldOf.get(name));
  const twice = columns.find((field, index) => field !== undefined && columns.indexOf(field) < index);
  if (twice !== undefined)
    throw new UsageError(`--blotter: the header must have ${quoted(nameOf(twice, mapping))} once, ${has}`);
  return columns;
}

async function* records(lines: AsyncIterable<TapeLine>): AsyncGenerator<{ line: number; record: Grouped }> {
  const source = lines[Symbol.asyncIterator]();
  const ahead: TapeLine[] = [];
  let line = 1;
  const fill = async (count: number) => {
    while (ahead.length < count) {
      const next = await source.next();
      if (next.done) return false;
      ahead.push(next.value);
    }
    return true;
  };
  try {
    while (await fill(1)) {
      const [first] = ahead;
      const isBlank = first !== undefined && "line" in first && first.line.trim() === "";
      const record: Grouped = isBlank ? { fields: [], lines: 1 } : await grouped(ahead, fill);
      if (!isBlank) yield { line, record };
      const count = "lines" in record ? record.lines : 1;
      ahead.splice(0, count);
      line += count;
    }
  } finally {
    await source.return?.();
  }
}

/** Takes lines together until every quote is closed. */
async function grouped(
  ahead: readonly TapeLine[],
  fill: (count: number) => Promise<boolean>,
): Promise<Grouped> {
  let text = "";
  let quotes = 0;
  for (let count = 1; count <= MOST_LINES && text.length <= MOST_CHARACTERS; count += 1) {
    if (!(await fill(count))) return { problem: "a quote that is not closed" };
    const next = ahead[count - 1];
    if (!next || "refused" in next) return { problem: next?.refused ?? "no line" };
    text += count === 1 ? next.line : `\n${next.line}`;
    quotes += next.line.split('"').length - 1;
    if (quotes % 2 === 0) return fieldsOf(text, count);
  }
  return {
    problem: `a quote that is not closed within ${MOST_LINES} lines and ${MOST_CHARACTERS} characters`,
  };
}

function fieldsOf(text: string, lines: number): Grouped {
  // Most records have no quotes, and need no parser.
  if (!text.includes('"')) return { fields: text.split(","), lines };
  try {
    const [fields, ...others] = parse(text, { relax_column_count: true, record_delimiter: "\u0000" });
    if (!fields || others.length > 0) return { problem: "a NUL character" };
    return { fields, lines };
  } catch (error) {
    return { problem: (error as Error).message.replace(/ at line \d+/, "") };
  }
}
