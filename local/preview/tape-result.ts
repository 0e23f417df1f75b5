import type { Properties } from "../program/wire.ts";

/** What became of one line of a tape, without what differs from run to run. */
export interface TapeTrade {
  /** From 1. */
  line: number;
  /** As the ledger has it, or `refused` or `unmatched`. */
  outcome: string;
  /** Codes of the reasons, or what PutEvents said. */
  reasons: string[];
  /** The rows that were written for it. */
  stored: Properties[];
}

/** A tape's trades, as one version of the program processed them. */
export interface TapeResult {
  /** SHA-256 of the tape, in hex: only results of one tape can be compared. */
  digest: string;
  trades: TapeTrade[];
}
