import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MAXIMUM_RESPONSE_BYTES, type Outcome, responseTooLarge } from "./outcome.ts";

/** One invocation as the runtime gets it. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly functionArn: string;
  /** X-Amzn-Trace-Id. */
  readonly traceId: string;
  /** Version that runs. */
  readonly version: string;
  /** JSON text that the caller gave for the context. */
  readonly clientContext?: string | undefined;
}

/** What a process has used since its start. */
export interface Usage {
  readonly maximumMemoryMegabytes: number;
  readonly userMilliseconds: number;
  readonly systemMilliseconds: number;
}

const NO_USAGE: Usage = { maximumMemoryMegabytes: 0, userMilliseconds: 0, systemMilliseconds: 0 };

const RESULTS: ReadonlySet<string | undefined> = new Set(["response", "error"]);

export interface RuntimeEvents {
  /** The runtime asks for an invocation: it is initialised and idle. */
  ready(): void;
  /** The function has answered, or failed, the invocation with this id. */
  completed(requestId: string, outcome: Outcome): void;
  /** The runtime could not be initialised. */
  initFailed(outcome: Outcome): void;
}

/**
 * The Lambda Runtime API of one execution environment, on its own port of 127.0.0.1 (AWS Lambda, "Using the Lambda
 * runtime API"): next, response, error and init/error.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #events: RuntimeEvents;
  #waiting: ServerResponse | undefined;
  #current: string | undefined;
  /** As the process last told it; AWS's own runtime clients tell nothing. */
  usage = NO_USAGE;

  constructor(events: RuntimeEvents) {
    this.#events = events;
    this.#server = createServer((request, response) => this.#handle(request, response));
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0;
  }

  /** Listens; the result is `host:port` for AWS_LAMBDA_RUNTIME_API. */
  async listen(): Promise<string> {
    await new Promise<void>((done, fail) => {
      this.#server.once("error", fail);
      this.#server.listen(0, "127.0.0.1", done);
    });
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Hands an invocation to the runtime, which must be waiting for one. */
  send(invocation: Invocation): void {
    const response = this.#waiting;
    if (!response) throw new Error("The runtime is not waiting for an invocation");
    this.#waiting = undefined;
    this.#current = invocation.requestId;
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(invocation.payload),
      "Lambda-Runtime-Aws-Request-Id": invocation.requestId,
      "Lambda-Runtime-Deadline-Ms": String(invocation.deadline),
      "Lambda-Runtime-Invoked-Function-Arn": invocation.functionArn,
      "Lambda-Runtime-Trace-Id": invocation.traceId,
      ...(invocation.clientContext === undefined
        ? {}
        : { "Lambda-Runtime-Client-Context": invocation.clientContext }),
    });
    response.end(invocation.payload);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").replace("/2018-06-01/runtime/", "");
    const [kind, requestId, result] = path.split("/");
    this.usage = usageIn(request.headers["lambda-local-usage"]) ?? this.usage;
    if (request.method === "GET" && path === "invocation/next") {
      this.#waiting = response;
      this.#current = undefined;
      this.#events.ready();
    } else if (request.method === "POST" && path === "init/error") {
      this.#read(request, response, ({ payload }) => this.#events.initFailed({ payload, isError: true }));
    } else if (request.method !== "POST" || kind !== "invocation" || !RESULTS.has(result)) {
      answer(response, 404, { errorType: "NotFound", errorMessage: `No such resource: ${path}` });
    } else if (requestId === undefined || requestId !== this.#current) {
      answer(response, 400, { errorType: "InvalidRequestID", errorMessage: "Invalid request ID" });
    } else {
      this.#current = undefined;
      this.#read(request, response, ({ payload, isError }) =>
        this.#events.completed(requestId, { payload, isError: isError || result === "error" }),
      );
    }
  }

  #read(request: IncomingMessage, response: ServerResponse, take: (outcome: Outcome) => void): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAXIMUM_RESPONSE_BYTES) chunks.push(chunk);
    });
    request.on("end", () => {
      if (size > MAXIMUM_RESPONSE_BYTES) {
        const errorMessage = `Exceeded maximum allowed payload size (${MAXIMUM_RESPONSE_BYTES} bytes).`;
        take(responseTooLarge());
        answer(response, 413, { errorType: "RequestEntityTooLarge", errorMessage });
      } else {
        take({ payload: Buffer.concat(chunks).toString("utf8"), isError: false });
        answer(response, 202, { status: "OK" });
      }
    });
  }
}

/** Largest resident memory in KiB, user and system time in microseconds. */
function usageIn(header: string | string[] | undefined): Usage | undefined {
  const [memory, user, system] = String(header ?? "")
    .split(",")
    .map(Number);
  if (memory === undefined || user === undefined || system === undefined) return undefined;
  return {
    maximumMemoryMegabytes: Math.ceil(memory / 1_024),
    userMilliseconds: user / 1_000,
    systemMilliseconds: system / 1_000,
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}
