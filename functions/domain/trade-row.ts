import type { EnricherOutput, ExecutionContext } from "../contract.ts";
import { acceptedAt } from "./envelope.ts";
import type { TradeEvent } from "./event.ts";
import type { Trade } from "./trade.ts";

/** A row of the trades table: one version of one trade, written once. */
export interface TradeRow extends Trade {
  /** `<region>#<event id>` of the event that it was recorded from. */
  readonly event: string;
  readonly eventId: string;
  /** Where the event was put. */
  readonly region: string;
  /** When the system accepted the event, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Canonical form of the detail, and its SHA-256. */
  readonly content: string;
  readonly contentHash: string;
  readonly enrichment: EnricherOutput["status"];
  /** The region that has to complete the enrichment; only while it is pending, for the sparse index. */
  readonly enrichmentPending?: string;
  /** The market data API's answer as JSON, once known. */
  readonly market?: string;
  readonly aboveThreshold?: boolean;
  /** When a pending enrichment was completed, ISO 8601. */
  readonly enrichedAt?: string;
  /** ISO 8601. */
  readonly recordedAt: string;
  /** ARN of the execution that recorded it. */
  readonly execution: string;
}

/** The row that records an event. Throws RangeError if the execution's start is not an ISO 8601 instant. */
export function tradeRow(
  event: TradeEvent,
  enrichment: EnricherOutput,
  execution: ExecutionContext,
  now: Date,
): TradeRow {
  const { envelope, trade } = event;
  const timestamp = acceptedAt(envelope, execution.startTime);
  if (timestamp === undefined) {
    throw new RangeError(`execution.startTime ${execution.startTime}: allowed is an ISO 8601 instant`);
  }
  const { aboveThreshold } = enrichment;
  return {
    ...trade,
    event: event.key,
    eventId: envelope.id,
    region: envelope.region,
    timestamp,
    content: event.canonical,
    contentHash: event.contentHash,
    enrichment: enrichment.status,
    ...(enrichment.status === "pending" && {
      enrichmentPending: regionOf(execution.id) ?? envelope.region,
    }),
    ...(enrichment.status === "complete" && { market: JSON.stringify(enrichment.market) }),
    ...(aboveThreshold !== undefined && { aboveThreshold }),
    recordedAt: now.toISOString(),
    execution: execution.id,
  };
}

/**
 * A replayed event may run in another region than it was put in; the region that runs it is the one that is alive to
 * complete it.
 */
function regionOf(executionArn: string): string | undefined {
  return /^arn:[^:]+:states:([^:]+):/.exec(executionArn)?.[1];
}
