import { isJsonObject } from "../../../functions/domain/json.ts";
import { foldOutcome, type Outcome } from "../../../functions/domain/outcome.ts";
import { type Attempt, keptEvent } from "../../evidence/outcomes.ts";
import { compareKeys, type Key } from "../key.ts";

/** What an attempt says of a trade version that has no row. */
export interface TradeAttempt {
  readonly key: Key;
  readonly event: string;
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
  readonly error?: string;
}

/** What became of a trade version over all attempts. */
export interface Fate {
  readonly key: Key;
  readonly outcome: Outcome | "none";
  /** The first attempts, each with why. */
  readonly attempts: readonly Omit<TradeAttempt, "key">[];
}

/** Attempts that are told of one trade version. */
const TOLD_ATTEMPTS = 10;

/** The trade version that an attempt was made at; undefined where nothing names it. */
export function tradeAttempt(attempt: Attempt): TradeAttempt | undefined {
  const detail = keptEvent(attempt)?.detail;
  const named = isJsonObject(detail) ? detail : {};
  const id = attempt.tradeId ?? (typeof named.tradeId === "string" ? named.tradeId : undefined);
  if (id === undefined) return undefined;
  const part = typeof named.version === "number" ? named.version : 1;
  const { event, outcome, reasons, error } = attempt;
  return { key: { id, part }, event, outcome, reasons, ...(error !== undefined && { error }) };
}

/** Orders attempts by trade version, then by event and what they say, so that the same data is told the same way. */
export function compareTradeAttempts(left: TradeAttempt, right: TradeAttempt): number {
  return (
    compareKeys(left.key, right.key) ||
    compareKeys(
      { id: left.event, part: JSON.stringify(left) },
      { id: right.event, part: JSON.stringify(right) },
    )
  );
}

/** One fate for each trade version of sorted attempts. */
export async function* fates(attempts: AsyncIterable<TradeAttempt>): AsyncGenerator<Fate> {
  let fate: Fate | undefined;
  for await (const { key, ...attempt } of attempts) {
    if (!fate || compareKeys(fate.key, key) !== 0) {
      if (fate) yield fate;
      fate = { key, outcome: attempt.outcome, attempts: [attempt] };
      continue;
    }
    const known: Outcome[] = fate.outcome === "none" ? [] : [fate.outcome];
    const outcome = foldOutcome([...known, attempt.outcome]) ?? attempt.outcome;
    const told = fate.attempts.length < TOLD_ATTEMPTS ? [...fate.attempts, attempt] : fate.attempts;
    fate = { key, outcome, attempts: told };
  }
  if (fate) yield fate;
}
