import { Input } from "../input.ts";
import type { Json, Surroundings } from "../service.ts";
import type { RedrivePolicy } from "./attributes.ts";
import { attributesDigest, bodyDigest, type MessageAttribute } from "./message.ts";
import type { Queue, StoredMessage } from "./queue.ts";

/** Ends the waiting of long polls: with what there is, or with nothing. */
export type Waiters = Map<Queue, Set<() => void>>;

/** ReceiveMessage: at once if there are messages, else after at most WaitTimeSeconds. */
export async function receiveMessages(
  surroundings: Surroundings,
  waiters: Waiters,
  queue: Queue,
  json: Json,
  /** Whether a function's own code asks, whose invocation holds time back. */
  isOfFunction: boolean,
  bury: (message: StoredMessage, policy: RedrivePolicy) => boolean,
): Promise<Json> {
  const input = new Input(json, "InvalidParameterValue").only([
    "QueueUrl",
    "AttributeNames",
    "MessageSystemAttributeNames",
    "MessageAttributeNames",
    "MaxNumberOfMessages",
    "VisibilityTimeout",
    "WaitTimeSeconds",
  ]);
  const maximum = input.optionalInteger("MaxNumberOfMessages", { minimum: 1, maximum: 10 }) ?? 1;
  const visibility =
    input.optionalInteger("VisibilityTimeout", { minimum: 0, maximum: 43_200 }) ??
    queue.number("VisibilityTimeout");
  const wait =
    input.optionalInteger("WaitTimeSeconds", { minimum: 0, maximum: 20 }) ??
    queue.number("ReceiveMessageWaitTimeSeconds");
  const take = (): StoredMessage[] => queue.receive(maximum, visibility, bury);
  let messages = take();
  if (messages.length === 0 && wait > 0)
    messages = await poll(surroundings, waiters, queue, wait, isOfFunction, take);
  const names = [...input.texts("AttributeNames"), ...input.texts("MessageSystemAttributeNames")];
  const attributeNames = input.texts("MessageAttributeNames");
  if (messages.length === 0) return {};
  return { Messages: messages.map((message) => show(message, names, attributeNames)) };
}

function poll(
  { clock }: Surroundings,
  waiters: Waiters,
  queue: Queue,
  seconds: number,
  isOfFunction: boolean,
  take: () => StoredMessage[],
): Promise<StoredMessage[]> {
  // A function that waits for messages waits for time, too, which does not pass while it works.
  const resume = isOfFunction ? clock.wait() : () => {};
  const polling = new Promise<StoredMessage[]>((done, fail) => {
    const end = clock.now() + seconds * 1000;
    let cancel = (): void => {};
    const attempt = (): void => {
      cancel();
      let messages: StoredMessage[];
      try {
        messages = take();
      } catch (error) {
        waiting.delete(attempt);
        fail(error);
        return;
      }
      const now = clock.now();
      if (messages.length > 0 || now >= end || !waiters.has(queue)) {
        waiting.delete(attempt);
        done(messages);
      } else cancel = clock.after(Math.max(1, Math.min(end, queue.nextVisibleAt ?? end) - now), attempt);
    };
    const waiting = waiters.get(queue) ?? new Set();
    waiters.set(queue, waiting);
    waiting.add(attempt);
    attempt();
  });
  return polling.finally(resume);
}

function show(message: StoredMessage, names: readonly string[], attributeNames: readonly string[]): Json {
  const shown: Json = {
    MessageId: message.id,
    ReceiptHandle: message.handle,
    MD5OfBody: bodyDigest(message.body),
    Body: message.body,
  };
  const system = systemAttributes(message, names);
  if (Object.keys(system).length > 0) shown.Attributes = system;
  const attributes = wantedAttributes(message.attributes, attributeNames);
  const digest = attributesDigest(attributes);
  if (digest) {
    shown.MessageAttributes = attributes;
    shown.MD5OfMessageAttributes = digest;
  }
  return shown;
}

function systemAttributes(message: StoredMessage, names: readonly string[]): Record<string, string> {
  const all: Record<string, string | undefined> = {
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ApproximateReceiveCount: String(message.receiveCount),
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    DeadLetterQueueSourceArn: message.sourceArn,
  };
  const wanted: Record<string, string> = {};
  for (const [name, value] of Object.entries(all))
    if (value !== undefined && (names.includes("All") || names.includes(name))) wanted[name] = value;
  return wanted;
}

function wantedAttributes(
  attributes: Readonly<Record<string, MessageAttribute>>,
  names: readonly string[],
): Record<string, MessageAttribute> {
  const wants = (name: string): boolean =>
    names.some(
      (each) =>
        each === "All" ||
        each === ".*" ||
        each === name ||
        (each.endsWith(".*") && name.startsWith(each.slice(0, -1))),
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => wants(name)));
}
