import type { Clock } from "../service.ts";
import { type EnvironmentEvents, type ExecutionEnvironment, initFailure } from "./environment.ts";
import type { Outcome } from "./outcome.ts";
import type { Invocation } from "./runtime-api.ts";

export interface PoolOptions {
  /** Most processes at a time; further invocations wait for one of them. */
  readonly maximumProcesses: number;
  /** After this long without work a process ends. */
  readonly idleMilliseconds: number;
  readonly clock: Clock;
  readonly makeEnvironment: (events: EnvironmentEvents) => ExecutionEnvironment;
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
  readonly resolve: (outcome: Outcome) => void;
}

type Environment = { readonly process: ExecutionEnvironment; cancelIdle: () => void };

/** The execution environments of one version of a function: started when needed, used again, ended when idle. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #idle: Environment[] = [];
  readonly #all = new Set<Environment>();
  readonly #queue: Request[] = [];
  #starting = 0;
  #isRetired = false;
  #onEmpty: () => void = () => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Carries out an invocation in a free environment, starting one if there is none. */
  run(invocation: Omit<Invocation, "deadline">, crashes: Crashes): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#queue.push({ invocation, crashes, resolve });
      this.#dispatch();
    });
  }

  /** Lets what runs or waits finish and ends every environment after that. */
  retire(): void {
    this.#isRetired = true;
    for (const environment of this.#idle.splice(0)) environment.process.kill();
  }

  /** Kills every process and waits until all have ended. What waits or runs ends as a crash. */
  async close(): Promise<void> {
    this.#isRetired = true;
    for (const { resolve } of this.#queue.splice(0)) resolve(initFailure(undefined));
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
      this.#start();
  }

  async #use(environment: Environment, request: Request): Promise<void> {
    environment.cancelIdle();
    // A crash before the hand-over: the process dies with the invocation already its own.
    if (request.crashes.before) environment.process.kill();
    const outcome = await environment.process.invoke(request.invocation, request.crashes.after);
    request.resolve(outcome);
  }

  #start(): void {
    let isStarting = true;
    this.#starting += 1;
    const process = this.#options.makeEnvironment({
      idle: () => {
        if (isStarting) this.#starting -= 1;
        isStarting = false;
        this.#becameIdle(environment);
      },
      gone: (failure) => {
        if (isStarting) this.#starting -= 1;
        this.#all.delete(environment);
        this.#leaveIdle(environment);
        environment.cancelIdle();
        if (isStarting) this.#queue.shift()?.resolve(initFailure(failure));
        isStarting = false;
        if (!this.#isRetired || this.#queue.length > 0) this.#dispatch();
        if (this.#all.size === 0) this.#onEmpty();
      },
    });
    const environment: Environment = { process, cancelIdle: () => undefined };
    this.#all.add(environment);
    process.start().catch(() => process.kill());
  }

  #becameIdle(environment: Environment): void {
    this.#idle.push(environment);
    this.#dispatch();
    if (!this.#idle.includes(environment)) return;
    const end = () => {
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
