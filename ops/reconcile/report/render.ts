import { printable } from "../../../functions/domain/text.ts";
import type { Fact, Report } from "./report.ts";

/** A report as Markdown, piece by piece. */
export async function* markdown({ title, facts, figures, lists }: Report): AsyncGenerator<string> {
  yield `# ${title}\n\n`;
  yield tableHead(["", ""]);
  for (const { label, value } of facts) yield tableRow([label, String(value)]);
  yield `\n## Figures\n\n${tableHead(["", "count"])}`;
  for (const { label, value } of figures) yield tableRow([label, String(value)]);
  for (const { label, total, columns, entries } of lists) {
    yield `\n## ${label}\n\n`;
    if (total === 0) {
      yield "None.\n";
      continue;
    }
    yield tableHead(columns);
    for await (const { cells } of entries()) yield tableRow(cells);
  }
}

/** A report as one JSON object, piece by piece; each entry of a list is a line of its own. */
export async function* json({ title, facts, figures, lists }: Report): AsyncGenerator<string> {
  yield `{\n"title": ${JSON.stringify(title)}`;
  for (const { name, value } of facts) yield `,\n${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  yield `,\n"figures": ${JSON.stringify(byName(figures))}`;
  for (const { name, entries } of lists) {
    yield `,\n${JSON.stringify(name)}: [`;
    let separator = "\n";
    for await (const entry of entries()) {
      yield `${separator}${JSON.stringify(entry.json)}`;
      separator = ",\n";
    }
    yield "\n]";
  }
  yield "\n}\n";
}

function byName(facts: readonly Fact[]): Record<string, string | number> {
  return Object.fromEntries(facts.map(({ name, value }) => [name, value]));
}

function tableHead(columns: readonly string[]): string {
  return `${tableRow(columns)}${tableRow(columns.map(() => "---"))}`;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(" | ")} |\n`;
}

/** Text in a cell stays what it is: nothing of it is taken for Markdown or HTML. */
function cell(text: string): string {
  return text === "---" ? text : printable(text).replace(/[\\`*_[\]<>|~&]/g, "\\$&");
}
