import { RETRYABLE_ERROR } from "../../functions/contract.ts";
import type { Retrier } from "./language.ts";

/** Service errors, crashes and time limits of a function, as Step Functions names them, and the functions' own. */
export const TRANSIENT_LAMBDA_ERRORS: readonly string[] = [
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.Unknown",
  "Sandbox.Timedout",
  "Runtime.ExitError",
  "States.Timeout",
  RETRYABLE_ERROR,
];

/** Retriers of a Lambda task. Errors of the domain are in none of them: another attempt would end the same. */
export const LAMBDA_RETRIERS: readonly Retrier[] = [
  {
    ErrorEquals: TRANSIENT_LAMBDA_ERRORS,
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: 3,
    JitterStrategy: "FULL",
  },
  {
    ErrorEquals: ["Lambda.TooManyRequestsException"],
    IntervalSeconds: 1,
    BackoffRate: 2,
    MaxDelaySeconds: 8,
    MaxAttempts: 5,
    JitterStrategy: "FULL",
  },
];

/** The outcome of this attempt is there already. */
export const ALREADY_APPENDED = "DynamoDB.ConditionalCheckFailedException";

/** A payload beyond the state size limit. States.ALL does not match it (Step Functions, "Error names"). */
export const TOO_LARGE = "States.DataLimitExceeded";

/** Retriers of DynamoDB and SQS tasks: anything but what another attempt cannot change. */
export const SERVICE_RETRIERS: readonly Retrier[] = [
  { ErrorEquals: [ALREADY_APPENDED, TOO_LARGE], MaxAttempts: 0 },
  {
    ErrorEquals: ["States.ALL"],
    IntervalSeconds: 1,
    BackoffRate: 2,
    MaxAttempts: 3,
    JitterStrategy: "FULL",
  },
];
