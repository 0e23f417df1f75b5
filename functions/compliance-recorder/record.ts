import type { TradeStore } from "../adapters/trade-store.ts";
import type { Decision, EnricherOutput, ExecutionContext } from "../contract.ts";
import { decide } from "../domain/decide.ts";
import type { TradeEvent } from "../domain/event.ts";
import { tradeRow } from "../domain/trade-row.ts";

export interface RecordingPorts {
  readonly store: TradeStore;
  readonly now: () => Date;
}

/** Records an event as the row of its trade version, or says what it is if that has a row already. */
export async function record(
  event: TradeEvent,
  enrichment: EnricherOutput,
  execution: ExecutionContext,
  { store, now }: RecordingPorts,
  signal: AbortSignal,
): Promise<Decision & { ageMilliseconds?: number }> {
  const row = tradeRow(event, enrichment, execution, now());
  const existing = await store.putIfAbsent(row, signal);
  if (existing !== undefined) return decide(existing, event);
  return { outcome: "recorded", ageMilliseconds: Math.max(0, now().getTime() - row.timestamp) };
}
