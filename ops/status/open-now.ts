/** What is open in a region at this moment, asked of the services that hold it. */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { DescribeStateMachineCommand, ListExecutionsCommand, type SFNClient } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { lastPartOf } from "../../functions/domain/text.ts";
import type { Item } from "../evidence/pages.ts";
import type { Clients } from "../frame/clients.ts";
import type { RegionOutputs } from "../frame/outputs.ts";
import { measured } from "./metrics.ts";

/** How many there are, and since when the oldest is there, in milliseconds since the epoch. */
export interface Waiting {
  readonly count: number;
  readonly oldest?: number;
}

export interface QueueDepth {
  readonly name: string;
  readonly visible: number;
  readonly notVisible: number;
  readonly delayed: number;
  /** Seconds, from a CloudWatch metric: an estimate; missing if it has none of the last ten minutes. */
  readonly oldestSeconds?: number;
}

export interface OpenNow {
  readonly workflowType: "STANDARD" | "EXPRESS";
  /** Missing for EXPRESS, whose executions cannot be listed. */
  readonly executions?: Waiting;
  readonly queues: readonly QueueDepth[];
  readonly pendingEnrichments: Waiting;
}

const AGE_MILLISECONDS = 600_000;

/** What is open in a region now. */
export async function readOpenNow(
  clients: Clients,
  region: string,
  outputs: RegionOutputs,
  tradesTable: string,
): Promise<OpenNow> {
  const states = clients.stepFunctions(region);
  const { stateMachineArn } = outputs;
  const { type } = await states.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const workflowType = type === "EXPRESS" ? "EXPRESS" : "STANDARD";
  const depths: Omit<QueueDepth, "oldestSeconds">[] = [];
  for (const url of queueUrls(outputs)) depths.push(await depthOf(clients.sqs(region), url));
  const now = Date.now();
  const ages = await measured(
    clients.cloudWatch(region),
    depths.map(({ name }) => ({
      ...{ namespace: "AWS/SQS", name: "ApproximateAgeOfOldestMessage", take: "latest" },
      dimensions: { QueueName: name },
    })),
    { from: now - AGE_MILLISECONDS, to: now },
  );
  return {
    workflowType,
    ...(workflowType === "STANDARD" && { executions: await runningExecutions(states, stateMachineArn) }),
    queues: depths.map((depth, index) => withAge(depth, ages[index])),
    pendingEnrichments: await pendingEnrichments(clients.dynamodb(region), tradesTable, region),
  };
}

/** Every queue of the outputs. */
function queueUrls(outputs: RegionOutputs): string[] {
  const all = [
    ...Object.values(outputs.deadLetterQueueUrls),
    outputs.rejectsQueueUrl,
    outputs.routingDeadLetterQueueUrl,
    outputs.forwardingDeadLetterQueueUrl,
    outputs.unmatchedQueueUrl,
    outputs.unfinishedExecutionsQueueUrl,
    outputs.unaccountedQueueUrl,
  ];
  return [...new Set(all.filter((url) => url !== undefined))];
}

async function depthOf(client: SQSClient, QueueUrl: string): Promise<Omit<QueueDepth, "oldestSeconds">> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
      ],
    }),
  );
  return {
    name: lastPartOf(QueueUrl),
    visible: Number(Attributes.ApproximateNumberOfMessages),
    notVisible: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
  };
}

/** The metric lags: the age of a queue that is empty by now is not shown. */
function withAge(depth: Omit<QueueDepth, "oldestSeconds">, oldestSeconds: number | undefined): QueueDepth {
  const isEmpty = depth.visible + depth.notVisible + depth.delayed === 0;
  return isEmpty || oldestSeconds === undefined ? depth : { ...depth, oldestSeconds };
}

async function runningExecutions(client: SFNClient, stateMachineArn: string): Promise<Waiting> {
  let count = 0;
  let oldest: number | undefined;
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new ListExecutionsCommand({
        ...{ stateMachineArn, statusFilter: "RUNNING", maxResults: 1_000 },
        ...(nextToken && { nextToken }),
      }),
    );
    for (const { startDate } of page.executions ?? []) {
      count += 1;
      const started = startDate?.getTime();
      if (started !== undefined && (oldest === undefined || started < oldest)) oldest = started;
    }
    nextToken = page.nextToken;
  } while (nextToken);
  return { count, ...(oldest !== undefined && { oldest }) };
}

/** Rows whose enrichment this region has to complete; the index is sorted by acceptance. */
async function pendingEnrichments(
  client: DynamoDBClient,
  TableName: string,
  region: string,
): Promise<Waiting> {
  let count = 0;
  let oldest: number | undefined;
  let start: Item | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName,
        IndexName: "EnrichmentPendingIndex",
        KeyConditionExpression: "enrichmentPending = :region",
        ExpressionAttributeValues: { ":region": { S: region } },
        ExclusiveStartKey: start,
      }),
    );
    count += page.Count ?? 0;
    oldest ??= page.Items?.[0] && Number(page.Items[0].timestamp?.N);
    start = page.LastEvaluatedKey;
  } while (start);
  return { count, ...(oldest !== undefined && { oldest }) };
}
