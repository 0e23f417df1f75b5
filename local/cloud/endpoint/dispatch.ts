import type { IncomingMessage } from "node:http";
import type { Cloud } from "../cloud.ts";
import { LOCAL_ACCOUNT } from "../cloud.ts";
import { UNREACHABLE } from "../ec2/paths.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type Session, type Sessions, TEMPORARY_PREFIX } from "../sts/sessions.ts";
import { credentialScope } from "./credentials.ts";
import { decodeJson, encodeJson, encodeJsonError, speaksJson } from "./json-protocol.ts";
import { decodeLambda, encodeLambda, encodeLambdaError } from "./lambda-protocol.ts";
import { decodeQuery, encodeQuery, encodeQueryError, QUERY_NAMESPACE } from "./query-protocol.ts";
import { readBody, type WireRequest, type WireResponse } from "./request.ts";
import { decodeRestJson, encodeRestJson, speaksRestJson } from "./rest-json-protocol.ts";
import { decodeRoute53, encodeRoute53, encodeRoute53Error } from "./route53-protocol.ts";
import { encodeUnspoken, refuseUnspoken, unspoken } from "./unspoken.ts";

/** Who a request with an unknown access key comes from. */
export const ROOT_PRINCIPAL = `arn:aws:iam::${LOCAL_ACCOUNT}:root`;

/** How a service's requests are read and its results written. */
interface Protocol {
  decode(request: WireRequest): { operation: string; input: Json };
  encode(request: WireRequest, operation: string, output: Json): WireResponse;
  encodeError(request: WireRequest, error: ServiceError): WireResponse;
}

/** Answers one request: reads it in its service's protocol, calls the cloud, writes result or error. */
export async function answer(
  cloud: Cloud,
  sessions: Sessions,
  incoming: IncomingMessage,
  requestId: string,
): Promise<WireResponse> {
  const [path = "/", search = ""] = (incoming.url ?? "/").split("?", 2);
  const { method = "", headers } = incoming;
  let request: WireRequest = { method, path, query: new URLSearchParams(search), headers, body: "" };
  let service = "";
  try {
    const scope = credentialScope(headers);
    service = scope.service;
    request = { ...request, body: await readBody(incoming, service) };
    const protocol = protocolOf(cloud, service, request, requestId);
    const { operation, input } = protocol.decode(request);
    const caller = callerOf(sessions, scope.accessKeyId, service, cloud.surroundings.clock.now());
    const output = await cloud.call({ service, operation, region: scope.region, ...caller }, input);
    return protocol.encode(request, operation, output);
  } catch (error) {
    return protocolOf(cloud, service, request, requestId).encodeError(request, asServiceError(error));
  }
}

/**
 * Who calls with an access key. Throws what the service answers to temporary credentials that have expired, or that are
 * of no session: of a role that was deleted, or of another local cloud.
 */
function callerOf(
  sessions: Sessions,
  accessKeyId: string,
  service: string,
  now: number,
): Omit<Session, "expiresAt"> {
  const session = sessions.get(accessKeyId);
  const isQuery = Object.hasOwn(QUERY_NAMESPACE, service);
  if (!session) {
    if (!accessKeyId.startsWith(TEMPORARY_PREFIX)) return { principal: ROOT_PRINCIPAL };
    const code = isQuery ? "InvalidClientTokenId" : "UnrecognizedClientException";
    throw new ServiceError(code, "The security token included in the request is invalid.", 403);
  }
  const { expiresAt = Number.POSITIVE_INFINITY, ...caller } = session;
  if (now < expiresAt) return caller;
  const code = isQuery ? "ExpiredToken" : "ExpiredTokenException";
  throw new ServiceError(code, "The security token included in the request is expired", 403);
}

function protocolOf(cloud: Cloud, service: string, request: WireRequest, requestId: string): Protocol {
  if (service === "lambda")
    return {
      decode: decodeLambda,
      encode: (_request, operation, output) => encodeLambda(operation, output),
      encodeError: (_request, error) => encodeLambdaError(error),
    };
  if (service === "route53")
    return {
      decode: decodeRoute53,
      encode: (_request, operation, output) => encodeRoute53(operation, output),
      encodeError: (_request, error) => encodeRoute53Error(error, requestId),
    };
  if (Object.hasOwn(QUERY_NAMESPACE, service))
    return {
      decode: (request) => decodeQuery(request, service),
      encode: (_request, operation, output) => encodeQuery(service, operation, output, requestId),
      encodeError: (_request, error) => encodeQueryError(service, error, requestId),
    };
  const encodeError = (request: WireRequest, error: ServiceError) => encodeJsonError(request, service, error);
  if (speaksRestJson(service))
    return {
      decode: (request) => decodeRestJson(request, service),
      encode: (_request, _operation, output) => encodeRestJson(output),
      encodeError,
    };
  const protocol = unspoken(request, service, speaksJson(service));
  if (protocol)
    return {
      decode: (request) => {
        throw refuseUnspoken(protocol, request, service, cloud.services.keys());
      },
      encode: (request, _operation, output) => encodeJson(request, output),
      encodeError: (request, error) =>
        encodeUnspoken(protocol, error, requestId) ?? encodeError(request, error),
    };
  return {
    decode: (request) => decodeJson(request, service),
    encode: (request, _operation, output) => encodeJson(request, output),
    encodeError,
  };
}

/** An unexpected failure as clients of AWS see one. */
function asServiceError(error: unknown): ServiceError {
  // Nothing answers: the connection is closed.
  if (error instanceof ServiceError && error.code === UNREACHABLE) throw error;
  if (error instanceof ServiceError) return error;
  return new ServiceError("InternalFailure", error instanceof Error ? error.message : String(error), 500);
}
