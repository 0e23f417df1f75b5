import type { OutcomeStore } from "../adapters/outcome-store.ts";
import { outcomeItem } from "../domain/replaced-outcome-item.ts";
import { replacedOutcome } from "../domain/replacement.ts";
import type { SourceSystems } from "../domain/source-systems.ts";
import { type RowChange, rowChange } from "./row-change.ts";

export interface ReplacementPorts {
  readonly store: OutcomeStore;
  readonly systems: SourceSystems;
  /** Told of a record that is no change of a row as this program writes it. */
  readonly onUnreadable: (error: Error) => void;
}

export interface Replacements {
  /** Outcomes that were written now: events whose row another took, by what became of them. */
  readonly duplicate: number;
  readonly rejected: number;
}

/** Writes down what became of every event whose row another region's write has replaced. */
export async function recordReplacements(
  records: readonly unknown[],
  { store, systems, onUnreadable }: ReplacementPorts,
  signal: AbortSignal,
): Promise<Replacements> {
  const counts = { duplicate: 0, rejected: 0 };
  for (const record of records) {
    const change = read(record, onUnreadable);
    const replaced = change && replacedOutcome(change.former, change.now);
    if (!change || !replaced) continue;
    const isNew = await store.append(outcomeItem(change.former, replaced, systems), signal);
    if (isNew) counts[replaced.outcome] += 1;
  }
  return counts;
}

/** What cannot be read would hold up every later change of the stream, so it is told and passed over. */
function read(record: unknown, onUnreadable: (error: Error) => void): RowChange | undefined {
  try {
    return rowChange(record);
  } catch (thrown) {
    onUnreadable(thrown as Error);
    return undefined;
  }
}
