import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
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
  readonly body: string;
}

const MEBIBYTE = 1024 * 1024;

/**
 * Largest request bodies in bytes. DynamoDB: "Quotas in Amazon DynamoDB", 16 MB a request. Lambda: "Lambda
 * quotas", 6 MB a synchronous payload. The others take 1 MB of content at most (SQS messages, PutEvents entries,
 * PutLogEvents, PutMetricData), which JSON can write up to six times as long.
 */
const MAXIMUM_BODY_BYTES: Readonly<Record<string, number>> = {
  dynamodb: 16 * MEBIBYTE,
  lambda: 6 * MEBIBYTE,
};
const MAXIMUM_OTHER_BODY_BYTES = 6.5 * MEBIBYTE;

/** Reads a request's body. A body that is too large is refused without being kept. */
export async function readBody(request: IncomingMessage, service: string): Promise<string> {
  const limit = MAXIMUM_BODY_BYTES[service] ?? MAXIMUM_OTHER_BODY_BYTES;
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
  if (bytes > limit)
    throw new ServiceError(
      service === "lambda" ? "RequestTooLargeException" : "RequestEntityTooLargeException",
      `Request must be smaller than ${limit} bytes for ${service}; it has ${bytes}`,
      413,
    );
  const [only] = chunks;
  return chunks.length === 1 && only ? only.toString("utf8") : Buffer.concat(chunks).toString("utf8");
}
