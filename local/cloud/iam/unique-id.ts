import { createHash } from "node:crypto";

/** A unique id in the form of IAM's, such as `AROA…` for roles; the same for the same ARN. */
export function uniqueId(prefix: string, arn: string): string {
  return prefix + createHash("sha256").update(arn).digest("hex").toUpperCase().slice(0, 17);
}
