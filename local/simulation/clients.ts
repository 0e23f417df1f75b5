import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { InProcessContext } from "../cloud/lambda/in-process.ts";
import { type Json, ServiceError } from "../cloud/service.ts";

type Call = InProcessContext["call"];

/** A command as clients send it; its class is named after the operation. */
interface Command {
  readonly input: object;
}

/** Makes the commands of an SDK's client calls in this process: nothing is signed, sent or tried again. */
export function inProcess<Client extends object>(client: Client, service: string, call: Call): Client {
  const send = (command: Command) => answer(call, service, command.constructor.name, command.input);
  Reflect.set(client, "send", send);
  return client;
}

/** Never used, but a client asks for them. */
const UNUSED = {
  region: "us-east-1",
  credentials: { accessKeyId: "none", secretAccessKey: "none" },
};

/** Clients as their constructors make them, which takes longer than most invocations: once is enough. */
const MADE = {
  dynamodb: new DynamoDBClient(UNUSED),
  events: new EventBridgeClient(UNUSED),
  sqs: new SQSClient(UNUSED),
  ssm: new SSMClient(UNUSED),
};

/** Another one like the client, with commands of its own. */
function like<Client extends object>(client: Client): Client {
  return Object.create(client) as Client;
}

export const dynamoDbClient = (call: Call) => inProcess(like(MADE.dynamodb), "dynamodb", call);
export const eventBridgeClient = (call: Call) => inProcess(like(MADE.events), "events", call);
export const sqsClient = (call: Call) => inProcess(like(MADE.sqs), "sqs", call);
export const ssmClient = (call: Call) => inProcess(like(MADE.ssm), "ssm", call);

async function answer(call: Call, service: string, commandName: string, input: object) {
  const operation = commandName.replace(/Command$/, "");
  try {
    // As over the wire: without members that are undefined, and shared with nobody.
    const output = await call(service, operation, JSON.parse(JSON.stringify(input, wired)) as Json);
    return { ...structuredClone(output), $metadata: { httpStatusCode: 200 } };
  } catch (error) {
    throw error instanceof ServiceError ? sdkError(error) : error;
  }
}

/** Times go in seconds since the epoch, and payloads as text, as the services' own code takes them. */
function wired(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const given = this[name];
  if (given instanceof Date) return given.getTime() / 1_000;
  if (given instanceof Uint8Array) return Buffer.from(given).toString("utf8");
  return value;
}

/** A refusal with the members by which the SDK's exceptions are told apart. */
function sdkError({ code, message, status, fields }: ServiceError): Error {
  return Object.assign(new Error(message), {
    ...structuredClone(fields),
    name: code,
    $fault: status >= 500 ? "server" : "client",
    $metadata: { httpStatusCode: status },
  });
}
