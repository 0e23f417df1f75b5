import { createInterface } from "node:readline/promises";

/** How a person is asked for a confirmation. */
export interface Confirmation {
  readonly isTerminal: boolean;
  /** Whether the answer was yes. */
  ask(question: string, signal: AbortSignal): Promise<boolean>;
}

/** Asks on the terminal; the answer must be the whole word. */
export const TERMINAL_CONFIRMATION: Confirmation = {
  isTerminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
  async ask(question, signal) {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return (await terminal.question(question, { signal })).trim() === "yes";
    } finally {
      terminal.close();
    }
  },
};
