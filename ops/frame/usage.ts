/** A mistake in the command line: shown as it is, without a stack trace. */
export class UsageError extends Error {}

/** LocalStack's port, which clients' examples use; the local cloud's unless another is given. */
export const DEFAULT_PORT = 4566;

/** A port from text, 0 for any free one. Throws UsageError. */
export function checkedPort(text: string): number {
  return wholeNumber("port", text, 65_535);
}

/** An option's whole number from 0 to `maximum`. Throws UsageError naming the option. */
export function wholeNumber(option: string, text: string, maximum: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= maximum))
    throw new UsageError(`--${option}: "${text}" must be a whole number from 0 to ${maximum}`);
  return number;
}
