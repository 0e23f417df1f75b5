import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { eventKey } from "../domain/envelope.ts";
import { isJsonObject, parsedJson } from "../domain/json.ts";
import { failure } from "./queue-failure.ts";

export interface RoutingQueue {
  readonly routingDeadLetterQueueUrl: string;
  /** The rule whose own dead letters are copies for a census, not events that the workflow lacks. */
  readonly censusRuleArn: string;
}

/** Messages that are looked at; what lies behind them is named as having no outcome, which a redrive mends. */
const MOST_MESSAGES = 10_000;
const BATCH = 10;
const SIDE_BY_SIDE = 10;
/** While they are looked at, nobody else receives them; if this function dies, they come back after it. */
const HIDDEN_SECONDS = 60;
/** Long polling asks all of the queue's servers (SQS Developer Guide, "Short and long polling"). */
const WAIT_SECONDS = 1;

/**
 * Keys, `<region>#<event id>`, of the events in the dead letter queue of rules, which no execution has ever taken. Their
 * messages stay and are shown again. Throws the functions' service errors.
 */
export async function undeliveredEvents(
  client: SQSClient,
  { routingDeadLetterQueueUrl: QueueUrl, censusRuleArn }: RoutingQueue,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const options = { abortSignal: signal };
  const held = new Map<string, Message>();
  const receive = async () => {
    const command = new ReceiveMessageCommand({
      ...{
        QueueUrl,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: HIDDEN_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
      },
      MessageAttributeNames: ["RULE_ARN"],
    });
    const { Messages = [] } = await client.send(command, options).catch(failure("ReceiveMessage"));
    for (const message of Messages) held.set(message.MessageId ?? "", message);
  };
  try {
    for (let before = -1; held.size > before && held.size < MOST_MESSAGES; ) {
      before = held.size;
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, receive));
    }
  } finally {
    await release(client, QueueUrl, [...held.values()]);
  }
  return new Set([...held.values()].flatMap((message) => eventOf(message, censusRuleArn) ?? []));
}

/** What cannot be shown again now comes back by itself. */
async function release(client: SQSClient, QueueUrl: string, held: readonly Message[]): Promise<void> {
  for (let start = 0; start < held.length; start += BATCH) {
    const Entries = held.slice(start, start + BATCH).map(({ ReceiptHandle }, index) => ({
      ...{ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 },
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => {});
  }
}

function eventOf({ Body, MessageAttributes }: Message, censusRuleArn: string): string | undefined {
  if (MessageAttributes?.RULE_ARN?.StringValue === censusRuleArn) return undefined;
  const envelope = parsedJson(Body ?? "");
  if (!isJsonObject(envelope)) return undefined;
  const { id, region } = envelope;
  return typeof id === "string" && typeof region === "string" ? eventKey(region, id) : undefined;
}
