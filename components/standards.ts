/** Figures that components and policy rules share. Constants only. */

/** How long a dead letter queue keeps its messages, in seconds: exactly 14 days, which is also the most SQS allows. */
export const DEAD_LETTER_RETENTION_SECONDS = 1_209_600;

/** Tag that marks a queue as a dead letter queue. */
export const DEAD_LETTER_PURPOSE = { key: "Purpose", value: "DeadLetterQueue" } as const;

/** Largest message a queue takes that may receive whole envelopes, in bytes: what PutEvents accepts for an entry. */
export const MAXIMUM_MESSAGE_BYTES = 1_048_576;

/** Time limit of a workflow's Lambda task, in seconds. Functions give up before it. */
export const LAMBDA_TASK_TIMEOUT_SECONDS = 5;

/** When a handler gives up, in milliseconds: below the task limit, so that the workflow sees an error with a name. */
export const HANDLER_DEADLINE_MILLISECONDS = 4_000;

/** Time limit of a workflow's DynamoDB or SQS task, in seconds. */
export const SERVICE_TASK_TIMEOUT_SECONDS = 3;

/**
 * Longest path through the workflow, in seconds. EXPRESS executions end at 300, and one that times out can catch
 * nothing (AWS Step Functions Developer Guide, "Service quotas").
 */
export const LONGEST_WORKFLOW_SECONDS = 270;

/** Images of each function that a repository keeps. */
export const IMAGES_KEPT = 10;

/** Sparse index of the rows whose enrichment is pending, by the region that completes them. */
export const ENRICHMENT_PENDING_INDEX = "EnrichmentPendingIndex";

/** The alias of published versions that the workflow invokes. */
export const LIVE_ALIAS = "live";

/** Instruction set of every function and image. */
export const ARCHITECTURE = "arm64";

/** Days until a customer key that was scheduled for deletion is gone: the least that KMS allows. */
export const KEY_DELETION_DAYS = 7;

/** Regions in which resources may be made: the primary's, and those that a replica may be in. */
export const PRIMARY_REGION = "us-east-1";
export const REPLICA_REGIONS = ["eu-west-1", "us-west-2", "ap-southeast-1", "eu-central-1"] as const;
export const ALLOWED_REGIONS = [PRIMARY_REGION, ...REPLICA_REGIONS] as const;

/** Keys of the tags that every resource has. */
export const REQUIRED_TAGS = ["Project", "Environment", "ManagedBy"] as const;

/** Minutes from one scheduled census to the next, which is also the length of its window. */
export const DEFAULT_CENSUS_MINUTES = 60;

/** How long a trade may wait for its enrichment before somebody is told, in minutes. */
export const PENDING_ENRICHMENT_ALARM_MINUTES = 15;

/**
 * Minutes in a row of slow ingestion, or without a heartbeat, that make a region unhealthy. Where data is missing,
 * CloudWatch looks at two minutes more (CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data"), so
 * that four without any heartbeat are told in the fifth; with Route 53's minute a global endpoint fails over within six.
 */
export const FAILOVER_DETECTION_MINUTES = 2;

/** From an event to its first target, in milliseconds: what EventBridge's own template for endpoints takes as too slow. */
export const SLOW_INGESTION_MILLISECONDS = 30_000;

/** Replication between regions that is slower than this, in milliseconds, is told: it usually takes about a second. */
export const SLOW_REPLICATION_MILLISECONDS = 60_000;
