import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { NamedError } from "../adapters/errors.ts";
import { failureOf } from "../adapters/service-errors.ts";
import { batchesOf } from "../domain/batches.ts";
import { eventKey } from "../domain/envelope.ts";
import { isJsonObject, parsedJson } from "../domain/json.ts";
import { lastPartOf } from "../domain/text.ts";

export interface RoutingQueue {
  readonly routingDeadLetterQueueUrl: string;
  /** The rule whose own dead letters are copies for a census, not events that the workflow lacks. */
  readonly censusRuleArn: string;
}

/** What the dead letter queue of rules has. */
export interface Undelivered {
  /** Keys, `<region>#<event id>`, of events that no execution has ever taken. */
  readonly events: ReadonlySet<string>;
  /** How many copies of the replay could not be handed to the census. */
  readonly copies: number;
}

/** Messages that are looked at: SQS hides at most 120,000 of a queue at once. */
const MOST_MESSAGES = 50_000;
const BATCH = 10;
const SIDE_BY_SIDE = 10;
/** While they are looked at, nobody else receives them; if this function dies, they come back after it. */
const HIDDEN_SECONDS = 120;
/** Long polling asks all of the queue's servers (SQS Developer Guide, "Short and long polling"). */
const WAIT_SECONDS = 1;

/**
 * Looks through the dead letter queue of rules. The messages stay and are shown again. Throws the functions' service
 * errors, and TooManyDeadLetters if there are more than can be looked at.
 */
export async function undeliveredEvents(
  client: SQSClient,
  { routingDeadLetterQueueUrl: QueueUrl, censusRuleArn }: RoutingQueue,
  replay: string,
  signal: AbortSignal,
): Promise<Undelivered> {
  const options = { abortSignal: signal };
  /** Receipt handles by message. */
  const held = new Map<string, string | undefined>();
  const events = new Set<string>();
  let copies = 0;
  const take = ({ MessageId = "", ReceiptHandle, Body = "", MessageAttributes }: Message) => {
    const isKnown = held.has(MessageId);
    held.set(MessageId, ReceiptHandle);
    if (isKnown) return;
    const { event, replayName } = letterOf(Body);
    if (MessageAttributes?.RULE_ARN?.StringValue !== censusRuleArn) events.add(event);
    else if (replayName === replay) copies += 1;
  };
  const receive = async () => {
    const command = new ReceiveMessageCommand({
      ...{ QueueUrl, MaxNumberOfMessages: BATCH },
      ...{ VisibilityTimeout: HIDDEN_SECONDS, WaitTimeSeconds: WAIT_SECONDS },
      MessageAttributeNames: ["RULE_ARN"],
    });
    const { Messages = [] } = await client.send(command, options).catch(failureOf("SQS ReceiveMessage"));
    Messages.forEach(take);
  };
  try {
    for (let before = -1; held.size > before && held.size < MOST_MESSAGES; ) {
      before = held.size;
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, receive));
    }
  } finally {
    await release(client, QueueUrl, [...held.values()]);
  }
  if (held.size >= MOST_MESSAGES)
    throw new NamedError(
      "TooManyDeadLetters",
      `${lastPartOf(QueueUrl)} has more than ${MOST_MESSAGES} messages: redrive them first`,
    );
  return { events, copies };
}

/** What cannot be shown again now comes back by itself. */
async function release(
  client: SQSClient,
  QueueUrl: string,
  handles: readonly (string | undefined)[],
): Promise<void> {
  const show = async (part: readonly (string | undefined)[]) => {
    const Entries = part.map((ReceiptHandle, index) => ({
      ...{ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 },
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => {});
  };
  for (const some of batchesOf(SIDE_BY_SIDE, batchesOf(BATCH, handles))) await Promise.all(some.map(show));
}

function letterOf(body: string): { event: string; replayName?: unknown } {
  const envelope = parsedJson(body);
  if (!isJsonObject(envelope)) return { event: "" };
  const { id, region, "replay-name": replayName } = envelope;
  return { event: eventKey(String(region), String(id)), replayName };
}
