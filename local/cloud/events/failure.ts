import { ServiceError } from "../service.ts";

/** A failed delivery as EventBridge reports it in a dead letter. */
export interface Failure {
  /** ERROR_CODE, from EventBridge's own list. */
  readonly code: string;
  readonly message: string;
  readonly isRetryable: boolean;
}

const THROTTLED = /Throttl|TooManyRequests|RateExceeded|ProvisionedThroughputExceeded|SlowDown/;
const LIMITED = /LimitExceeded|ServiceQuota/;
const DENIED = /AccessDenied|NotAuthorized|UnauthorizedOperation|OverLimitPermission/;
const ABSENT = /NotFound|DoesNotExist|NonExistentQueue|UnknownService|UnknownOperation/;

/**
 * Sorts what a target answered (EventBridge, "Using dead-letter queues to process undelivered events"): a missing
 * permission or target and a refused input are final, everything else is tried again.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof ServiceError))
    return { code: "SDK_CLIENT_ERROR", message: String(error), isRetryable: true };
  const { code, message, status } = error;
  const final = (reported: string): Failure => ({ code: reported, message, isRetryable: false });
  const passing = (reported: string): Failure => ({ code: reported, message, isRetryable: true });
  if (code.endsWith("_HOP_DETECTED") || code === "INVALID_JSON") return final(code);
  if (THROTTLED.test(code)) return passing("THROTTLING");
  if (DENIED.test(code)) return final("NO_PERMISSIONS");
  if (ABSENT.test(code)) return final("NO_RESOURCE");
  if (LIMITED.test(code)) return passing("RESOURCE_LIMIT_EXCEEDED");
  if (/Timeout/.test(code)) return passing("TIMEOUT");
  if (status >= 500) return passing("ERROR_FROM_TARGET");
  return final(/^Invalid|Validation/.test(code) ? "INVALID_PARAMETER" : "ERROR_FROM_TARGET");
}
