import { ServiceError } from "../service.ts";

/** IAM's refusal of a policy. Services with policies of their own name it as they do. */
export function malformed(message: string): ServiceError {
  return new ServiceError("MalformedPolicyDocument", message);
}
