import { setImmediate } from "node:timers/promises";
import { EventBridgeClient, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { Clock } from "../../ops/producer/index.ts";

/** What EventBridge says of one entry. */
export type Result = { EventId: string } | { ErrorCode: string; ErrorMessage?: string };
/** An answer, an error of the whole request, or an error of the connection. */
export type Reply = readonly Result[] | { status: number; type: string } | Error;

/** A PutEvents request as it would stand on the wire. */
export interface Request {
  readonly entries: readonly PutEventsRequestEntry[];
  readonly endpointId: string | undefined;
  readonly url: string;
  readonly authorization: string;
  readonly signal: AbortSignal | undefined;
}

interface Wire {
  hostname: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** A real SDK client whose requests a test answers. It makes one attempt a request. */
export function scriptedClient(answer: (request: Request) => Reply | Promise<Reply>): EventBridgeClient {
  return new EventBridgeClient({
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    requestHandler: {
      handle: async (
        { hostname, headers, body }: Wire,
        { abortSignal }: { abortSignal?: AbortSignal } = {},
      ) => {
        const { Entries, EndpointId } = JSON.parse(
          typeof body === "string" ? body : new TextDecoder().decode(body),
        );
        const reply = await answer({
          entries: Entries,
          endpointId: EndpointId,
          url: hostname,
          authorization: headers.authorization ?? "",
          signal: abortSignal,
        });
        if (reply instanceof Error) throw reply;
        if ("status" in reply) return response(reply.status, { __type: reply.type, message: reply.type });
        return response(200, { FailedEntryCount: 0, Entries: reply });
      },
    },
  });
}

function response(statusCode: number, body: unknown) {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return { response: { statusCode, headers, body: Buffer.from(JSON.stringify(body)) } };
}

let count = 0;
/** Accepts every entry. */
export function acceptAll({ entries }: Request): Result[] {
  return entries.map(() => {
    count += 1;
    return { EventId: `event-${count}` };
  });
}

/** An error as Node's sockets throw it: from making the connection (`connect`, `getaddrinfo`) or from an established one. */
export function socketError(code: string, syscall = "read"): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

/** A clock that stands still: time passes only by `advance`. */
export class StillClock implements Clock {
  #now = 0;
  #timers: { due: number; task: () => void }[] = [];
  /** Milliseconds of every timer that was asked for. */
  readonly asked: number[] = [];

  get pending(): number {
    return this.#timers.length;
  }

  after(milliseconds: number, task: () => void): () => void {
    const timer = { due: this.#now + milliseconds, task };
    this.asked.push(milliseconds);
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Lets time pass, running what falls due in order, and what follows from it. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      const [next] = this.#timers.filter(({ due }) => due <= until).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#now = next.due;
      this.#timers = this.#timers.filter((each) => each !== next);
      next.task();
      await settled();
    }
    this.#now = until;
  }
}

/** Waits until everything that needs no timer and no answer has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await setImmediate();
}

/** A valid trade; the number makes its id. */
export function trade(number: number, change: Record<string, unknown> = {}) {
  return { tradeId: `T-${number}`, amount: "1500.50", currency: "USD", sourceSystem: "system1", ...change };
}

/** Ids of the trades of a request. */
export function idsOf({ entries }: Pick<Request, "entries">): string[] {
  return entries.map(({ Detail = "{}" }) => JSON.parse(Detail).tradeId);
}

/** A request that waits for its answer. */
export interface Waiting {
  readonly request: Request;
  readonly answer: (reply: Reply) => void;
}

/** A client whose requests wait in `waiting` until the test answers them; `requests` has all that there were. */
export function heldClient(): { client: EventBridgeClient; requests: Request[]; waiting: Waiting[] } {
  const requests: Request[] = [];
  const waiting: Waiting[] = [];
  const client = scriptedClient((request) => {
    requests.push(request);
    return new Promise((done) => {
      const held: Waiting = {
        request,
        answer: (reply) => {
          waiting.splice(waiting.indexOf(held), 1);
          done(reply);
        },
      };
      waiting.push(held);
    });
  });
  return { client, requests, waiting };
}

/** What a promise rejects with; fails if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("It was not rejected");
    },
    (error: unknown) => error,
  );
}
