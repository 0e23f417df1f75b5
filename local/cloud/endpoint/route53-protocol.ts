import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import { escapeXml } from "./query-protocol.ts";
import type { WireRequest, WireResponse } from "./request.ts";
import { parseXml, writeXml, type XmlElement } from "./xml.ts";

const NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";
const PREFIX = "/2013-04-01/";

/** What the members of a list are called, as in the SDK's client; lists of other names have none in requests. */
const LISTS: Readonly<Record<string, string>> = {
  ...{ AddTags: "Tag", ChildHealthChecks: "ChildHealthCheck", Dimensions: "Dimension" },
  ...{ HealthCheckObservations: "HealthCheckObservation", HealthChecks: "HealthCheck" },
  ...{ RemoveTagKeys: "Key", ResetElements: "ResettableElementName", Tags: "Tag" },
};
const FLAGS = ["Disabled", "Inverted"];

/** A request by method and path; names in braces are members of the input. */
const ROUTES: readonly (readonly [method: string, path: string, operation: string])[] = [
  ["POST", "healthcheck", "CreateHealthCheck"],
  ["GET", "healthcheck", "ListHealthChecks"],
  ["GET", "healthcheckcount", "GetHealthCheckCount"],
  ["GET", "healthcheck/{HealthCheckId}", "GetHealthCheck"],
  ["POST", "healthcheck/{HealthCheckId}", "UpdateHealthCheck"],
  ["DELETE", "healthcheck/{HealthCheckId}", "DeleteHealthCheck"],
  ["GET", "healthcheck/{HealthCheckId}/status", "GetHealthCheckStatus"],
  ["POST", "tags/{ResourceType}/{ResourceId}", "ChangeTagsForResource"],
  ["GET", "tags/{ResourceType}/{ResourceId}", "ListTagsForResource"],
];

/** Query parameters that are members of the input. */
const QUERY: Readonly<Record<string, string>> = { marker: "Marker", maxitems: "MaxItems" };

/** Operation and input of a Route 53 request (REST XML). Throws ServiceError for other paths and what is no XML. */
export function decodeRoute53(request: WireRequest): { operation: string; input: Json } {
  for (const [method, pattern, operation] of ROUTES) {
    const path = method === request.method ? pathMembers(pattern, request.path) : undefined;
    if (!path) continue;
    const query = [...request.query].flatMap(([name, value]) => {
      const member = QUERY[name];
      return member === undefined ? [] : [[member, value]];
    });
    const body = request.body === "" ? {} : structure(parseXml(request.body));
    return { operation, input: { ...body, ...Object.fromEntries(query), ...path } };
  }
  throw new ServiceError(
    "UnknownOperationException",
    `The local cloud does not carry out route53 ${request.method} ${request.path}; of route53 it carries out: ` +
      ROUTES.map(([, , operation]) => operation).join(", "),
    404,
  );
}

function pathMembers(pattern: string, path: string): Json | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  const wanted = pattern.split("/");
  const parts = path.slice(PREFIX.length).split("/");
  if (parts.length !== wanted.length) return undefined;
  const members: Json = {};
  for (const [index, part] of parts.entries()) {
    const want = wanted[index] ?? "";
    if (want.startsWith("{")) members[want.slice(1, -1)] = decodeURIComponent(part);
    else if (want !== part) return undefined;
  }
  return members;
}

function structure({ children }: XmlElement): Json {
  return Object.fromEntries(children.map((child) => [child.name, contentOf(child)]));
}

function contentOf(element: XmlElement): unknown {
  const { name, text, children } = element;
  const member = LISTS[name];
  if (member !== undefined)
    return children.filter((child) => child.name === member).map((child) => contentOf(child));
  if (children.length > 0) return structure(element);
  return FLAGS.includes(name) && /^(?:true|false)$/.test(text) ? text === "true" : text;
}

/** The response of an operation that succeeded. */
export function encodeRoute53(operation: string, output: Json): WireResponse {
  const headers: Record<string, string> = { "content-type": "text/xml" };
  const { HealthCheck } = output as { HealthCheck?: { Id?: string } };
  if (operation === "CreateHealthCheck")
    headers.location = `https://route53.amazonaws.com${PREFIX}healthcheck/${HealthCheck?.Id}`;
  const members = Object.entries(output).map(([name, value]) =>
    writeXml(name, value, (list) => LISTS[list] ?? "member"),
  );
  return {
    status: operation === "CreateHealthCheck" ? 201 : 200,
    headers,
    body: `<${operation}Response xmlns="${NAMESPACE}">${members.join("")}</${operation}Response>`,
  };
}

/** The response of an operation that was refused. */
export function encodeRoute53Error(error: ServiceError, requestId: string): WireResponse {
  const { code, message, status } = error;
  const type = status < 500 ? "Sender" : "Receiver";
  return {
    status,
    headers: { "content-type": "text/xml" },
    body:
      `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${type}</Type><Code>${escapeXml(code)}</Code>` +
      `<Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}
