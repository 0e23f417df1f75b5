import type { ServiceError } from "../service.ts";

/** How one invocation of a function ended: its payload is JSON text. */
export interface Outcome {
  readonly payload: string;
  /** Set when the function failed: the payload then describes the error. */
  readonly isError: boolean;
  /** How Lambda ended the environment, if it was not the function that answered. */
  readonly end?: "timeout" | "exit";
  /** Lambda could not run the function at all: the request is refused with this. */
  readonly refusal?: ServiceError;
}

/** Largest request and response of a synchronous invocation, in bytes (Lambda quotas: 6 MB). */
export const MAXIMUM_PAYLOAD_BYTES = 6_291_456;
/** Largest request of an asynchronous invocation, in bytes (Lambda quotas: 1 MB). */
export const MAXIMUM_EVENT_BYTES = 1_048_576;
/** What the runtime may send back: the payload and a little around it. */
export const MAXIMUM_RESPONSE_BYTES = 6_291_556;

/** A failure that Lambda itself reports, in the function's place. */
export function platformError(errorType: string, errorMessage: string): Outcome {
  return { payload: JSON.stringify({ errorType, errorMessage }), isError: true };
}

/** The time limit was reached and the process killed. */
export function timedOut(requestId: string, seconds: number): Outcome {
  const message = `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
  return { ...platformError("Sandbox.Timedout", message), end: "timeout" };
}

/** The function's process ended by itself or was killed. */
export function exited(requestId: string, code: number | null, signal: NodeJS.Signals | null): Outcome {
  const reason =
    code === 0
      ? "Runtime exited without providing a reason"
      : `Runtime exited with error: ${signal === null ? `exit status ${code}` : `signal: ${SIGNALS[signal] ?? signal}`}`;
  return { ...platformError("Runtime.ExitError", `RequestId: ${requestId} Error: ${reason}`), end: "exit" };
}

const SIGNALS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: "aborted",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
};

/** The function's answer was larger than Lambda passes on. */
export function responseTooLarge(): Outcome {
  return platformError(
    "Function.ResponseSizeTooLarge",
    `Response payload size exceeded maximum allowed payload size (${MAXIMUM_RESPONSE_BYTES} bytes).`,
  );
}
