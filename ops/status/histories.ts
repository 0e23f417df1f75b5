import {
  foldTrade,
  isComplete,
  type TradeFact,
  type VersionRange,
} from "../../functions/domain/life-cycle.ts";

/** A trade whose versions do not make a whole: something is missing, or contradicts. */
export interface IncompleteHistory {
  readonly tradeId: string;
  readonly status: "open" | "cancelled";
  readonly latestVersion: number;
  /** Such as version 1, of a cancel whose trade never came. */
  readonly missingVersions: readonly VersionRange[];
  readonly versionsAfterCancel: readonly number[];
  /** Versions whose content differs between regions. */
  readonly conflictingVersions: readonly number[];
}

/** What is wrong with a trade's versions, read in one or more regions; undefined if nothing is. */
export function incompleteHistory(facts: Iterable<TradeFact>): IncompleteHistory | undefined {
  const state = foldTrade(facts);
  if (!state || isComplete(state)) return undefined;
  const { tradeId, status, latest, missingVersions, versionsAfterCancel, conflictingVersions } = state;
  return {
    ...{ tradeId, status, latestVersion: latest.version },
    ...{ missingVersions, versionsAfterCancel, conflictingVersions },
  };
}
