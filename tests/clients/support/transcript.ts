/** Commands with their output, as documents show them, and how a real run is compared with them. */

export interface TranscriptCommand {
  /** The heading above it. */
  readonly heading: string;
  /** Where it stands, counted from 1. */
  readonly line: number;
  readonly command: string;
  /** Lines; `…` stands for any text within a line and, alone in a line, for any lines. */
  readonly expected: readonly string[];
}

/**
 * The commands of a Markdown text's code blocks: `$ command`, continued by `> `, and below it what it prints. Throws
 * for a code block of any other kind, since nobody would run what it holds.
 */
export function readTranscript(markdown: string): TranscriptCommand[] {
  const commands: { heading: string; line: number; command: string; expected: string[] }[] = [];
  let heading = "";
  let isInside = false;
  for (const [index, text] of markdown.split("\n").entries()) {
    const line = index + 1;
    if (text.startsWith("```")) {
      if (!isInside && text !== "```console")
        throw new Error(`line ${line}: expected \`\`\`console, found ${text}`);
      isInside = !isInside;
    } else if (!isInside) {
      if (text.startsWith("#")) heading = text.replace(/^#+ /, "");
    } else if (text.startsWith("$ ")) commands.push({ heading, line, command: text.slice(2), expected: [] });
    else {
      const last = commands.at(-1);
      if (!last) throw new Error(`line ${line}: output without a command: ${text}`);
      if (text.startsWith("> ") && last.expected.length === 0) last.command += `\n${text.slice(2)}`;
      else last.expected.push(text);
    }
  }
  return commands;
}

/** Whether what was printed is what the transcript says. White space at the ends of lines and of the whole is ignored. */
export function matches(expected: readonly string[], printed: string): boolean {
  const pattern = trimmed(expected)
    .map((line) => (line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(escaped).join(".*?")}\n`))
    .join("");
  const lines = trimmed(printed.split("\n"));
  return new RegExp(`^${pattern}$`).test(lines.map((line) => `${line}\n`).join(""));
}

/** A command that only looks, and may look again until it sees what it should. */
export function isReading(command: string): boolean {
  return /\baws \S+ (get|list|describe|query|scan|filter|batch-get|receive|test)\b/.test(command);
}

function trimmed(lines: readonly string[]): string[] {
  const ends = lines.map((line) => line.trimEnd());
  const first = ends.findIndex((line) => line !== "");
  return first < 0 ? [] : ends.slice(first, ends.findLastIndex((line) => line !== "") + 1);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
