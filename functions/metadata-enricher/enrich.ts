import type { ReadSettings } from "../adapters/enrichment-settings.ts";
import type { AskMarketData } from "../adapters/market-data-client.ts";
import type { EnricherOutput } from "../contract.ts";
import { questionOf } from "../domain/market-data.ts";
import { bounded } from "../domain/text.ts";
import { isAboveThreshold } from "../domain/threshold.ts";
import type { Trade } from "../domain/trade.ts";

const MAXIMUM_ERROR_LENGTH = 256;

/** What the enricher needs of the outside. */
export interface EnrichmentPorts {
  readonly settings: (signal: AbortSignal) => ReturnType<ReadSettings>;
  readonly askMarketData: AskMarketData;
}

/**
 * Adds market data and the threshold's verdict to a trade. What cannot be had now leaves the enrichment pending,
 * with as much as is known; it throws nothing.
 */
export async function enrich(
  trade: Trade,
  ports: EnrichmentPorts,
  signal: AbortSignal,
): Promise<EnricherOutput> {
  let aboveThreshold: boolean | undefined;
  try {
    const { apiEndpoint: endpoint, attempts, processingThreshold } = await ports.settings(signal);
    aboveThreshold = isAboveThreshold(trade.amount, processingThreshold);
    const market = await ports.askMarketData(questionOf(trade), { endpoint, attempts, signal });
    return { status: "complete", market: { ...market }, aboveThreshold };
  } catch (thrown) {
    return pending(thrown instanceof Error ? thrown.message : "unknown error", aboveThreshold);
  }
}

/** The output of an enrichment that has to be completed later. */
export function pending(error: string, aboveThreshold?: boolean): EnricherOutput {
  return {
    status: "pending",
    error: bounded(error, MAXIMUM_ERROR_LENGTH),
    ...(aboveThreshold !== undefined && { aboveThreshold }),
  };
}
