import { differences, inputOf } from "../providers/differences.ts";
import type { TapeResult, TapeTrade } from "./tape-result.ts";

/** How trades of a tape end otherwise. */
export interface TapeGroup {
  kind: "outcome" | "reasons" | "content";
  /** What it was, and what it is: outcomes with their reasons, or the attributes that differ. */
  change: string;
  count: number;
  /** The first of them. */
  example: { line: number; before: TapeTrade; after: TapeTrade };
}

export interface TapeComparison {
  /** Lines of the tape that were sent. */
  lines: number;
  /** Trades that end with another outcome. */
  changedOutcomes: number;
  /** Largest first. */
  groups: TapeGroup[];
}

/** Every line whose outcome, reasons or stored content differ between two runs of one tape, grouped. */
export function compareTapes(before: TapeResult, after: TapeResult): TapeComparison {
  const old = new Map(before.trades.map((trade) => [trade.line, trade]));
  const groups = new Map<string, TapeGroup>();
  for (const trade of after.trades) {
    const was = old.get(trade.line) ?? { line: trade.line, outcome: "not sent", reasons: [], stored: [] };
    const difference = differenceOf(was, trade);
    if (!difference) continue;
    const key = `${difference.kind} ${difference.change}`;
    const group = groups.get(key) ?? {
      ...{ ...difference, count: 0 },
      example: { line: trade.line, before: was, after: trade },
    };
    group.count += 1;
    groups.set(key, group);
  }
  const all = [...groups.values()].sort((a, b) => b.count - a.count);
  return {
    lines: after.trades.length,
    changedOutcomes: all
      .filter(({ kind }) => kind === "outcome")
      .reduce((total, { count }) => total + count, 0),
    groups: all,
  };
}

function differenceOf(before: TapeTrade, after: TapeTrade): Pick<TapeGroup, "kind" | "change"> | undefined {
  if (before.outcome !== after.outcome)
    return { kind: "outcome", change: `${described(before)} → ${described(after)}` };
  if (before.reasons.join() !== after.reasons.join())
    return { kind: "reasons", change: `${described(before)} → ${described(after)}` };
  if (before.stored.length !== after.stored.length)
    return {
      kind: "content",
      change: `${after.outcome}: ${before.stored.length} → ${after.stored.length} rows`,
    };
  const attributes = after.stored.flatMap((row, index) => [
    ...differences(before.stored[index] ?? {}, row).keys(),
  ]);
  const names = [...new Set(attributes.map(inputOf))].sort();
  if (names.length > 0) return { kind: "content", change: `${after.outcome}: ${names.join(", ")}` };
  return undefined;
}

function described({ outcome, reasons }: TapeTrade): string {
  return reasons.length > 0 ? `${outcome} (${reasons.join(", ")})` : outcome;
}
