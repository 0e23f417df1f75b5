import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { jsonMembers, type WireRequest, type WireResponse } from "./request.ts";

/** One operation: where its members are in a request besides the body. */
interface Route {
  readonly operation: string;
  readonly method: string;
  /** Segments of the path; `{Name}` stands for the value of a member. */
  readonly segments: readonly string[];
  /** Members that come in the query, by their names there. */
  readonly query: readonly (readonly [name: string, member: string])[];
}

/** Operation, method, path, members in the query, of services that speak REST JSON as the SDK's clients do. */
const TABLES: Readonly<Record<string, string>> = {
  // EventBridge Scheduler API Reference, "Request Syntax" of each action.
  scheduler: `
CreateSchedule POST /schedules/{Name}
GetSchedule GET /schedules/{Name} groupName=GroupName
UpdateSchedule PUT /schedules/{Name}
DeleteSchedule DELETE /schedules/{Name} groupName=GroupName clientToken=ClientToken
ListSchedules GET /schedules ScheduleGroup=GroupName MaxResults NamePrefix NextToken State
`,
  xray: `
GetSamplingRules POST /GetSamplingRules
GetSamplingTargets POST /SamplingTargets
PutTelemetryRecords POST /TelemetryRecords
PutTraceSegments POST /TraceSegments
GetTraceSummaries POST /TraceSummaries
BatchGetTraces POST /Traces
`,
};

const ROUTES: ReadonlyMap<string, readonly Route[]> = new Map(
  Object.entries(TABLES).map(([service, table]) => [service, table.trim().split("\n").map(routeOf)]),
);

function routeOf(row: string): Route {
  const [operation = "", method = "", path = "", ...query] = row.split(" ");
  return {
    ...{ operation, method, segments: path.split("/") },
    query: query.map((each) => {
      const [name = "", member = name] = each.split("=");
      return [name, member];
    }),
  };
}

/** Whether a service's requests are read here. */
export function speaksRestJson(service: string): boolean {
  return ROUTES.has(service);
}

/** Operation and input of such a request. Throws ServiceError for other paths and bodies that are no object. */
export function decodeRestJson(request: WireRequest, service: string): { operation: string; input: Json } {
  const routes = ROUTES.get(service) ?? [];
  const segments = request.path.split("/");
  const route = routes.find((each) => isFor(each, request.method, segments));
  if (!route)
    throw new ServiceError(
      "UnknownOperationException",
      `The local cloud does not carry out ${service} ${request.method} ${request.path}; of ${service} it carries ` +
        `out: ${routes.map(({ operation }) => operation).join(", ")}`,
      404,
    );
  const input = jsonMembers(request);
  for (const [index, segment] of route.segments.entries())
    if (segment.startsWith("{")) input[segment.slice(1, -1)] = decoded(segments[index] ?? "");
  for (const [name, member] of route.query) {
    const value = request.query.get(name);
    if (value !== null) input[member] = value;
  }
  return { operation: route.operation, input };
}

function isFor({ method, segments }: Route, given: string, path: readonly string[]): boolean {
  if (method !== given || segments.length !== path.length) return false;
  return segments.every((each, index) => each.startsWith("{") || each === path[index]);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ServiceError("ValidationException", `"${segment}" in the request's path is not URL-encoded`);
  }
}

/** The response of an operation that succeeded. */
export function encodeRestJson(output: Json): WireResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(output) };
}
