import { randomUUID } from "node:crypto";
import type { Caller, Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { WorkflowError } from "./errors.ts";
import { isObject } from "./paths.ts";

/** Carries out one task with its effective input, as the state machine's role. */
export type Integration = (
  input: unknown,
  call: Caller,
  from: { region: string; principal: string },
) => Promise<unknown>;

interface Naming {
  readonly service: string;
  /** How the integration starts error names. */
  readonly prefix: string;
  /** The service's name in causes. */
  readonly title: string;
  /** The name of every error that the service's SDK does not model, such as a missing permission. */
  readonly unmodelled: string;
  /** What the SDK calls the errors that it models, where that is not the code itself. */
  readonly modelled: Readonly<Record<string, string>>;
}

const LAMBDA: Naming = {
  service: "lambda",
  prefix: "Lambda",
  title: "Lambda",
  unmodelled: "AWSLambdaException",
  modelled: same(
    ...["TooManyRequestsException", "ServiceException", "ResourceNotFoundException"],
    ...["ResourceNotReadyException", "ResourceConflictException", "InvalidParameterValueException"],
    ...["InvalidRequestContentException", "RequestTooLargeException", "UnsupportedMediaTypeException"],
    ...["InvalidRuntimeException", "EC2ThrottledException", "KMSAccessDeniedException", "SdkClientException"],
  ),
};

const DYNAMODB: Naming = {
  service: "dynamodb",
  prefix: "DynamoDB",
  title: "AmazonDynamoDBv2",
  unmodelled: "AmazonDynamoDBException",
  modelled: {
    ...same("ConditionalCheckFailedException", "ProvisionedThroughputExceededException"),
    ...same("ResourceNotFoundException", "ItemCollectionSizeLimitExceededException"),
    ...same("TransactionConflictException", "ReplicatedWriteConflictException"),
    InternalServerError: "InternalServerErrorException",
    RequestLimitExceeded: "RequestLimitExceededException",
  },
};

const SQS: Naming = {
  service: "sqs",
  prefix: "SQS",
  title: "AmazonSQS",
  unmodelled: "AmazonSQSException",
  modelled: {
    "AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExistException",
    QueueDoesNotExist: "QueueDoesNotExistException",
    InvalidMessageContents: "InvalidMessageContentsException",
    "AWS.SimpleQueueService.UnsupportedOperation": "UnsupportedOperationException",
    UnsupportedOperation: "UnsupportedOperationException",
  },
};

/** What Task states may name as their resource; everything else is refused when the state machine is made. */
export const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  "arn:aws:states:::lambda:invoke": invoke,
  "arn:aws:states:::dynamodb:getItem": direct(DYNAMODB, "GetItem"),
  "arn:aws:states:::dynamodb:putItem": direct(DYNAMODB, "PutItem"),
  "arn:aws:states:::dynamodb:updateItem": direct(DYNAMODB, "UpdateItem"),
  "arn:aws:states:::sqs:sendMessage": (input, call, from) =>
    direct(SQS, "SendMessage")(withTextBody(input), call, from),
};

function same(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

/** The message body may be given as an object, which is sent as its JSON text. */
function withTextBody(input: unknown): unknown {
  if (!isObject(input) || typeof input.MessageBody === "string" || input.MessageBody === undefined)
    return input;
  return { ...input, MessageBody: JSON.stringify(input.MessageBody) };
}

function direct(naming: Naming, operation: string): Integration {
  return async (input, call, from) => {
    if (!isObject(input)) throw new WorkflowError("States.TaskFailed", "The task's input must be an object");
    const output = await named(naming, () => call(naming.service, operation, input, from));
    return { ...output, ...responseMetadata() };
  };
}

/** `lambda:invoke`: the payload is sent as JSON text, and a function's own error becomes the task's error. */
async function invoke(
  input: unknown,
  call: Caller,
  from: { region: string; principal: string },
): Promise<unknown> {
  if (!isObject(input)) throw new WorkflowError("States.TaskFailed", "The task's input must be an object");
  const { Payload, ...rest } = input;
  const request = { ...rest, Payload: JSON.stringify(Payload ?? {}) };
  const output = await named(LAMBDA, () => call("lambda", "Invoke", request, from));
  const text = typeof output.Payload === "string" ? output.Payload : "null";
  const payload: unknown = text === "" ? null : JSON.parse(text);
  if (output.FunctionError !== undefined) throw functionError(payload, text);
  return {
    ExecutedVersion: output.ExecutedVersion ?? "$LATEST",
    Payload: payload,
    ...responseMetadata(),
    StatusCode: output.StatusCode ?? 200,
  };
}

/** A failed function: the error's type is the name and the whole payload the cause. */
function functionError(payload: unknown, text: string): WorkflowError {
  const type = isObject(payload) && typeof payload.errorType === "string" ? payload.errorType : "";
  return new WorkflowError(type === "" ? "Lambda.Unknown" : type, text);
}

function responseMetadata(): Json {
  const RequestId = randomUUID();
  return { SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId } };
}

/** Gives a service's refusal the name under which Step Functions shows it. */
async function named(naming: Naming, carryOut: () => Promise<Json>): Promise<Json> {
  try {
    return await carryOut();
  } catch (error) {
    if (!(error instanceof ServiceError))
      throw new WorkflowError(`${naming.prefix}.SdkClientException`, (error as Error).message);
    const name = Object.hasOwn(naming.modelled, error.code) ? naming.modelled[error.code] : naming.unmodelled;
    throw new WorkflowError(
      `${naming.prefix}.${name}`,
      `${error.message} (Service: ${naming.title}; Status Code: ${error.status}; ` +
        `Error Code: ${error.code}; Request ID: ${randomUUID()})`,
    );
  }
}
