import { NamedError, retryableError } from "./errors.ts";

/** Names under which AWS services refuse for now ("Error handling" in the guides of DynamoDB and Systems Manager). */
const REFUSED_FOR_NOW = new Set([
  "InternalServerError",
  "ProvisionedThroughputExceededException",
  "ReplicatedWriteConflictException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "TransactionInProgressException",
]);

const UNREACHABLE = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * An SDK error in the functions' terms: what trying again can mend becomes RETRYABLE_ERROR, everything else, such as
 * a missing table or permission, keeps its name.
 */
export function serviceError(service: string, thrown: unknown): NamedError {
  const { name, message } =
    thrown instanceof Error ? thrown : { name: "UnexpectedError", message: String(thrown) };
  const text = `${service}: ${name}: ${message}`;
  return isRetryable(thrown) ? retryableError(text, thrown) : new NamedError(name, text, { cause: thrown });
}

/** For a request's `catch`: throws whatever it has thrown, in the functions' terms. */
export function failureOf(service: string): (thrown: unknown) => never {
  return (thrown) => {
    throw serviceError(service, thrown);
  };
}

/** Whether trying again can mend what an SDK client threw. */
export function isRetryable(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (REFUSED_FOR_NOW.has(thrown.name) || UNREACHABLE.has(textOf(thrown, "code"))) return true;
  if (thrown.name === "AbortError" || thrown.name === "TimeoutError") return true;
  // The SDK's exceptions all have the property, mostly undefined.
  if (textOf(thrown, "$fault") === "server" || Reflect.get(thrown, "$retryable") !== undefined) return true;
  const metadata: unknown = Reflect.get(thrown, "$metadata");
  const status =
    typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "httpStatusCode") : 0;
  return typeof status === "number" && (status === 429 || status >= 500);
}

function textOf(error: Error, key: string): string {
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : "";
}
