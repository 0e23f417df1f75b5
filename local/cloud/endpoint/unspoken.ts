import { ServiceError } from "../service.ts";
import { escapeXml } from "./query-protocol.ts";
import type { WireRequest, WireResponse } from "./request.ts";

/** Answers requests in protocols that the local cloud does not read, in the shape that their clients can read. */

/** A protocol that is known by its requests and spoken for no service, or not for the one that was asked. */
export type Unspoken = "rpc-v2-cbor" | "query" | "ec2" | "rest-xml" | "rest";

/** What an operator should do instead, of services that people look for first. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  [
    "cloudformation",
    "There is no CloudFormation stack here: Pulumi deploys this system, and its outputs are those of " +
      "`pulumi stack output`; names and ARNs are in docs/operator-commands.md. ",
  ],
]);

/** How a request is written whose service does not speak that here; `targets` says whether it speaks AWS JSON. */
export function unspoken(request: WireRequest, service: string, targets: boolean): Unspoken | undefined {
  const { headers } = request;
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return "rpc-v2-cbor";
  if (/^application\/x-www-form-urlencoded/.test(headers["content-type"] ?? ""))
    return service === "ec2" ? "ec2" : "query";
  if (service === "s3") return "rest-xml";
  if (!targets && service !== "") return "rest";
  return undefined;
}

/** Why nothing reads the request; `services` are those that the cloud has. */
export function refuseUnspoken(
  protocol: Unspoken,
  request: WireRequest,
  service: string,
  services: Iterable<string>,
): ServiceError {
  const names = [...services];
  if (!names.includes(service))
    return new ServiceError(
      "UnknownServiceException",
      `${ELSEWHERE.get(service) ?? ""}The local cloud has no service "${service}"; it has: ${names.join(", ")}`,
    );
  const operation = operationOf(protocol, request);
  if (protocol === "rpc-v2-cbor" || protocol === "query")
    return new ServiceError(
      "UnknownOperationException",
      `The local cloud does not carry out ${service}:${operation} in the protocol ${protocol}: ` +
        `it speaks AWS JSON to clients of ${service}; use a client that does`,
    );
  return new ServiceError(
    "UnknownOperationException",
    `The local cloud does not carry out ${service}:${operation} over the wire`,
  );
}

function operationOf(protocol: Unspoken, { method, path, body }: WireRequest): string {
  if (protocol === "rpc-v2-cbor") return path.split("/operation/")[1] ?? path;
  if (protocol === "query" || protocol === "ec2") return new URLSearchParams(body).get("Action") ?? path;
  return `${method} ${path}`;
}

/**
 * The response in the protocol's error shape; undefined for `rest`, whose clients read that of AWS JSON.
 * (Smithy 2.0, "AWS query protocol", "AWS EC2 query protocol", "AWS restXml protocol", "Smithy RPC v2 CBOR".)
 */
export function encodeUnspoken(
  protocol: Unspoken,
  error: ServiceError,
  requestId: string,
): WireResponse | undefined {
  const { code, message, status } = error;
  const xml = (body: string): WireResponse => ({ status, headers: { "content-type": "text/xml" }, body });
  const content = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
  const id = `<RequestId>${requestId}</RequestId>`;
  if (protocol === "query")
    return xml(`<ErrorResponse><Error><Type>Sender</Type>${content}</Error>${id}</ErrorResponse>`);
  if (protocol === "ec2")
    return xml(
      `<Response><Errors><Error>${content}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
    );
  if (protocol === "rest-xml") return xml(`<Error>${content}${id}</Error>`);
  if (protocol === "rpc-v2-cbor")
    return {
      status,
      headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" },
      body: cborMap({ __type: code, message }),
    };
  return undefined;
}

/** A map of fewer than 24 texts in CBOR (RFC 8949, section 3): major types 5 and 3, lengths in two bytes. */
function cborMap(texts: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(texts).flat().map(cborText);
  return Buffer.concat([Buffer.of(0xa0 + parts.length / 2), ...parts]);
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 0xffff);
  return Buffer.concat([Buffer.of(0x79, bytes.length >> 8, bytes.length & 0xff), bytes]);
}
