import type { TradeAction } from "./trade.ts";

/** One recorded version of a trade, as the fold needs it. Whatever else a row holds goes along unread. */
export interface TradeFact {
  readonly tradeId: string;
  readonly version: number;
  readonly action: TradeAction;
  readonly contentHash: string;
}

/** What the recorded versions of a trade amount to. */
export interface TradeState<Fact extends TradeFact = TradeFact> {
  readonly tradeId: string;
  /** `open` with the content of `latest`, or `cancelled` by it. */
  readonly status: "open" | "cancelled";
  /** The fact with the highest version, which alone decides the status. */
  readonly latest: Fact;
  /** Versions from 1 up to the latest that no fact is known of, such as 1 for a cancel whose trade never came. */
  readonly missingVersions: readonly VersionRange[];
  /** Versions that were changed again after a cancel: to be looked at by a person. */
  readonly versionsAfterCancel: readonly number[];
  /** Versions of which facts with different content are known, as while two regions have not yet converged. */
  readonly conflictingVersions: readonly number[];
}

/** Versions from `first` to `last`, both included. */
export interface VersionRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Folds a trade's facts into its state: the same whatever order they arrive in and however often. Undefined without
 * facts. Throws RangeError for facts of different trades.
 */
export function foldTrade<Fact extends TradeFact>(facts: Iterable<Fact>): TradeState<Fact> | undefined {
  const byVersion = new Map<number, Fact>();
  const conflicts = new Set<number>();
  for (const fact of facts) {
    const known = byVersion.get(fact.version);
    if (known !== undefined && known.contentHash !== fact.contentHash) conflicts.add(fact.version);
    // Any order-independent choice will do until the conflict is resolved.
    if (known === undefined || fact.contentHash < known.contentHash) byVersion.set(fact.version, fact);
  }
  const history = [...byVersion.values()].sort((left, right) => left.version - right.version);
  const latest = history.at(-1);
  if (latest === undefined) return undefined;
  const stranger = history.find(({ tradeId }) => tradeId !== latest.tradeId);
  if (stranger !== undefined) {
    throw new RangeError(`tradeId ${stranger.tradeId}: facts of one trade only, here ${latest.tradeId}`);
  }
  return {
    tradeId: latest.tradeId,
    status: latest.action === "CANCEL" ? "cancelled" : "open",
    latest,
    missingVersions: gaps(history.map(({ version }) => version)),
    versionsAfterCancel: afterCancel(history),
    conflictingVersions: [...conflicts].sort((left, right) => left - right),
  };
}

/** Whether every version up to the latest is known, once, and none came after a cancel. */
export function isComplete(state: TradeState): boolean {
  const { missingVersions, versionsAfterCancel, conflictingVersions } = state;
  return missingVersions.length + versionsAfterCancel.length + conflictingVersions.length === 0;
}

/**
 * Ranges missing from ascending distinct numbers, from `start` on: of a trade's versions, or of a source's sequence
 * numbers with the first number that is expected.
 */
export function gaps(numbers: readonly number[], start = 1): VersionRange[] {
  const missing: VersionRange[] = [];
  let expected = start;
  for (const number of numbers) {
    if (number > expected) missing.push({ first: expected, last: number - 1 });
    expected = number + 1;
  }
  return missing;
}

function afterCancel(history: readonly TradeFact[]): number[] {
  const firstCancel = history.findIndex(({ action }) => action === "CANCEL");
  return firstCancel < 0 ? [] : history.slice(firstCancel + 1).map(({ version }) => version);
}
