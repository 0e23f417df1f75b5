/** A failure inside an execution: `error` is the name that Retry and Catch match, `reason` what AWS calls the cause. */
export class WorkflowError extends Error {
  readonly error: string | undefined;
  readonly reason: string | undefined;
  constructor(error: string | undefined, reason?: string) {
    super(`${error ?? "no error name"}: ${reason ?? "no cause"}`);
    this.error = error;
    this.reason = reason;
  }
}

/** What a state's own fields failed at; the state puts where that was before the reason. */
export class DataError extends WorkflowError {}

/** Largest input or output of a task, state or execution, in UTF-8 bytes (Step Functions quotas). */
export const MAXIMUM_PAYLOAD_BYTES = 262_144;

/** `States.Runtime`: never retried and never caught (Step Functions, "Handling errors in workflows"). */
export function runtimeError(reason: string): DataError {
  return new DataError("States.Runtime", reason);
}

/** The same failure with where it happened in its reason, as AWS words it. */
export function located(error: unknown, state: string, entered: number): unknown {
  if (!(error instanceof DataError)) return error;
  const where = `An error occurred while executing the state '${state}' (entered at the event id #${entered}).`;
  return new WorkflowError(error.error, `${where} ${error.reason}`);
}

/**
 * Whether names of a Retry or Catch match an error (Step Functions, "Error names"): States.ALL leaves out
 * States.DataLimitExceeded, States.TaskFailed that and States.Timeout; nothing matches States.Runtime.
 */
export function matches(names: readonly string[], error: WorkflowError): boolean {
  const name = error.error ?? "";
  if (name === "States.Runtime") return false;
  if (names.includes(name)) return true;
  if (name === "States.DataLimitExceeded") return false;
  return names.includes("States.ALL") || (names.includes("States.TaskFailed") && name !== "States.Timeout");
}

/** Throws `States.DataLimitExceeded` if the value is too large; `what` is the state or the task that gave it. */
export function requireSize(value: unknown, what: string): void {
  if (Buffer.byteLength(JSON.stringify(value) ?? "null") > MAXIMUM_PAYLOAD_BYTES)
    throw new WorkflowError(
      "States.DataLimitExceeded",
      `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
}
