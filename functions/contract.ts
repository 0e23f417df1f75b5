/**
 * What the infrastructure and the functions agree on: names, environment variables, payload shapes and limits.
 * Types and constants only, so that the Pulumi program can import it without importing a function's code.
 */

/** The functions that the workflow invokes, by the name that starts their AWS name (`trade-validator-<suffix>` …). */
export const WORKFLOW_FUNCTIONS = ["trade-validator", "metadata-enricher", "compliance-recorder"] as const;
export type WorkflowFunctionName = (typeof WORKFLOW_FUNCTIONS)[number];

/** The functions that look after what the workflow left behind. */
export const MAINTENANCE_FUNCTIONS = [
  "enrichment-completer",
  "replacement-recorder",
  "trade-census",
] as const;

/** All functions. */
export const FUNCTION_NAMES = [...WORKFLOW_FUNCTIONS, ...MAINTENANCE_FUNCTIONS] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/**
 * The images, each with its entry points: the module's name, which is the first half of the image's command, and its
 * source below `functions/`. Functions that share code share an image.
 */
export const IMAGES = {
  "trade-validator": { index: "trade-validator/handler.ts" },
  "metadata-enricher": { index: "metadata-enricher/handler.ts", completer: "metadata-enricher/completer.ts" },
  "compliance-recorder": { index: "compliance-recorder/handler.ts" },
  "replacement-recorder": { index: "replacement-recorder/handler.ts" },
  "trade-census": { index: "trade-census/handler.ts" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;
export type ImageName = keyof typeof IMAGES;
export const IMAGE_NAMES = Object.keys(IMAGES) as ImageName[];

/** The image of each function and the command that it runs there, as `<module>.<export>`. */
export const FUNCTION_IMAGES: Readonly<Record<FunctionName, { image: ImageName; command: string }>> = {
  "trade-validator": { image: "trade-validator", command: "index.handler" },
  "metadata-enricher": { image: "metadata-enricher", command: "index.handler" },
  "compliance-recorder": { image: "compliance-recorder", command: "index.handler" },
  "enrichment-completer": { image: "metadata-enricher", command: "completer.handler" },
  "replacement-recorder": { image: "replacement-recorder", command: "index.handler" },
  "trade-census": { image: "trade-census", command: "index.handler" },
};

/** Detail type of every trade event. */
export const TRADE_DETAIL_TYPE = "Trade Event";

/**
 * Source of heartbeats: events that go the whole way of a trade once a minute in each region, so that an idle market is
 * told from a dead region. They are marked by this source alone, and are in no table of trades and no count of them.
 */
export const HEARTBEAT_SOURCE = "trading.heartbeat";
/** Source system and trade of every heartbeat. */
export const HEARTBEAT_SYSTEM = "heartbeat";

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
  outcomesTable: "OUTCOMES_TABLE_NAME",
  heartbeatsTable: "HEARTBEATS_TABLE_NAME",
  /** ARNs of the trades bus and of its archive, and of the rule that hands the archive's events to the census. */
  busArn: "EVENT_BUS_ARN",
  archiveArn: "EVENT_ARCHIVE_ARN",
  censusRuleArn: "CENSUS_RULE_ARN",
  /** Queue that this rule fills. */
  censusQueueUrl: "CENSUS_QUEUE_URL",
  /** Queue of the events that EventBridge could not hand to the workflow. */
  routingDeadLetterQueueUrl: "ROUTING_DEAD_LETTER_QUEUE_URL",
  /** Queue for events that the census finds without an outcome. */
  unaccountedQueueUrl: "UNACCOUNTED_QUEUE_URL",
  /** Length of the window that a scheduled census looks at, in minutes. */
  censusMinutes: "CENSUS_MINUTES",
  apiEndpointParameter: "API_ENDPOINT_PARAMETER",
  processingThresholdParameter: "PROCESSING_THRESHOLD_PARAMETER",
  maxRetriesParameter: "MAX_RETRIES_PARAMETER",
  /** Milliseconds after which a handler gives up, below the workflow's task limit. */
  deadlineMilliseconds: "HANDLER_DEADLINE_MILLISECONDS",
} as const;

/** Which of them each function needs; the others it does not read. */
export const FUNCTION_ENVIRONMENT = {
  "trade-validator": ["environmentSuffix", "sources", "deadlineMilliseconds"],
  "metadata-enricher": [
    "environmentSuffix",
    "sources",
    "apiEndpointParameter",
    "processingThresholdParameter",
    "maxRetriesParameter",
    "deadlineMilliseconds",
  ],
  "compliance-recorder": [
    "environmentSuffix",
    "sources",
    "tradesTable",
    "heartbeatsTable",
    "deadlineMilliseconds",
  ],
  "enrichment-completer": [
    "environmentSuffix",
    "tradesTable",
    "apiEndpointParameter",
    "processingThresholdParameter",
    "maxRetriesParameter",
    "deadlineMilliseconds",
  ],
  "replacement-recorder": ["environmentSuffix", "sources", "outcomesTable", "deadlineMilliseconds"],
  "trade-census": [
    "environmentSuffix",
    "tradesTable",
    "outcomesTable",
    "busArn",
    "archiveArn",
    "censusRuleArn",
    "censusQueueUrl",
    "routingDeadLetterQueueUrl",
    "unaccountedQueueUrl",
    "censusMinutes",
    "deadlineMilliseconds",
  ],
} as const satisfies Record<FunctionName, ReadonlyArray<keyof typeof ENVIRONMENT>>;

/**
 * Name of every error that a function throws for a service that is throttled, down, slow or out of reach: what
 * trying again can mend. Step Functions sees a function's error by this name. Errors of any other name are the
 * event's or the program's, and trying again only repeats them.
 */
export const RETRYABLE_ERROR = "RetryableServiceError";

/** Largest message of an error that a function throws, in UTF-8 bytes: it becomes part of the workflow's state. */
export const MAXIMUM_ERROR_BYTES = 1024;

/**
 * Metrics in METRICS_NAMESPACE. All have the dimensions `service` (the function's name) and `Environment` (the
 * suffix); RejectionReason has `Reason` (the code) besides.
 */
export const METRICS = {
  /** Heartbeats that were written down, by the recorder; failover rests on it. */
  heartbeatRecorded: "HeartbeatRecorded",
  /** Invocations that ended without an error, by each function. Retries count again; heartbeats do not. */
  eventsProcessed: "EventsProcessed",
  /** Milliseconds that the function worked on one event. */
  processingTime: "ProcessingTime",
  /** Invocations that ended with an error, by each function. */
  failed: "Failed",
  valid: "Valid",
  recorded: "Recorded",
  duplicate: "Duplicate",
  /** Events rejected: as invalid by the validator, as conflicting by the recorder. */
  rejected: "Rejected",
  /** One for each reason of a rejected event. */
  rejectionReason: "RejectionReason",
  enrichmentPending: "EnrichmentPending",
  /** Recorded events whose row the other region's write replaced. */
  replaced: "Replaced",
  /** Those of them whose content was another: the event is rejected after it had been recorded. */
  replacedByConflict: "ReplacedByConflict",
  /** Events that a census looked at, and those of them that had no outcome. */
  censusEvents: "CensusEvents",
  censusUnaccounted: "CensusUnaccounted",
  /** Pending enrichments that were completed. */
  enrichmentCompleted: "EnrichmentCompleted",
  /** Milliseconds since the acceptance of the oldest trade whose enrichment is pending after a run; 0 if there is none. */
  pendingEnrichmentAge: "PendingEnrichmentAge",
  aboveThreshold: "AboveThreshold",
  /** Milliseconds from the acceptance of an event to its row being written. */
  ageAtRecording: "AgeAtRecording",
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

/** A window of times at which events were put. */
export interface CensusWindow {
  /** ISO 8601; a whole number of seconds each. */
  readonly from: string;
  readonly to: string;
  /** How long ago the window must have ended, in seconds. Default: SETTLED_SECONDS. */
  readonly settledSeconds?: number;
  /** How long nothing may have come from the archive before the census ends, in seconds. Default: QUIET_SECONDS. */
  readonly quietSeconds?: number;
}

/** What a census is asked: a window, or the time that its schedule was due. */
export type CensusInput = CensusWindow | { readonly scheduledTime: string };

/**
 * Age at which an archive has all events of a window, in seconds: EventBridge may take ten minutes to deliver an event to
 * it (EventBridge User Guide, "Archiving and replaying events").
 */
export const SETTLED_SECONDS = 600;

/** How long EventBridge tries to hand an event of the archive to the census, in seconds: the shortest that a rule may have. */
export const CENSUS_DELIVERY_SECONDS = 60;

/** How long nothing may have come from the archive before a census ends, in seconds: longer than one event may take. */
export const QUIET_SECONDS = 90;

/** What a census found. */
export interface CensusOutput {
  readonly from: string;
  readonly to: string;
  /** Name of the replay that it read the archive with. */
  readonly replay: string;
  /** Distinct trade events in the archive of the window. */
  readonly events: number;
  readonly byOutcome: Readonly<Record<"recorded" | "duplicate" | "rejected" | "deadLettered", number>>;
  /** How many of the events have no outcome, and the first of them. */
  readonly unaccounted: number;
  readonly named: readonly UnaccountedEvent[];
  /** Given if the window begins earlier: the archive may have dropped what was put before, so nothing is proven. */
  readonly keptSince?: string;
}

export interface UnaccountedEvent {
  /** `<region>#<event id>`. */
  readonly event: string;
  readonly source: string;
  readonly time: string;
  readonly tradeId?: string;
}

/** How the recorder judges a trade. */
export type Decision =
  | { outcome: "recorded" }
  | { outcome: "duplicate" }
  | { outcome: "rejected"; reasons: Reason[]; reasonCount: number };

/** Answer of the recorder: its judgement, or that a heartbeat was written down. */
export type RecorderOutput = Decision | { outcome: "heartbeat" };
