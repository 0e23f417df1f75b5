import type { IncomingMessage } from "node:http";
import type { Cloud } from "../cloud.ts";
import { LOCAL_ACCOUNT } from "../cloud.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { credentialScope } from "./credentials.ts";
import { decodeJson, encodeJson, encodeJsonError } from "./json-protocol.ts";
import { decodeLambda, encodeLambda, encodeLambdaError } from "./lambda-protocol.ts";
import { decodeQuery, encodeQuery, encodeQueryError, QUERY_NAMESPACE } from "./query-protocol.ts";
import { readBody, type WireRequest, type WireResponse } from "./request.ts";

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
  principals: ReadonlyMap<string, string>,
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
    const protocol = protocolOf(service, requestId);
    const { operation, input } = protocol.decode(request);
    const principal = principals.get(scope.accessKeyId) ?? ROOT_PRINCIPAL;
    const output = await cloud.call({ service, operation, region: scope.region, principal }, input);
    return protocol.encode(request, operation, output);
  } catch (error) {
    return protocolOf(service, requestId).encodeError(request, asServiceError(error));
  }
}

function protocolOf(service: string, requestId: string): Protocol {
  if (service === "lambda")
    return {
      decode: decodeLambda,
      encode: (_request, _operation, output) => encodeLambda(output),
      encodeError: (_request, error) => encodeLambdaError(error),
    };
  if (Object.hasOwn(QUERY_NAMESPACE, service))
    return {
      decode: decodeQuery,
      encode: (_request, operation, output) => encodeQuery(service, operation, output, requestId),
      encodeError: (_request, error) => encodeQueryError(service, error, requestId),
    };
  return {
    decode: (request) => decodeJson(request, service),
    encode: (request, _operation, output) => encodeJson(request, output),
    encodeError: (request, error) => encodeJsonError(request, service, error),
  };
}

/** An unexpected failure as clients of AWS see one. */
function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError("InternalFailure", error instanceof Error ? error.message : String(error), 500);
}
