import { OPERATOR } from "../../local/cloud/cloud.ts";
import { drain, type LocalSystem } from "../../local/system.ts";
import { runCommand } from "./run-command.ts";

/** What a redrive answers with --json. */
export interface RedriveAnswer extends Record<string, unknown> {
  readonly considered: number;
  readonly byQueue: Record<string, Record<string, number>>;
  readonly stayed: { event?: string; end: string; why: string; queue: string }[];
}

/** Carries out an operator's command, and waits until nothing is under way. */
export async function carryOut(
  ...[system, ...rest]: Parameters<typeof runCommand>
): ReturnType<typeof runCommand> {
  const result = await runCommand(system, ...rest);
  await drain(system);
  return result;
}

const queueUrl = (name: string, region: string) => `https://sqs.${region}.amazonaws.com/000000000000/${name}`;

/** Puts a message into a queue. */
export async function putMessage(
  system: LocalSystem,
  queue: string,
  body: string,
  attributes: Record<string, string> = {},
  region = "us-east-1",
): Promise<void> {
  await system.services.cloud.surroundings.call(
    "sqs",
    "SendMessage",
    {
      QueueUrl: queueUrl(queue, region),
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
      ),
    },
    { region, principal: OPERATOR },
  );
}

/** Bodies and attributes of what can be received from a queue; all of it stays there and can be received again. */
export async function visible(
  system: LocalSystem,
  queue: string,
  region = "us-east-1",
): Promise<{ body: string; attributes: Record<string, string> }[]> {
  const { call } = system.services.cloud.surroundings;
  const from = { region, principal: OPERATOR };
  const QueueUrl = queueUrl(queue, region);
  const all: { Body: string; ReceiptHandle: string; MessageAttributes?: object }[] = [];
  for (;;) {
    const input = {
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 30,
      MessageAttributeNames: ["All"],
    };
    const { Messages = [] } = (await call("sqs", "ReceiveMessage", input, from)) as { Messages?: typeof all };
    if (Messages.length === 0) break;
    all.push(...Messages);
  }
  for (const { ReceiptHandle } of all)
    await call("sqs", "ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }, from);
  return all.map(({ Body, MessageAttributes = {} }) => ({
    body: Body,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, value]) => [
        name,
        String(Reflect.get(value, "StringValue")),
      ]),
    ),
  }));
}
