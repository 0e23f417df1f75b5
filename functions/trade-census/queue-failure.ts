import { serviceError } from "../adapters/service-errors.ts";

/** Throws whatever a request of SQS has thrown, by the function's own error names. */
export const failure = (operation: string) => (thrown: unknown) => {
  throw serviceError(`SQS ${operation}`, thrown);
};
