import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { isJson } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** A request whose body was read. */
export interface WireRequest {
  readonly method: string;
  /** Path without query, decoded where a part of it is used. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

const MEBIBYTE = 1024 * 1024;

/**
 * Largest request bodies in bytes. DynamoDB: "Quotas in Amazon DynamoDB", 16 MB a request. Lambda: "Lambda
 * quotas", 6 MB a synchronous payload. The others take 1 MB of content at most (SQS messages, PutEvents entries,
 * PutLogEvents, PutMetricData), which JSON can write up to six times as long.
 */
const MAXIMUM_BODY_BYTES: ReadonlyMap<string, number> = new Map([
  ["dynamodb", 16 * MEBIBYTE],
  ["lambda", 6 * MEBIBYTE],
]);
const MAXIMUM_OTHER_BODY_BYTES = 6.5 * MEBIBYTE;

/**
 * Reads a request's body; one that is compressed is read as what it holds. A body that is too large, as sent or
 * unpacked, is refused without being kept.
 */
export async function readBody(request: IncomingMessage, service: string): Promise<string> {
  const limit = MAXIMUM_BODY_BYTES.get(service) ?? MAXIMUM_OTHER_BODY_BYTES;
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((done, fail) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on("end", done);
    request.on("error", fail);
    request.on("close", () => {
      if (!request.complete) fail(new Error("The client closed the connection before the request was whole"));
    });
  });
  if (bytes > limit) throw tooLarge(service, limit, `it has ${bytes}`);
  const [only] = chunks;
  const body = chunks.length === 1 && only ? only : Buffer.concat(chunks);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return body.toString("utf8");
  if (encoding !== "gzip")
    throw new ServiceError(
      "SerializationException",
      `Content-Encoding is "${encoding}"; the local cloud reads gzip and identity`,
      415,
    );
  return (await unpack(body, service, limit)).toString("utf8");
}

/** The members that a body of JSON has; none if it is empty. Throws SerializationException for everything else. */
export function jsonMembers({ body }: WireRequest): Json {
  if (body === "") return {};
  let members: unknown;
  try {
    members = JSON.parse(body);
  } catch {
    throw new ServiceError("SerializationException", "The request's body is not JSON");
  }
  if (!isJson(members)) throw new ServiceError("SerializationException", "Start of structure expected");
  return members;
}

const unzip = promisify(gunzip);

/** Clients compress PutMetricData above 10 KB (AWS SDKs and Tools Reference Guide, "Request compression"). */
async function unpack(body: Buffer, service: string, limit: number): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(service, limit, "unpacked it has more");
    throw new ServiceError("SerializationException", "The request's body is not gzip");
  }
}

function tooLarge(service: string, limit: number, found: string): ServiceError {
  return new ServiceError(
    service === "lambda" ? "RequestTooLargeException" : "RequestEntityTooLargeException",
    `Request must be smaller than ${limit} bytes for ${service}; ${found}`,
    413,
  );
}
