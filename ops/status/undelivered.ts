import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { batchesOf } from "../../functions/domain/batches.ts";
import { eventKey } from "../../functions/domain/envelope.ts";
import { isJsonObject, parsedJson } from "../../functions/domain/json.ts";
import type { TimeWindow } from "../evidence/pages.ts";

/** An event that EventBridge could not hand to the workflow. Its only evidence is the message. */
export interface Undelivered {
  /** `<region>#<event id>`. */
  readonly event: string;
  readonly source: string;
  /** EventBridge's error code, such as SDK_CLIENT_ERROR. */
  readonly error: string;
  readonly envelope: Record<string, unknown>;
}

/** Messages that are looked at; while they are, nobody else receives them. */
const MOST_MESSAGES = 1_000;
const BATCH = 10;
const HIDDEN_SECONDS = 60;

/**
 * Events of these source rules in a region's dead letter queue of rules that got there in the window (no execution ever
 * accepted them). Messages are looked at and released again. `isComplete` is false if there were more than are looked at.
 */
export async function undeliveredIn(
  client: SQSClient,
  QueueUrl: string,
  sourceRules: readonly string[],
  { from, to }: TimeWindow,
): Promise<{ events: Undelivered[]; isComplete: boolean }> {
  if (await isEmpty(client, QueueUrl)) return { events: [], isComplete: true };
  const messages = new Map<string, Message>();
  try {
    while (messages.size < MOST_MESSAGES) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: BATCH,
          VisibilityTimeout: HIDDEN_SECONDS,
          // Long polling asks every server, so that an empty answer means an empty queue.
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ["SentTimestamp"],
          MessageAttributeNames: ["All"],
        }),
      );
      const found = messages.size;
      for (const message of Messages) messages.set(message.MessageId ?? "", message);
      if (messages.size === found) break;
    }
  } finally {
    await release(client, QueueUrl, [...messages.values()]);
  }
  const events = [...messages.values()].flatMap((message) => {
    const sentAt = Number(message.Attributes?.SentTimestamp);
    const rule = message.MessageAttributes?.RULE_ARN?.StringValue?.split("/").at(-1) ?? "";
    const event = sourceRules.includes(rule) && sentAt >= from && sentAt < to && eventOf(message);
    return event ? [event] : [];
  });
  return { events, isComplete: messages.size < MOST_MESSAGES };
}

async function isEmpty(client: SQSClient, QueueUrl: string): Promise<boolean> {
  const AttributeNames = ["ApproximateNumberOfMessages" as const];
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Number(Attributes?.ApproximateNumberOfMessages) === 0;
}

async function release(client: SQSClient, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  for (const batch of batchesOf(BATCH, messages)) {
    const Entries = batch.map(({ ReceiptHandle }, index) => ({
      ...{ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 },
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}

function eventOf({ Body, MessageAttributes }: Message): Undelivered | undefined {
  const envelope = parsedJson(Body ?? "");
  if (!isJsonObject(envelope)) return undefined;
  const { id, region, source } = envelope;
  if (typeof id !== "string" || typeof region !== "string" || typeof source !== "string") return undefined;
  const error = MessageAttributes?.ERROR_CODE?.StringValue ?? "unknown";
  return { event: eventKey(region, id), source, error, envelope };
}
