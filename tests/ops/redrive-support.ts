import { PassThrough } from "node:stream";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import { drain, type LocalSystem } from "../../local/system.ts";
import { Clients } from "../../ops/frame/clients.ts";
import type { OperatorCommand, Result } from "../../ops/frame/operator-command.ts";
import { parseOutputs } from "../../ops/frame/outputs.ts";
import { Terminal } from "../../ops/frame/terminal.ts";

/** What a redrive answers with --json. */
export interface RedriveAnswer extends Record<string, unknown> {
  readonly considered: number;
  readonly byQueue: Record<string, Record<string, number>>;
  readonly stayed: { event?: string; end: string; why: string; queue: string }[];
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Changed before the command runs, as by a middleware. */
  readonly adapt?: (clients: Clients) => void;
}

/** Carries out an operator's command in this process, over HTTP. */
export async function carryOut(
  system: LocalSystem,
  command: OperatorCommand,
  options: Record<string, string>,
  { signal = new AbortController().signal, adapt }: RunOptions = {},
): Promise<Result & { printed: string }> {
  const clients = new Clients({
    endpoint: system.services.endpoint.url,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  adapt?.(clients);
  const stream = new PassThrough();
  let printed = "";
  stream.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  try {
    const run = await command.prepare({ words: [], options });
    const result = await run({
      ...{ outputs: parseOutputs(system.services.outputs), clients, signal, isLocal: true },
      terminal: new Terminal(stream as unknown as NodeJS.WriteStream),
    });
    await drain(system);
    return { ...result, printed };
  } finally {
    clients.close();
  }
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
