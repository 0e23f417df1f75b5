import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { evidence } from "../adapters/evidence.ts";
import { type ArchiveNames, archiveReplay } from "./archive-replay.ts";
import type { CensusPorts } from "./census.ts";
import { censusQueue } from "./census-queue.ts";
import { unaccountedQueue } from "./unaccounted-queue.ts";
import { type RoutingQueue, undeliveredEvents } from "./undelivered.ts";

export interface CensusClients {
  readonly dynamodb: DynamoDBClient;
  readonly eventBridge: EventBridgeClient;
  readonly sqs: SQSClient;
}

export interface CensusNames extends ArchiveNames, RoutingQueue {
  readonly tradesTable: string;
  readonly outcomesTable: string;
  readonly censusQueueUrl: string;
  readonly unaccountedQueueUrl: string;
}

/**
 * What a census needs, of the region's services. `now` is the time in milliseconds since the epoch. Each port throws the
 * functions' service errors.
 */
export function censusPorts(
  { dynamodb, eventBridge, sqs }: CensusClients,
  names: CensusNames,
  now: () => number,
  signal: AbortSignal,
): CensusPorts {
  const replay = archiveReplay(eventBridge, names, now, signal);
  const written = evidence(dynamodb, { trades: names.tradesTable, outcomes: names.outcomesTable });
  return {
    keptSince: replay.keptSince,
    startReplay: replay.start,
    isReplayed: replay.isCompleted,
    receive: censusQueue(sqs, names.censusQueueUrl, signal).receive,
    outcomesOf: (events) => written.outcomesOf(events, signal),
    undelivered: (name) => undeliveredEvents(sqs, names, name, signal),
    report: unaccountedQueue(sqs, names.unaccountedQueueUrl, signal).report,
  };
}
