import type { Terminal } from "../frame/terminal.ts";
import type { Report } from "./report.ts";

/** Pause between lines where there is no terminal, in milliseconds. */
const PAUSE = 10_000;

/** Shows how far a redrive is: on a terminal in one line that changes, elsewhere in a line now and then. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #report: Report;
  #last = performance.now();

  constructor(terminal: Terminal, report: Report) {
    this.#terminal = terminal;
    this.#report = report;
  }

  show(): void {
    this.#terminal.live(() => `  ${this.#report.progress()}`);
    if (this.#terminal.isLive || performance.now() - this.#last < PAUSE) return;
    this.#last = performance.now();
    this.#terminal.line(`  ${this.#report.progress()}`);
  }
}
