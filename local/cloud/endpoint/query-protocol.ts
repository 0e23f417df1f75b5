import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { WireRequest, WireResponse } from "./request.ts";

/** XML namespace of the services that speak the AWS query protocol. */
export const QUERY_NAMESPACE: Readonly<Record<string, string>> = {
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
};

/** Operation and input of a query request: form fields, lists as `Name.member.1`. Values stay texts. */
export function decodeQuery(request: WireRequest): { operation: string; input: Json } {
  const fields = new URLSearchParams(request.body);
  const operation = fields.get("Action");
  if (request.method !== "POST" || !operation)
    throw new ServiceError("MissingAction", "Could not find Action in the request's form fields");
  const tree = Object.create(null) as Json;
  for (const [name, value] of fields)
    if (name !== "Action" && name !== "Version") insert(tree, name.split("."), value);
  return { operation, input: collapseLists(tree) as Json };
}

function insert(tree: Json, path: string[], value: string): void {
  const [head = "", ...rest] = path;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const child = tree[head];
  const next = (typeof child === "object" && child !== null ? child : Object.create(null)) as Json;
  tree[head] = next;
  insert(next, rest, value);
}

function collapseLists(node: unknown): unknown {
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "member" && typeof first[1] === "object" && first[1] !== null)
    return Object.entries(first[1])
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, member]) => collapseLists(member));
  return Object.fromEntries(entries.map(([name, child]) => [name, collapseLists(child)]));
}

/** The response of an operation that succeeded. */
export function encodeQuery(
  service: string,
  operation: string,
  output: Json,
  requestId: string,
): WireResponse {
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body:
      `<${operation}Response xmlns="${QUERY_NAMESPACE[service]}"><${operation}Result>${members(output)}` +
      `</${operation}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>` +
      `</${operation}Response>`,
  };
}

/** The response of an operation that was refused. */
export function encodeQueryError(service: string, error: ServiceError, requestId: string): WireResponse {
  return {
    status: error.status,
    headers: { "content-type": "text/xml" },
    body:
      `<ErrorResponse xmlns="${QUERY_NAMESPACE[service]}"><Error>` +
      `<Type>${error.status < 500 ? "Sender" : "Receiver"}</Type><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}

function members(output: Json): string {
  return Object.entries(output)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `<${name}>${element(value)}</${name}>`)
    .join("");
}

function element(value: unknown): string {
  if (Array.isArray(value)) return value.map((entry) => `<member>${element(entry)}</member>`).join("");
  return typeof value === "object" && value !== null ? members(value as Json) : escapeXml(String(value));
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
