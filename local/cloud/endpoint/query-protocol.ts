import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { WireRequest, WireResponse } from "./request.ts";

/** XML namespace of the services that speak the AWS query protocol. */
export const QUERY_NAMESPACE: Readonly<Record<string, string>> = {
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
  sns: "http://sns.amazonaws.com/doc/2010-03-31/",
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
};

/** Members that are maps, which only their service's model tells from structures. */
const MAP_MEMBERS: Readonly<Record<string, readonly string[]>> = { sns: ["Attributes"] };

/** Parts of a field's name, such as `Attributes.entry.1.value.StringValue`: what services nest has fewer. */
const MAXIMUM_DEPTH = 16;

/**
 * Operation and input of a query request: form fields, lists as `Name.member.1`, maps as `Name.entry.1.key`. Values
 * stay texts.
 */
export function decodeQuery(request: WireRequest, service: string): { operation: string; input: Json } {
  const fields = new URLSearchParams(request.body);
  const operation = fields.get("Action");
  if (request.method !== "POST" || !operation)
    throw new ServiceError(
      "MissingAction",
      `Could not find Action in the request's form fields; ${service} speaks the query protocol`,
    );
  const tree = Object.create(null) as Json;
  for (const [name, value] of fields) if (name !== "Action" && name !== "Version") insert(tree, name, value);
  return { operation, input: collapseLists(tree) as Json };
}

function insert(tree: Json, name: string, value: string): void {
  const path = name.split(".", MAXIMUM_DEPTH + 1);
  if (path.length > MAXIMUM_DEPTH)
    throw new ServiceError(
      "MalformedQueryString",
      `Field "${name.slice(0, 100)}" has more than ${MAXIMUM_DEPTH} parts`,
    );
  const last = path.pop() ?? "";
  let node = tree;
  for (const part of path) {
    const child = node[part];
    const next = (typeof child === "object" && child !== null ? child : Object.create(null)) as Json;
    node[part] = next;
    node = next;
  }
  node[last] = value;
}

function collapseLists(node: unknown): unknown {
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "entry") return collapseMap(first[1] as Json);
  if (entries.length === 1 && first?.[0] === "member" && typeof first[1] === "object" && first[1] !== null)
    return Object.entries(first[1])
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, member]) => collapseLists(member));
  return Object.fromEntries(entries.map(([name, child]) => [name, collapseLists(child)]));
}

function collapseMap(entries: Json): Json {
  return Object.fromEntries(
    // Message attributes of SNS have names, all other maps keys.
    (Object.values(entries) as Json[]).map(({ key, value, Name = key, Value = value }) => [
      String(Name),
      collapseLists(Value),
    ]),
  );
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
      `<${operation}Response xmlns="${QUERY_NAMESPACE[service]}"><${operation}Result>${members(output, MAP_MEMBERS[service])}` +
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

function members(output: Json, maps: readonly string[] = []): string {
  return Object.entries(output)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `<${name}>${maps.includes(name) ? entries(value) : element(value)}</${name}>`)
    .join("");
}

function entries(map: unknown): string {
  return Object.entries(map as Json)
    .map(([key, value]) => `<entry><key>${escapeXml(key)}</key><value>${element(value)}</value></entry>`)
    .join("");
}

function element(value: unknown): string {
  if (Array.isArray(value)) return value.map((entry) => `<member>${element(entry)}</member>`).join("");
  return typeof value === "object" && value !== null ? members(value as Json) : escapeXml(String(value));
}

/** Text as XML's content. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
