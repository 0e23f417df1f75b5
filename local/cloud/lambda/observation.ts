import type { Outcome } from "./outcome.ts";
import type { Invocation, Usage } from "./runtime-api.ts";

/** An invocation that has ended in an environment. Times in milliseconds. */
export interface Ended {
  readonly invocation: Invocation;
  readonly outcome: Outcome;
  readonly started: number;
  readonly duration: number;
  /** Of an environment's first invocation, unless it was started ahead: how long its initialisation took. */
  readonly initDuration: number | undefined;
  readonly usage: Usage;
}

/** What watches an environment: its log, its traces and its metrics. */
export interface Observer {
  /** A line that the process has written. */
  line(text: string): void;
  initialising(): void;
  began(invocation: Invocation): void;
  /** Resolves when what there is to write is written. */
  ended(ended: Ended): Promise<void>;
  /** The last 4 KB of the log of the invocation that has just ended, in base64. */
  tail(): string;
  gone(): void;
}
