import type { IncomingHttpHeaders } from "node:http";
import { ServiceError } from "../service.ts";

/** What a request's signature says about its sender. The signature itself is not verified. */
export interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
  /** Signing name of the service, such as `dynamodb`. */
  readonly service: string;
}

/** Region of a SigV4A request that is signed for every region (region set `*`), as for a global endpoint. */
const REGION_OF_ANY = "us-east-1";

/**
 * Reads access key, region and service from the `Authorization` header.
 * SigV4: `Credential=key/date/region/service/aws4_request`; SigV4A has no region there, but a header
 * `X-Amz-Region-Set`. (IAM User Guide, "Elements of an AWS API request signature".)
 */
export function credentialScope(headers: IncomingHttpHeaders): CredentialScope {
  const authorization = headers.authorization;
  if (!authorization)
    throw new ServiceError(
      "MissingAuthenticationTokenException",
      "Request is missing Authentication Token",
      403,
    );
  const credential = /Credential=([^,\s]+)/.exec(authorization)?.[1];
  const parts = credential?.split("/") ?? [];
  const terminator = parts.pop();
  const [accessKeyId, , ...scope] = parts;
  if (accessKeyId && terminator === "aws4_request") {
    const [region, service] = scope;
    if (scope.length === 2 && region && service) return { accessKeyId, region, service };
    if (scope.length === 1 && region)
      return { accessKeyId, region: regionOfSet(headers["x-amz-region-set"]), service: region };
  }
  throw new ServiceError(
    "IncompleteSignatureException",
    "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request, " +
      `got ${credential ? `'${credential}'` : "no Credential in the Authorization header"}`,
    403,
  );
}

function regionOfSet(header: string | string[] | undefined): string {
  const first =
    String(header ?? "*")
      .split(",")[0]
      ?.trim() ?? "*";
  return first.includes("*") ? REGION_OF_ANY : first;
}
