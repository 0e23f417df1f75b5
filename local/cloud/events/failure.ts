import { ServiceError } from "../service.ts";

/** A failed delivery as EventBridge reports it in a dead letter. */
export interface Failure {
  /** ERROR_CODE, from EventBridge's own list. */
  readonly code: string;
  readonly message: string;
  readonly isRetryable: boolean;
}

/** Codes that a delivery reports itself, without having asked the target. */
const OWN_CODES = ["THIRD_ACCOUNT_HOP_DETECTED", "THIRD_REGION_HOP_DETECTED", "INVALID_JSON"];

/** How IAM says that the target's role does not let EventBridge assume it. */
const NOT_ASSUMED = /not authorized to perform: sts:AssumeRole /;

/** What a target's error code means, and whether it can pass. The first that fits counts. */
const MEANINGS: readonly (readonly [RegExp, string, boolean])[] = [
  [/Throttl|TooManyRequests|RateExceeded|ProvisionedThroughputExceeded|SlowDown/, "THROTTLING", true],
  [
    /AccessDenied|AuthorizationError|NotAuthorized|UnauthorizedOperation|OverLimitPermission/,
    "NO_PERMISSIONS",
    false,
  ],
  [/NotFound|DoesNotExist|NonExistentQueue|UnknownService|UnknownOperation/, "NO_RESOURCE", false],
  [/AlreadyExists/, "RESOURCE_ALREADY_EXISTS", false],
  [/Conflict|ConcurrentModification/, "RESOURCE_MODIFICATION_COLLISION", true],
  [/LimitExceeded|ServiceQuota/, "RESOURCE_LIMIT_EXCEEDED", true],
  [/Timeout/, "TIMEOUT", true],
];

/**
 * Sorts what a target answered (EventBridge, "Using dead-letter queues to process undelivered events"): a missing
 * permission or target and a refused input are final, what can pass is tried again.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof ServiceError))
    return { code: "SDK_CLIENT_ERROR", message: String(error), isRetryable: true };
  const { code, message, status } = error;
  if (OWN_CODES.includes(code)) return { code, message, isRetryable: false };
  if (NOT_ASSUMED.test(message)) return { code: "FAILED_TO_ASSUME_ROLE", message, isRetryable: false };
  const [, meaning, isRetryable] = MEANINGS.find(([pattern]) => pattern.test(code)) ?? [];
  if (meaning !== undefined && isRetryable !== undefined) return { code: meaning, message, isRetryable };
  if (status >= 500) return { code: "ERROR_FROM_TARGET", message, isRetryable: true };
  const isInvalid = /^Invalid|Validation/.test(code);
  return { code: isInvalid ? "INVALID_PARAMETER" : "ERROR_FROM_TARGET", message, isRetryable: false };
}
