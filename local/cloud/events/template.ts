import { ServiceError } from "../service.ts";

/** The values of a template's variables; undefined for those that the event does not have. */
export type TemplateValues = Readonly<Record<string, unknown>>;

type Piece = string | { readonly name: string; readonly isQuoted: boolean };

/** Whole events, which can only stand where JSON can. */
const EVENTS = ["aws.events.event", "aws.events.event.json"];
const TEXTS = ["aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time"];

/**
 * Reads an InputTemplate, which is a JSON object or text with variables in angle brackets (EventBridge, "Amazon
 * EventBridge input transformation"). A variable outside quotes stands for its value as JSON, one within quotes for
 * its characters. What the event does not have is empty text. Throws ValidationException.
 */
export function readTemplate(
  text: string,
  names: readonly string[],
  target: string,
): (values: TemplateValues) => string {
  const refuse = (what: string) => new ServiceError("ValidationException", what);
  const pieces = split(text);
  const used = pieces.flatMap((piece) => (typeof piece === "string" ? [] : [piece]));
  const isObject = text.trimStart().startsWith("{");
  for (const { name, isQuoted } of used) {
    const subject = `InputTemplate for target ${target} contains`;
    if (![...names, ...EVENTS, ...TEXTS].includes(name))
      throw refuse(`${subject} invalid placeholder ${name}.`);
    if (EVENTS.includes(name) && (!isObject || isQuoted))
      throw refuse(`${subject} placeholder ${name} valid only for JSON template.`);
  }
  const fill = (values: TemplateValues) =>
    pieces
      .map((piece) => (typeof piece === "string" ? piece : shown(values[piece.name], piece.isQuoted)))
      .join("");
  try {
    JSON.parse(fill(Object.fromEntries(used.map(({ name }) => [name, 0]))));
  } catch (error) {
    throw refuse(`Invalid InputTemplate for target ${target} : [${(error as Error).message}].`);
  }
  return (values) => minified(fill(values));
}

function shown(value: unknown, isQuoted: boolean): string {
  if (value === undefined) return isQuoted ? "" : '""';
  if (!isQuoted) return JSON.stringify(value);
  return JSON.stringify(typeof value === "string" ? value : JSON.stringify(value)).slice(1, -1);
}

/** Without the white space between values; numbers keep their form. */
function minified(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
}

function split(text: string): Piece[] {
  const pieces: Piece[] = [];
  let isQuoted = false;
  let from = 0;
  for (const found of text.matchAll(/\\.|"|<([\w.-]+)>/gs)) {
    if (found[0] === '"') isQuoted = !isQuoted;
    const name = found[1];
    if (name === undefined) continue;
    pieces.push(text.slice(from, found.index), { name, isQuoted });
    from = found.index + found[0].length;
  }
  return [...pieces, text.slice(from)];
}
