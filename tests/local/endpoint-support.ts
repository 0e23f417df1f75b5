import { Cloud, type CloudOptions } from "../../local/cloud/cloud.ts";
import { type Endpoint, startEndpoint } from "../../local/cloud/endpoint/server.ts";
import type { Clock, Service, Surroundings } from "../../local/cloud/service.ts";

/** Settings of a real SDK client that talks to an endpoint. */
export function clientSettings(endpoint: Endpoint, region = "us-east-1", accessKeyId = "AKIDEXAMPLE") {
  return {
    endpoint: endpoint.url,
    region,
    credentials: { accessKeyId, secretAccessKey: "secret" },
    maxAttempts: 1,
  };
}

/** A cloud of the given services behind an endpoint. */
export async function serve(
  makers: ((surroundings: Surroundings) => Service)[],
  options: CloudOptions = {},
): Promise<{ cloud: Cloud; endpoint: Endpoint; close: () => Promise<void> }> {
  const cloud = new Cloud(options);
  for (const make of makers) cloud.add(make);
  const endpoint = await startEndpoint(cloud);
  const close = async (): Promise<void> => {
    await cloud.close();
    await endpoint.close();
  };
  return { cloud, endpoint, close };
}

/** A clock that stands still until it is moved on. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 5, 14, 30);
  #tasks: { due: number; task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, task: () => void): () => void {
    const entry = { due: this.#now + milliseconds, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((each) => each !== entry);
    };
  }

  /** Lets time pass, running what falls due on the way, in order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#tasks.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#tasks = this.#tasks.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.due);
      next.task();
    }
    this.#now = end;
  }
}

/** The error that a promise is refused with; fails if it is not refused. */
export async function refusal(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error as Error & Record<string, unknown>;
    throw error;
  }
  throw new Error("It was not refused");
}
