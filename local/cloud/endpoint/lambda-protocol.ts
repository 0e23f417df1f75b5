import { isJson } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { LAMBDA_ROUTES, type LambdaRoute } from "./lambda-routes.ts";
import type { WireRequest, WireResponse } from "./request.ts";

const INVOKE_HEADERS: Readonly<Record<string, string>> = {
  "x-amz-invocation-type": "InvocationType",
  "x-amz-log-type": "LogType",
  "x-amz-client-context": "ClientContext",
};

/**
 * Operation and input of a Lambda request (REST-JSON): members come from the path, the query and the body. The
 * payload of an invocation is handed on as the text that was sent, whatever it holds.
 */
export function decodeLambda(request: WireRequest): { operation: string; input: Json } {
  const segments = request.path.replace(/\/$/, "").split("/");
  const route = LAMBDA_ROUTES.find((each) => isFor(each, request, segments));
  if (!route)
    throw new ServiceError(
      "UnknownOperationException",
      `The local cloud does not carry out lambda ${request.method} ${request.path}`,
      404,
    );
  const input: Json = route.operation === "Invoke" ? invocation(request) : body(request);
  for (const [index, segment] of route.segments.entries())
    if (segment.startsWith("{")) input[segment.slice(1, -1)] = decoded(segments[index] ?? "");
  for (const name of route.query) {
    const value = request.query.get(name);
    if (value !== null) input[name] = name === "MaxItems" ? Number(value) : value;
  }
  if (route.query.includes("tagKeys")) {
    delete input.tagKeys;
    input.TagKeys = request.query.getAll("tagKeys");
  }
  return { operation: route.operation, input };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ServiceError("ValidationException", `"${segment}" in the request's path is not URL-encoded`);
  }
}

function isFor(route: LambdaRoute, request: WireRequest, segments: readonly string[]): boolean {
  if (route.method !== request.method || route.segments.length !== segments.length) return false;
  if (route.literal !== undefined) {
    const [name = "", value] = route.literal.split("=");
    if (request.query.get(name) !== value) return false;
  }
  return route.segments.every((each, index) => each.startsWith("{") || each === segments[index]);
}

function invocation({ headers, body }: WireRequest): Json {
  const input: Json = body === "" ? {} : { Payload: body };
  for (const [header, member] of Object.entries(INVOKE_HEADERS))
    if (headers[header]) input[member] = headers[header];
  return input;
}

function body(request: WireRequest): Json {
  if (request.body === "") return {};
  try {
    const input: unknown = JSON.parse(request.body);
    if (isJson(input)) return input;
  } catch {
    // Refused below, like anything else that is no object.
  }
  throw new ServiceError("SerializationException", "Could not parse request body into json");
}

/** The response of an operation: its members as JSON; of Invoke in headers, and the function's result as the body. */
export function encodeLambda(operation: string, output: Json): WireResponse {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (operation !== "Invoke") {
    const status = LAMBDA_ROUTES.find((route) => route.operation === operation)?.status ?? 200;
    return { status, headers, body: status === 204 ? "" : JSON.stringify(output) };
  }
  if (output.FunctionError) headers["x-amz-function-error"] = String(output.FunctionError);
  if (output.LogResult) headers["x-amz-log-result"] = String(output.LogResult);
  if (output.ExecutedVersion) headers["x-amz-executed-version"] = String(output.ExecutedVersion);
  return {
    status: typeof output.StatusCode === "number" ? output.StatusCode : 200,
    headers,
    body: payloadText(output.Payload),
  };
}

function payloadText(payload: unknown): string {
  if (payload === undefined) return "";
  if (payload instanceof Uint8Array) return Buffer.from(payload).toString("utf8");
  return typeof payload === "string" ? payload : JSON.stringify(payload);
}

/** The response of an operation that was refused: code in `x-amzn-ErrorType`, `Type` and `Message` in the body. */
export function encodeLambdaError(error: ServiceError): WireResponse {
  return {
    status: error.status,
    headers: { "content-type": "application/json", "x-amzn-errortype": error.code },
    body: JSON.stringify({
      Type: error.status < 500 ? "User" : "Service",
      Message: error.message,
      ...error.fields,
    }),
  };
}
