import type { Caller, Json, Origin } from "../service.ts";
import { ServiceError } from "../service.ts";

const NOT_HERE = ["UnknownServiceException", "UnknownOperationException"];

/** Whether a call was refused, rather than failed for a fault of this program. */
export function isRefusal(error: unknown): error is ServiceError {
  return error instanceof ServiceError;
}

/**
 * Calls another service as AWS's Lambda does for a function. Where this cloud has no such service or operation nothing
 * happens, so that Lambda runs without them; every other refusal is thrown as `refused` says.
 */
export async function act(
  call: Caller,
  service: string,
  operation: string,
  input: Json,
  from: Origin,
  refused: (error: ServiceError) => Error = (error) => error,
): Promise<Json | undefined> {
  try {
    return await call(service, operation, input, from);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (NOT_HERE.includes(error.code)) return undefined;
    throw refused(error);
  }
}
