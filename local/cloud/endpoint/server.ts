import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Cloud } from "../cloud.ts";
import type { Sessions } from "../sts/sessions.ts";
import { answerControl, CONTROL_PREFIX, type Control } from "./control-protocol.ts";
import { answer } from "./dispatch.ts";
import type { WireResponse } from "./request.ts";

export interface EndpointOptions {
  /** Port on 127.0.0.1; 0 for any free one. Default 0. */
  port?: number;
  /**
   * Sessions by access key id. Default: the map of the cloud's token service, so that credentials of AssumeRole are
   * known, or else an empty one.
   */
  sessions?: Sessions;
  /** Answers paths under `/_local/`. Default: they are answered as any other. */
  control?: Control;
}

export interface Endpoint {
  /** `http://127.0.0.1:<port>`, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly port: number;
  /** Sessions by access key id; unknown keys are the account's root, but for those of temporary credentials. May be added to at any time. */
  readonly sessions: Sessions;
  /** Stops listening, ends idle connections and, after a short wait, those that still wait for an answer. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
/** Long enough that a client's pooled connection is rarely closed under it. */
const KEEP_ALIVE_MILLISECONDS = 120_000;
/** Time that requests under way have for their answers when the endpoint closes. */
const CLOSE_GRACE_MILLISECONDS = 1_000;

/**
 * Serves the cloud over HTTP on 127.0.0.1 as AWS serves it, so that SDKs and the AWS CLI work with AWS_ENDPOINT_URL.
 * Signatures are read (who, where, which service), not verified. Throws if the port cannot be had.
 */
export async function startEndpoint(cloud: Cloud, options: EndpointOptions = {}): Promise<Endpoint> {
  const sessions = options.sessions ?? sessionsOf(cloud);
  const server = createServer((request, response) => {
    respond(cloud, sessions, options.control, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const url = `http://${HOST}:${port}`;
  nameQueuesBy(cloud, url);
  return { url, port, sessions, close: () => close(server) };
}

/**
 * Makes queue URLs name this endpoint unless they name another already: the SDK sends requests to a queue URL's host
 * when only AWS_ENDPOINT_URL is set, and none may leave this machine.
 */
function nameQueuesBy(cloud: Cloud, url: string): void {
  const service = cloud.services.get("sqs");
  if (service && "queueUrlBase" in service) service.queueUrlBase ??= url;
}

function sessionsOf(cloud: Cloud): Sessions {
  const service = cloud.services.get("sts");
  return service && "sessions" in service && service.sessions instanceof Map ? service.sessions : new Map();
}

async function respond(
  cloud: Cloud,
  sessions: Sessions,
  control: Control | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const isControl = control && request.url?.startsWith(CONTROL_PREFIX);
  const result: WireResponse = isLoopback(request.headers.host)
    ? isControl
      ? await answerControl(control, request)
      : await answer(cloud, sessions, request, requestId)
    : {
        status: 403,
        headers: { "content-type": "text/plain" },
        body: "This endpoint answers loopback hosts only",
      };
  if (response.destroyed) return;
  response.writeHead(result.status, {
    ...result.headers,
    "content-length": Buffer.byteLength(result.body),
    "x-amzn-requestid": requestId,
  });
  response.end(result.body);
}

/** Refuses names that a web page could point at this machine (DNS rebinding). */
function isLoopback(host: string | undefined): boolean {
  const name = (host ?? "").replace(/:\d+$/, "");
  return name === HOST || name === "localhost" || name.endsWith(".localhost") || name === "[::1]";
}

async function listen(server: Server, port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`port is ${port}; allowed is an integer from 0 (any free port) to 65535`);
  await new Promise<void>((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE")
        fail(
          new Error(`Port ${port} on ${HOST} is taken; choose another with --port N, or 0 for any free one`),
        );
      else if (error.code === "EACCES")
        fail(new Error(`Port ${port} on ${HOST} needs privileges; choose one above 1023 with --port N`));
      else fail(error);
    });
    server.listen(port, HOST, done);
  });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MILLISECONDS);
  await closed;
  clearTimeout(timer);
}
