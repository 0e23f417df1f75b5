import type { PendingKey, PendingStore } from "../adapters/pending-store.ts";
import { questionOf } from "../domain/market-data.ts";
import { bounded } from "../domain/text.ts";
import { isAboveThreshold } from "../domain/threshold.ts";
import type { EnrichmentPorts } from "./enrich.ts";

/** Rows that are completed side by side. */
const SIDE_BY_SIDE = 5;
const MAXIMUM_PROBLEMS = 10;

export interface CompletionPorts extends EnrichmentPorts {
  readonly store: PendingStore;
  /** Whether an error of the market data API is its answer to one question, rather than its absence. */
  readonly isRefusal: (error: unknown) => boolean;
  readonly now: () => Date;
}

/** What one run did. */
export interface Completion {
  readonly completed: number;
  /** Rows that were asked about in vain. */
  readonly pending: number;
  /** Milliseconds since the acceptance of the oldest row that is still pending; 0 if none was met. */
  readonly oldestMilliseconds: number;
  /** Rows whose question the market data API refuses: they stay pending, and the age of the oldest tells of them. */
  readonly refused: number;
  /** Rows that could not be completed for a reason that waiting will not mend, named; the first few. */
  readonly problems: readonly string[];
}

type Ended = "completed" | "pending" | "elsewhere" | "refused";

/**
 * Completes the pending enrichments of a region, the oldest first, until none is left or the market data API does not
 * answer. Throws what the store throws.
 */
export async function completePending(
  region: string,
  ports: CompletionPorts,
  signal: AbortSignal,
): Promise<Completion> {
  const counts = { completed: 0, pending: 0, refused: 0 };
  const problems: string[] = [];
  let oldest: number | undefined;
  const run = async (keys: readonly PendingKey[]): Promise<boolean> => {
    const ends = await Promise.all(keys.map((key) => completeOne(key, region, ports, problems, signal)));
    keys.forEach((key, index) => {
      const end = ends[index];
      if (end === "completed") counts.completed += 1;
      if (end !== "pending" && end !== "refused") return;
      counts.pending += 1;
      if (end === "refused") counts.refused += 1;
      oldest = Math.min(oldest ?? key.timestamp, key.timestamp);
    });
    return ends.some((end) => end !== "pending");
  };
  const batch: PendingKey[] = [];
  let answers = true;
  for await (const key of ports.store.pending(region, signal)) {
    batch.push(key);
    if (batch.length < SIDE_BY_SIDE) continue;
    // A whole batch without an answer: the API is down, and the next run asks again.
    answers = await run(batch.splice(0));
    if (!answers || signal.aborted) break;
  }
  if (answers && batch.length > 0) await run(batch);
  return {
    ...counts,
    oldestMilliseconds: oldest === undefined ? 0 : Math.max(0, ports.now().getTime() - oldest),
    problems: problems.slice(0, MAXIMUM_PROBLEMS),
  };
}

async function completeOne(
  key: PendingKey,
  region: string,
  { store, settings, askMarketData, isRefusal, now }: CompletionPorts,
  problems: string[],
  signal: AbortSignal,
): Promise<Ended> {
  const name = `${key.tradeId} version ${key.version}`;
  const row = await store.read(key, signal);
  if (row === undefined) {
    problems.push(`${name}: the row lacks event, amount or currency`);
    return "refused";
  }
  const { apiEndpoint: endpoint, attempts, processingThreshold } = await settings(signal);
  let market: Record<string, unknown>;
  try {
    market = { ...(await askMarketData(questionOf(row), { endpoint, attempts, signal })) };
  } catch (thrown) {
    if (!isRefusal(thrown)) return "pending";
    problems.push(bounded(`${name}: ${thrown instanceof Error ? thrown.message : "unknown error"}`, 256));
    return "refused";
  }
  const aboveThreshold = isAboveThreshold(row.amount, processingThreshold);
  const enrichment = { status: "complete", market, aboveThreshold } as const;
  const isDone = await store.complete(key, row, enrichment, { region, now: now() }, signal);
  return isDone ? "completed" : "elsewhere";
}
