import type { IncomingMessage } from "node:http";
import { ServiceError } from "../service.ts";
import { readBody, type WireResponse } from "./request.ts";

/** Where requests to the control interface begin; no AWS service has such a path. */
export const CONTROL_PREFIX = "/_local/";

/** Answers what is asked of this machine rather than of AWS: method, path and body to a status and a JSON body. */
export type Control = (
  method: string,
  path: string,
  body: string,
) => Promise<{ status: number; body: unknown }>;

/**
 * Answers a request to the control interface. A web page of another origin is refused, also where a browser would
 * send its request without asking first.
 */
export async function answerControl(control: Control, request: IncomingMessage): Promise<WireResponse> {
  const { origin, host } = request.headers;
  const { method = "GET" } = request;
  if (origin !== undefined && origin !== `http://${host}`)
    return json(403, { message: `Origin ${origin} may not steer the local cloud` });
  if (method === "POST" && !String(request.headers["content-type"]).startsWith("application/json"))
    return json(415, { message: "Content-Type must be application/json" });
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  try {
    const { status, body } = await control(method, path, await readBody(request, "control"));
    return json(status, body);
  } catch (error) {
    if (error instanceof ServiceError) return json(error.status, { message: error.message });
    throw error;
  }
}

function json(status: number, body: unknown): WireResponse {
  return { status, headers: { "content-type": "application/json" }, body: `${JSON.stringify(body)}\n` };
}
