import { MAXIMUM_ERROR_BYTES, RETRYABLE_ERROR } from "../contract.ts";
import { bounded, utf8Bytes } from "../domain/text.ts";

/** An error whose name Step Functions sees, made without a stack, which would only fill the workflow's state. */
export class NamedError extends Error {
  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** A service was throttled, down, slow or out of reach. */
export function retryableError(message: string, cause?: unknown): NamedError {
  return new NamedError(RETRYABLE_ERROR, message, { cause });
}

/** The function was deployed or configured wrongly: environment or parameters. Never retried. */
export function configurationError(message: string): NamedError {
  return new NamedError("ConfigurationError", message);
}

/** The workflow passed something else than the contract says. Never retried. */
export function inputError(message: string): NamedError {
  return new NamedError("InputError", message);
}

/**
 * Any thrown value as an error that may leave the function: its name, a message of at most MAXIMUM_ERROR_BYTES and
 * no stack.
 */
export function boundedError(thrown: unknown): Error {
  const { name, message } =
    thrown instanceof Error ? thrown : { name: "UnexpectedError", message: `thrown: ${typeof thrown}` };
  const error = new NamedError(
    /^[A-Za-z][A-Za-z0-9._]{0,63}$/.test(name) ? name : "UnexpectedError",
    boundedMessage(message),
  );
  error.stack = "";
  return error;
}

function boundedMessage(message: string): string {
  const text = bounded(message, MAXIMUM_ERROR_BYTES);
  // A code unit takes at most three bytes.
  return utf8Bytes(text) <= MAXIMUM_ERROR_BYTES ? text : bounded(text, Math.floor(MAXIMUM_ERROR_BYTES / 3));
}
