/**
 * A failure inside an execution as the workflow sees it: `name` is what Retry and Catch match, `message` the cause.
 * The interpreter asks `isRetryable` and `isCatchable`.
 */
export class WorkflowError extends Error {
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;
  constructor(name: string, cause: string, matchable = true) {
    super(cause);
    this.name = name;
    this.isRetryable = matchable;
    this.isCatchable = matchable;
  }
}

/** Largest input or output of a task, state or execution, in UTF-8 bytes (Step Functions quotas). */
export const MAXIMUM_PAYLOAD_BYTES = 262_144;

/** `States.Runtime`: never retried and never caught (Step Functions, "Handling errors in workflows"). */
export function runtimeError(cause: string): WorkflowError {
  return new WorkflowError("States.Runtime", cause, false);
}

/** Throws `States.DataLimitExceeded` if the value is too large; only a matcher that names it may match that. */
export function requireSize(value: unknown, what: string, named: boolean): void {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? "null");
  if (bytes > MAXIMUM_PAYLOAD_BYTES)
    throw new WorkflowError(
      "States.DataLimitExceeded",
      `${what} has ${bytes} bytes, which exceeds the maximum of ${MAXIMUM_PAYLOAD_BYTES} bytes`,
      named,
    );
}
