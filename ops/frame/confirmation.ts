import { createInterface } from "node:readline/promises";

/** How a person is asked for a confirmation. */
export interface Confirmation {
  readonly isTerminal: boolean;
  /** Whether the answer was yes. */
  ask(question: string, signal: AbortSignal): Promise<boolean>;
}

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Asks on a terminal; the answer must be the whole word. An end of the input instead of an answer is no. */
export function terminalConfirmation(input: Input, output: Output): Confirmation {
  return {
    isTerminal: input.isTTY === true && output.isTTY === true,
    async ask(question, signal) {
      const terminal = createInterface({ input, output });
      // At the end of the input (Ctrl-D) the interface closes, and a question need never be answered.
      const isClosed = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
      try {
        const answer = await Promise.race([terminal.question(question, { signal }), isClosed]);
        return answer?.trim() === "yes";
      } finally {
        terminal.close();
      }
    },
  };
}

export const TERMINAL_CONFIRMATION: Confirmation = terminalConfirmation(process.stdin, process.stderr);
