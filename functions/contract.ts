/**
 * What the infrastructure and the functions agree on: names, environment variables, payload shapes and limits.
 * Types and constants only, so that the Pulumi program can import it without importing a function's code.
 */

/** The functions, by the name that starts their AWS name (`trade-validator-<suffix>` …). */
export const FUNCTION_NAMES = ["trade-validator", "metadata-enricher", "compliance-recorder"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** Detail type of every trade event. */
export const TRADE_DETAIL_TYPE = "Trade Event";

/** Namespace of every metric that the functions emit. */
export const METRICS_NAMESPACE = "TradingSystem";

/** Largest event detail that is processed, in UTF-8 bytes of its JSON; EventBridge bills in units of this size. */
export const MAXIMUM_DETAIL_BYTES = 65_536;

/** Environment variables that the infrastructure sets and the functions read. */
export const ENVIRONMENT = {
  environmentSuffix: "ENVIRONMENT_SUFFIX",
  /** Comma-separated source system names whose events are valid, as `name=source` pairs. */
  sources: "TRADE_SOURCES",
  tradesTable: "TRADES_TABLE_NAME",
  apiEndpointParameter: "API_ENDPOINT_PARAMETER",
  processingThresholdParameter: "PROCESSING_THRESHOLD_PARAMETER",
  maxRetriesParameter: "MAX_RETRIES_PARAMETER",
  /** Milliseconds after which a handler gives up, below the workflow's task limit. */
  deadlineMilliseconds: "HANDLER_DEADLINE_MILLISECONDS",
} as const;

/** One reason for a rejection. `value` is bounded and printable; `allowed` says what would have been accepted. */
export interface Reason {
  /** Stable machine-readable code, such as `currency.unknown`; the dimension of the rejection metric. */
  code: string;
  /** JSON path of the field within the detail, such as `amount`; `detail` for the detail as a whole. */
  field: string;
  value: string;
  allowed: string;
}

/** The execution as the workflow hands it to every function. */
export interface ExecutionContext {
  /** Execution ARN. */
  id: string;
  /** ISO 8601 start of the execution: when the system accepted the event. */
  startTime: string;
}

/** Payload of the validator and the enricher. `envelope` is the EventBridge event as received. */
export interface FunctionInput {
  envelope: unknown;
  execution: ExecutionContext;
}

export type ValidatorOutput =
  | { valid: true; tradeId: string; version: number }
  | {
      valid: false;
      reasons: Reason[];
      /** Number of reasons found; `reasons` holds at most the first few dozen. */
      reasonCount: number;
      tradeId?: string;
      version?: number;
      /** Bounded JSON text stored in place of the envelope where that is too large to keep. */
      boundedCopy?: string;
    };

export type EnricherOutput =
  | { status: "complete"; market: Record<string, unknown>; aboveThreshold: boolean }
  | { status: "pending"; error: string; aboveThreshold?: boolean };

/** Payload of the recorder. */
export interface RecorderInput extends FunctionInput {
  enrichment: EnricherOutput;
}

export type RecorderOutput =
  | { outcome: "recorded" }
  | { outcome: "duplicate" }
  | { outcome: "rejected"; reasons: Reason[]; reasonCount: number };
