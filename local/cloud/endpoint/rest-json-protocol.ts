import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { jsonMembers, type WireRequest, type WireResponse } from "./request.ts";

/** Operations by path of services that speak REST JSON with all members in the body of a POST, as in the SDK's clients. */
const PATHS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  xray: {
    "/GetSamplingRules": "GetSamplingRules",
    "/SamplingTargets": "GetSamplingTargets",
    "/TelemetryRecords": "PutTelemetryRecords",
    "/TraceSegments": "PutTraceSegments",
    "/TraceSummaries": "GetTraceSummaries",
    "/Traces": "BatchGetTraces",
  },
};

/** Whether a service's requests are read here. */
export function speaksRestJson(service: string): boolean {
  return Object.hasOwn(PATHS, service);
}

/** Operation and input of such a request. Throws ServiceError for other paths and bodies that are no object. */
export function decodeRestJson(request: WireRequest, service: string): { operation: string; input: Json } {
  const operation = request.method === "POST" ? PATHS[service]?.[request.path] : undefined;
  if (operation === undefined)
    throw new ServiceError(
      "UnknownOperationException",
      `The local cloud does not carry out ${service} ${request.method} ${request.path}; of ${service} it carries ` +
        `out: ${Object.values(PATHS[service] ?? {}).join(", ")}`,
      404,
    );
  return { operation, input: jsonMembers(request) };
}

/** The response of an operation that succeeded. */
export function encodeRestJson(output: Json): WireResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(output) };
}
