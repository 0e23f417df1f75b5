import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { WireRequest, WireResponse } from "./request.ts";

const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * Operation and input of a Lambda request (REST-JSON). Only Invoke exists here: the payload is handed on as the
 * text that was sent, whatever it holds.
 */
export function decodeLambda(request: WireRequest): { operation: string; input: Json } {
  const name = INVOCATIONS.exec(request.path)?.[1];
  if (!name || request.method !== "POST")
    throw new ServiceError(
      "UnknownOperationException",
      `The local cloud does not carry out lambda ${request.method} ${request.path}; ` +
        "over the wire it carries out: POST /2015-03-31/functions/{name}/invocations",
      404,
    );
  const input: Json = { FunctionName: decodeURIComponent(name) };
  const invocationType = request.headers["x-amz-invocation-type"];
  const logType = request.headers["x-amz-log-type"];
  const clientContext = request.headers["x-amz-client-context"];
  const qualifier = request.query.get("Qualifier");
  if (invocationType) input.InvocationType = invocationType;
  if (logType) input.LogType = logType;
  if (clientContext) input.ClientContext = clientContext;
  if (qualifier) input.Qualifier = qualifier;
  if (request.body !== "") input.Payload = request.body;
  return { operation: "Invoke", input };
}

/** The response of an invocation: members in headers, the function's result as the body. */
export function encodeLambda(output: Json): WireResponse {
  const headers: Record<string, string> = { "content-type": "application/json" };
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

/** The response of an invocation that was refused: code in `x-amzn-ErrorType`, `Type` and `Message` in the body. */
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
