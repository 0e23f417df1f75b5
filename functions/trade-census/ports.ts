import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { evidence } from "../adapters/evidence.ts";
import { type ArchiveNames, archiveReplay } from "./archive-replay.ts";
import type { CensusPorts } from "./census.ts";
import { censusQueue, unaccountedQueue } from "./census-queue.ts";
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

/** What a census needs, of the region's services. Each port throws the functions' service errors. */
export function censusPorts(
  { dynamodb, eventBridge, sqs }: CensusClients,
  names: CensusNames,
  signal: AbortSignal,
): CensusPorts {
  const replay = archiveReplay(eventBridge, names, signal);
  const written = evidence(dynamodb, { trades: names.tradesTable, outcomes: names.outcomesTable });
  return {
    startReplay: replay.start,
    isReplayed: replay.isCompleted,
    receive: censusQueue(sqs, names.censusQueueUrl, signal).receive,
    outcomesOf: (events) => written.outcomesOf(events, signal),
    undelivered: () => undeliveredEvents(sqs, names, signal),
    report: unaccountedQueue(sqs, names.unaccountedQueueUrl, signal).report,
  };
}
