/** Reading JSON text as it stands: numbers with every digit, keys as often as they occur. */

export interface Token {
  /** The first character: a bracket, `,` or `:`; `"` for a string; a digit, `-` or a letter for other values. */
  kind: string;
  start: number;
  /** Behind the last character. */
  end: number;
}

const WHITESPACE = " \t\n\r";
const PUNCTUATION = "{}[],:";

/** The tokens of a text that `JSON.parse` accepts, in order. */
export function* tokensOf(text: string): Generator<Token> {
  for (let start = 0; start < text.length; ) {
    const kind = text.charAt(start);
    const end = endOf(text, start);
    if (!WHITESPACE.includes(kind)) yield { kind, start, end };
    start = end;
  }
}

export interface Member {
  key: string;
  /** The value's text as it stands. */
  text: string;
}

/** The members of an object's text, in order, also those whose key occurs again. The text must be valid JSON. */
export function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let depth = 0;
  let key: string | undefined;
  let value: { start: number; end: number } | undefined;
  for (const { kind, start, end } of tokensOf(text)) {
    if (kind === "}" || kind === "]") depth -= 1;
    if (depth === 1 && kind === '"' && key === undefined) {
      key = JSON.parse(text.slice(start, end)) as string;
    } else if (key !== undefined && (depth === 0 || (depth === 1 && kind === ","))) {
      members.push({ key, text: text.slice(value?.start, value?.end) });
      key = undefined;
      value = undefined;
    } else if (key !== undefined && !(depth === 1 && kind === ":")) {
      value = { start: value?.start ?? start, end };
    }
    if (kind === "{" || kind === "[") depth += 1;
  }
  return members;
}

// Loops: a pattern over a string of megabytes may exhaust the pattern engine's stack.
function endOf(text: string, start: number): number {
  const first = text.charAt(start);
  if (first === '"') return endOfString(text, start);
  let end = start + 1;
  if (PUNCTUATION.includes(first) || WHITESPACE.includes(first)) return end;
  while (
    end < text.length &&
    !PUNCTUATION.includes(text.charAt(end)) &&
    !WHITESPACE.includes(text.charAt(end))
  )
    end += 1;
  return end;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
