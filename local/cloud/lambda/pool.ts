import { Backlog } from "../backlog.ts";
import type { Clock } from "../service.ts";
import { type EnvironmentEvents, initFailure, type Ran, type RunningFunction } from "./environment.ts";
import type { Outcome } from "./outcome.ts";
import type { Invocation } from "./runtime-api.ts";

export interface PoolOptions {
  /** Most processes at a time; further invocations wait for one of them. */
  readonly maximumProcesses: number;
  /** After this long without work a process ends, unless it was started ahead. */
  readonly idleMilliseconds: number;
  readonly clock: Clock;
  readonly makeEnvironment: (events: EnvironmentEvents, isProvisioned: boolean) => RunningFunction;
}

/** Where an invocation is to crash, for fault injection. */
export interface Crashes {
  readonly before: boolean;
  /** Asked when the handler has completed. */
  readonly after: () => boolean;
}

interface Request {
  readonly invocation: Omit<Invocation, "deadline">;
  readonly crashes: Crashes;
  readonly wantsTail: boolean;
  readonly resolve: (ran: Ran) => void;
}

type Environment = { readonly process: RunningFunction; isReady: boolean; cancelIdle: () => void };

/** The execution environments of one version of a function: started when needed, used again, ended when idle. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #idle: Environment[] = [];
  readonly #all = new Set<Environment>();
  readonly #queue = new Backlog<Request>();
  #starting = 0;
  #provisioned = 0;
  #provisioningFailure: string | undefined;
  #isRetired = false;
  #onEmpty: () => void = () => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Carries out an invocation in a free environment, starting one if there is none. */
  run(invocation: Omit<Invocation, "deadline">, crashes: Crashes, wantsTail: boolean): Promise<Ran> {
    return new Promise((resolve) => {
      this.#queue.push({ invocation, crashes, wantsTail, resolve });
      this.#dispatch();
    });
  }

  /** Keeps this many environments ready ahead of invocations, as far as the machine has processes for them. */
  provision(count: number): void {
    this.#provisioned = Math.min(count, this.#options.maximumProcesses);
    this.#provisioningFailure = undefined;
    this.#startAhead();
    for (const environment of [...this.#idle]) this.#watchIdle(environment);
  }

  /** Whether what was to be started ahead is ready; the reason if it could not be started. */
  get provisioning(): { readonly isReady: boolean; readonly failure: string | undefined } {
    const ready = [...this.#all].filter(({ isReady }) => isReady).length;
    return { isReady: ready >= this.#provisioned, failure: this.#provisioningFailure };
  }

  /** Lets what runs or waits finish and ends every environment after that. */
  retire(): void {
    this.#isRetired = true;
    this.#provisioned = 0;
    for (const environment of this.#idle.splice(0)) environment.process.kill();
  }

  /** Kills every process and waits until all have ended. What waits or runs ends as a crash. */
  async close(): Promise<void> {
    this.#isRetired = true;
    this.#provisioned = 0;
    for (let request = this.#queue.shift(); request; request = this.#queue.shift())
      request.resolve(notRun(undefined));
    for (const { process } of this.#all) process.kill();
    if (this.#all.size > 0)
      await new Promise<void>((done) => {
        this.#onEmpty = done;
      });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const environment = this.#idle.pop();
      if (!environment) break;
      const request = this.#queue.shift();
      if (request) void this.#use(environment, request);
    }
    while (this.#starting < this.#queue.length && this.#all.size < this.#options.maximumProcesses)
      this.#start(false);
  }

  #startAhead(): void {
    if (this.#provisioningFailure !== undefined) return;
    while (this.#all.size < this.#provisioned) this.#start(true);
  }

  async #use(environment: Environment, request: Request): Promise<void> {
    environment.cancelIdle();
    // A crash before the hand-over: the process dies with the invocation already its own.
    if (request.crashes.before) environment.process.kill();
    request.resolve(
      await environment.process.invoke(request.invocation, request.crashes.after, request.wantsTail),
    );
  }

  #start(isProvisioned: boolean): void {
    this.#starting += 1;
    const process = this.#options.makeEnvironment(
      {
        idle: () => {
          if (!environment.isReady) this.#starting -= 1;
          environment.isReady = true;
          this.#becameIdle(environment);
        },
        gone: (failure) => {
          this.#all.delete(environment);
          this.#leaveIdle(environment);
          environment.cancelIdle();
          if (!environment.isReady) {
            this.#starting -= 1;
            if (isProvisioned) this.#provisioningFailure = failure?.payload ?? "";
            else this.#queue.shift()?.resolve(notRun(failure));
          }
          if (!this.#isRetired || this.#queue.length > 0) this.#dispatch();
          this.#startAhead();
          if (this.#all.size === 0) this.#onEmpty();
        },
      },
      isProvisioned,
    );
    const environment: Environment = { process, isReady: false, cancelIdle: () => undefined };
    this.#all.add(environment);
    process.start().catch(() => process.kill());
  }

  #becameIdle(environment: Environment): void {
    this.#idle.push(environment);
    this.#dispatch();
    if (this.#idle.includes(environment)) this.#watchIdle(environment);
  }

  /** Ends an idle environment in time, if it is not one of those that are kept ready. */
  #watchIdle(environment: Environment): void {
    environment.cancelIdle();
    const end = () => {
      if (this.#all.size <= this.#provisioned) return;
      this.#leaveIdle(environment);
      environment.process.kill();
    };
    if (this.#isRetired) end();
    else environment.cancelIdle = this.#options.clock.after(this.#options.idleMilliseconds, end);
  }

  #leaveIdle(environment: Environment): void {
    const index = this.#idle.indexOf(environment);
    if (index >= 0) this.#idle.splice(index, 1);
  }
}

function notRun(failure: Outcome | undefined): Ran {
  return { outcome: initFailure(failure), duration: 0, tail: undefined };
}
