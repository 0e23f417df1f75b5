import type { RegionOutputs } from "../frame/outputs.ts";

/** The queues that hold what did not end well, by the names that operators give them. */
export const QUEUES = [
  "rejects",
  "validator",
  "recorder",
  "enricher",
  "rule",
  "forwarding",
  "unfinished",
  "unaccounted",
] as const;
export type QueueName = (typeof QUEUES)[number];

const URL_OF: Readonly<Record<QueueName, (region: RegionOutputs) => string | undefined>> = {
  rejects: ({ rejectsQueueUrl }) => rejectsQueueUrl,
  validator: ({ deadLetterQueueUrls }) => deadLetterQueueUrls["trade-validator"],
  recorder: ({ deadLetterQueueUrls }) => deadLetterQueueUrls["compliance-recorder"],
  enricher: ({ deadLetterQueueUrls }) => deadLetterQueueUrls["metadata-enricher"],
  rule: ({ routingDeadLetterQueueUrl }) => routingDeadLetterQueueUrl,
  forwarding: ({ forwardingDeadLetterQueueUrl }) => forwardingDeadLetterQueueUrl,
  unfinished: ({ unfinishedExecutionsQueueUrl }) => unfinishedExecutionsQueueUrl,
  unaccounted: ({ unaccountedQueueUrl }) => unaccountedQueueUrl,
};

/** Whether a region's workflow is EXPRESS: of STANDARD ones alone there are reports of unfinished executions. */
export function isExpress({ unfinishedExecutionsQueueUrl }: RegionOutputs): boolean {
  return unfinishedExecutionsQueueUrl === undefined;
}

/** The URL of a region's queue; undefined where the stack has none, as an EXPRESS one has none for unfinished executions. */
export function queueUrl(queue: QueueName, region: RegionOutputs): string | undefined {
  return URL_OF[queue](region);
}
