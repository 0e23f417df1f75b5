/** Why an entry was not accepted, and what that says. */
export interface Failure {
  /** PutEvents' code, or the name, or a socket's code, of the error that the whole request failed with. */
  readonly code: string;
  readonly message: string;
  /** Whether another attempt may succeed. */
  readonly isTransient: boolean;
  /** Whether EventBridge may have accepted the entry all the same: the request went out, and its answer was not seen. */
  readonly mayBeAccepted: boolean;
}

/** Codes that may pass (EventBridge API reference, "PutEventsResultEntry" and "Common Errors"). */
const TRANSIENT_CODES = new Set(["ThrottlingException", "InternalFailure", "InternalException"]);

/** Errors of Node's sockets and of its name resolution that leave it open whether the request arrived. */
const BROKEN_CONNECTIONS = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"]);
/** Those of a connection that could not be made. An established one may end with one of them, too. */
const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
/** Calls that come before anything is sent (Node's documentation, "Errors", `error.syscall`). */
const CALLS_BEFORE_SENDING = new Set(["connect", "getaddrinfo"]);
/** Names of the SDK's own time limits. */
const TIME_LIMITS = new Set(["TimeoutError", "RequestTimeout", "RequestTimeoutException"]);

const TOO_MANY_REQUESTS = 429;

/** What the answer to one entry says. */
export function entryFailure(code = "NoAnswer", message = ""): Failure {
  const isUnknown = code === "NoAnswer";
  return { code, message, isTransient: TRANSIENT_CODES.has(code), mayBeAccepted: isUnknown };
}

/** What it says of its entries that a request failed as a whole, after the SDK's own attempts. */
export function requestFailure(error: unknown): Failure {
  const shape = shapeOf(error);
  const { name = "Error", message = "", code = "", $metadata = {} } = shape;
  const status = $metadata.httpStatusCode ?? 0;
  const isRefused = status >= 400 && status < 500;
  const isServerFault = status >= 500;
  const isBroken = BROKEN_CONNECTIONS.has(code) || TIME_LIMITS.has(name);
  const isTransient =
    TRANSIENT_CODES.has(name) ||
    status === TOO_MANY_REQUESTS ||
    isServerFault ||
    isBroken ||
    UNREACHABLE.has(code);
  const isFirst = ($metadata.attempts ?? 1) === 1;
  const isKnown = isRefused || hadNoConnection(shape) || name === "CredentialsProviderError";
  // The SDK shows the last of its attempts only; the answer to an earlier one may be the one that was lost.
  const shown = name === "Error" && code !== "" ? code : name;
  return { code: shown, message, isTransient, mayBeAccepted: !(isKnown && isFirst) };
}

/** Whether there was no connection, so that no request can have arrived. */
function hadNoConnection({ code = "", syscall = "", errors }: ErrorShape): boolean {
  // Where a name has several addresses, Node tries each and throws an AggregateError, which has no call of its own.
  if (Array.isArray(errors) && errors.length > 0)
    return errors.every((each) => hadNoConnection(shapeOf(each)));
  return UNREACHABLE.has(code) && CALLS_BEFORE_SENDING.has(syscall);
}

/** What it says of an entry that sending was given up. `wasUnderWay`: in a request whose answer nobody waits for now. */
export function givenUp(wasUnderWay: boolean): Failure {
  return {
    code: "GivenUp",
    message: wasUnderWay
      ? "sending was given up before the answer came"
      : "sending was given up before it was tried",
    isTransient: false,
    mayBeAccepted: wasUnderWay,
  };
}

/** What it says of an entry that it came when nothing was sent any more. */
export const CLOSED: Failure = {
  code: "Closed",
  message: "the producer is closed and takes no more trades",
  isTransient: false,
  mayBeAccepted: false,
};

interface ErrorShape {
  name?: string;
  message?: string;
  code?: string;
  syscall?: string;
  errors?: unknown;
  $metadata?: { httpStatusCode?: number; attempts?: number };
}

function shapeOf(error: unknown): ErrorShape {
  return typeof error === "object" && error !== null ? error : { message: String(error) };
}
