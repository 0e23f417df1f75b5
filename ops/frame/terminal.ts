import type { WriteStream } from "node:tty";
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

const LINE_MILLISECONDS = 10_000;

/** What a person sees of a run. Bars and colour appear only on a terminal; elsewhere each line is written once. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream | WriteStream;
  #live = false;
  #lastDraw = 0;
  #lastLine = Date.now();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  line(text = ""): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line();
    this.line(this.style("bold", text));
  }

  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  /** Redraws one line in place, at most ten times a second. Does nothing where there is no terminal. */
  live(text: () => string): void {
    if (!this.#stream.isTTY || Date.now() - this.#lastDraw < 100) return;
    this.#lastDraw = Date.now();
    this.#stream.write(`\r\x1b[2K${text().slice(0, (this.#stream.columns ?? 80) - 1)}`);
    this.#live = true;
  }

  /** How far work of minutes is: as `live`, and elsewhere in a line every ten seconds. */
  progress(text: () => string): void {
    this.live(text);
    if (this.#stream.isTTY || Date.now() - this.#lastLine < LINE_MILLISECONDS) return;
    this.#lastLine = Date.now();
    this.line(text());
  }

  /** Takes away a line that was drawn in place. */
  clear(): void {
    if (this.#live) this.#stream.write("\r\x1b[2K");
    this.#live = false;
  }
}

/** A bar of the given width for a share from 0 to 1. */
export function bar(share: number, width = 30): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${"█".repeat(filled)}${"·".repeat(width - filled)}]`;
}

/** Rows as columns padded to their widest cell; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = rows.reduce<number[]>((widest, row) => {
    row.forEach((cell, index) => {
      widest[index] = Math.max(widest[index] ?? 0, String(cell).length);
    });
    return widest;
  }, []);
  return rows.map((row) =>
    row
      .map((cell, index) =>
        typeof cell === "number"
          ? String(cell).padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
