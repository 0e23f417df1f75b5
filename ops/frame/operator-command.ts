import type { Clients } from "./clients.ts";
import type { StackOutputs } from "./outputs.ts";
import type { Terminal } from "./terminal.ts";

/** What a command works with. */
export interface Context {
  readonly outputs: StackOutputs;
  readonly clients: Clients;
  /** Whether the system is the local cloud. */
  readonly isLocal?: boolean;
  /** Progress and whatever else is for people: on stdout, but on stderr with --json. */
  readonly terminal: Terminal;
  /** Aborts when the operator interrupts. */
  readonly signal: AbortSignal;
}

export interface Result {
  /** Whether everything was done; if not, the exit code is 1. */
  readonly complete: boolean;
  /** What --json prints, on one line. */
  readonly json: unknown;
  /** What people see instead. */
  readonly lines: readonly string[];
}

/** The command's words and options as given: all text, since whoever reads them says what is wrong. */
export interface Given {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
}

/** What a command works with that asks no running system. */
export type Alone = Required<Pick<Context, "isLocal" | "signal">> & {
  /** Whether the result is to be JSON on stdout, and everything else on stderr. */
  readonly json: boolean;
};

/** A command of `npm run ops`. */
export interface OperatorCommand {
  /** One line of words and options, and further lines that explain them. */
  readonly usage: string;
  /** Names of its words, all of which must be given. */
  readonly words: readonly string[];
  /** Its own options that have a value. */
  readonly options: readonly string[];
  /** Its own options without a value: "true" among the options if given. */
  readonly flags?: readonly string[];
  /** Reads what was given, before any system is asked. Throws UsageError naming what is wrong. */
  prepare(given: Given): Promise<(context: Context) => Promise<Result>>;
  /** Carries out what needs no running system, once prepared, and gives its exit code; undefined for all else. */
  alone?(given: Given, how: Alone): Promise<number> | undefined;
}
