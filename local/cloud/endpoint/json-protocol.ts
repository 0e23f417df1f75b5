import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { jsonMembers, type WireRequest, type WireResponse } from "./request.ts";

/** Prefix of `X-Amz-Target` of each service that speaks AWS JSON 1.0 or 1.1, as in the SDK's clients. */
const TARGET_PREFIXES: Readonly<Record<string, readonly string[]>> = {
  // Streams are a service of their own with its own prefix, but are signed as DynamoDB.
  dynamodb: ["DynamoDB_20120810", "DynamoDBStreams_20120810"],
  ecr: ["AmazonEC2ContainerRegistry_V20150921"],
  events: ["AWSEvents"],
  kms: ["TrentService"],
  logs: ["Logs_20140328"],
  monitoring: ["GraniteServiceVersion20100801"],
  sqs: ["AmazonSQS"],
  ssm: ["AmazonSSM"],
  states: ["AWSStepFunctions"],
};

/** Whether a service's requests are known to be AWS JSON. */
export function speaksJson(service: string): boolean {
  return Object.hasOwn(TARGET_PREFIXES, service);
}

/** What some services put before an error's code in `__type`. */
const ERROR_NAMESPACE: ReadonlyMap<string, string> = new Map([
  ["dynamodb", "com.amazonaws.dynamodb.v20120810"],
  ["monitoring", "com.amazonaws.cloudwatch"],
  ["sqs", "com.amazonaws.sqs"],
]);

/** Errors of the framework that all AWS services share, not of a service. */
const FRAMEWORK_NAMESPACE: Readonly<Record<string, string>> = {
  ValidationException: "com.amazon.coral.validate",
  SerializationException: "com.amazon.coral.service",
  UnknownOperationException: "com.amazon.coral.service",
};

/**
 * Codes of the former query protocol that clients of SQS still get in `x-amzn-query-error`
 * (Smithy 2.0, "AWS awsQueryCompatible trait").
 */
const QUERY_CODE: Readonly<Record<string, string>> = {
  QueueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue",
  QueueNameExists: "QueueAlreadyExists",
  QueueDeletedRecently: "AWS.SimpleQueueService.QueueDeletedRecently",
  EmptyBatchRequest: "AWS.SimpleQueueService.EmptyBatchRequest",
  TooManyEntriesInBatchRequest: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
  BatchEntryIdsNotDistinct: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
  BatchRequestTooLong: "AWS.SimpleQueueService.BatchRequestTooLong",
  KmsAccessDenied: "KMS.AccessDeniedException",
  KmsDisabled: "KMS.DisabledException",
  KmsInvalidState: "KMS.InvalidStateException",
  KmsNotFound: "KMS.NotFoundException",
  InvalidBatchEntryId: "AWS.SimpleQueueService.InvalidBatchEntryId",
  MessageNotInflight: "AWS.SimpleQueueService.MessageNotInflight",
  PurgeQueueInProgress: "AWS.SimpleQueueService.PurgeQueueInProgress",
  UnsupportedOperation: "AWS.SimpleQueueService.UnsupportedOperation",
};

/** Operation and input of a JSON request. Throws ServiceError for a foreign target or a body that is no object. */
export function decodeJson(request: WireRequest, service: string): { operation: string; input: Json } {
  const [prefix, operation] = String(request.headers["x-amz-target"] ?? "").split(".");
  const expected = TARGET_PREFIXES[service];
  if (request.method !== "POST" || !operation || !prefix || (expected && !expected.includes(prefix)))
    throw new ServiceError(
      "UnknownOperationException",
      `Expected POST with X-Amz-Target "${expected?.[0] ?? service}.<operation>", got ${request.method} ` +
        `with "${request.headers["x-amz-target"] ?? ""}"`,
    );
  return { operation, input: jsonMembers(request) };
}

/** The response of an operation that succeeded. */
export function encodeJson(request: WireRequest, output: Json): WireResponse {
  return { status: 200, headers: { "content-type": contentType(request) }, body: JSON.stringify(output) };
}

/** The response of an operation that was refused: `__type`, `message` and the error's further members. */
export function encodeJsonError(request: WireRequest, service: string, error: ServiceError): WireResponse {
  const namespace = FRAMEWORK_NAMESPACE[error.code] ?? ERROR_NAMESPACE.get(service);
  const headers: Record<string, string> = {
    "content-type": contentType(request),
    "x-amzn-errortype": error.code,
  };
  if (request.headers["x-amzn-query-mode"] === "true")
    headers["x-amzn-query-error"] =
      `${QUERY_CODE[error.code] ?? error.code};${error.status < 500 ? "Sender" : "Receiver"}`;
  return {
    status: error.status,
    headers,
    body: JSON.stringify({
      __type: namespace ? `${namespace}#${error.code}` : error.code,
      message: error.message,
      ...error.fields,
    }),
  };
}

function contentType(request: WireRequest): string {
  const given = String(request.headers["content-type"] ?? "").split(";")[0];
  return given === "application/x-amz-json-1.1" ? given : "application/x-amz-json-1.0";
}
