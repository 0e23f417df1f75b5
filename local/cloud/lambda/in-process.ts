import type { Caller, Clock, Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { EnvironmentEvents, EnvironmentSettings, Ran, RunningFunction } from "./environment.ts";
import type { FunctionRecord } from "./functions.ts";
import { exited, type Outcome, timedOut } from "./outcome.ts";
import type { Invocation, Usage } from "./runtime-api.ts";

/** What code that runs in this process is told of its invocation. */
export interface InProcessContext {
  readonly region: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly requestId: string;
  /** The function's environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Calls a service as the function's role. Settles never once the environment is dead, as a process's calls. */
  readonly call: (service: string, operation: string, input: Json) => Promise<Json>;
}

/** A function's code in this process: takes the decoded payload and gives the answer, or throws. */
export type InProcessHandler = (payload: unknown, context: InProcessContext) => Promise<unknown>;

/** The code of a function, made anew for each of its environments; undefined if it is to run as a process. */
export type RunInProcess = (functionName: string) => InProcessHandler | undefined;

export interface InProcessSettings extends Omit<EnvironmentSettings, "directory" | "variables"> {
  readonly handler: InProcessHandler;
  readonly record: FunctionRecord;
  readonly role: string;
  /** The function's own variables; throws a ServiceError if the first invocation is to be refused. */
  readonly variables: () => Promise<Readonly<Record<string, string>>>;
  readonly call: Caller;
}

const NO_USAGE: Usage = { maximumMemoryMegabytes: 0, userMilliseconds: 0, systemMilliseconds: 0 };

/**
 * An execution environment without a process, for simulations: time limit, crashes, log and life are those of a process,
 * and all of its time is the clock's. What goes on after its death reaches no service.
 */
export class InProcessEnvironment implements RunningFunction {
  readonly #settings: InProcessSettings;
  readonly #events: EnvironmentEvents;
  #variables: Readonly<Record<string, string>> = {};
  #hasInitialised = false;
  #isDead = false;
  #isFresh = true;
  #finish: ((outcome: Outcome) => void) | undefined;
  #currentId = "";

  constructor(settings: InProcessSettings, events: EnvironmentEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  async start(): Promise<void> {
    const { observer, variables } = this.#settings;
    observer.initialising();
    try {
      this.#variables = await variables();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return this.#end({ payload: "", isError: true, refusal: error });
    }
    if (this.#isDead) return;
    this.#hasInitialised = true;
    this.#events.idle();
  }

  async invoke(
    invocation: Omit<Invocation, "deadline">,
    crashes: () => boolean,
    wantsTail: boolean,
  ): Promise<Ran> {
    const { clock, seconds, observer, isProvisioned } = this.#settings;
    const started = clock.now();
    const whole = { ...invocation, deadline: started + seconds * 1_000 };
    observer.began(whole);
    const outcome = await this.#handOver(whole, crashes);
    const duration = clock.now() - started;
    const initDuration = this.#isFresh && !isProvisioned ? 0 : undefined;
    this.#isFresh = false;
    await observer.ended({ invocation: whole, outcome, started, duration, initDuration, usage: NO_USAGE });
    const tail = wantsTail ? observer.tail() : undefined;
    // The caller learns of the result before the next invocation begins.
    queueMicrotask(() => {
      if (!this.#isDead) this.#events.idle();
    });
    return { outcome, duration, tail };
  }

  /** What it was doing ends as a crash; it takes no further invocation. */
  kill(): void {
    queueMicrotask(() => this.#end());
  }

  #handOver(invocation: Invocation, crashes: () => boolean): Promise<Outcome> {
    const { clock, seconds } = this.#settings;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const cancelLimit = clock.after(seconds * 1_000, () => {
      this.#finish?.(timedOut(invocation.requestId, seconds));
      this.kill();
    });
    this.#currentId = invocation.requestId;
    this.#finish = (outcome) => {
      cancelLimit();
      this.#finish = undefined;
      resolve(outcome);
    };
    // Not in this turn, so that an environment that is killed before the hand-over does nothing.
    queueMicrotask(() => {
      if (this.#isDead) return this.#finish?.(exited(invocation.requestId, null, "SIGKILL"));
      void this.#run(invocation).then((outcome) => {
        // Too late, if it has met its time limit or died.
        if (this.#isDead || this.#currentId !== invocation.requestId || !this.#finish) return;
        if (crashes()) this.kill();
        else this.#finish(outcome);
      });
    });
    return promise;
  }

  async #run({ payload, requestId }: Invocation): Promise<Outcome> {
    const { handler, record, role, clock, call, observer } = this.#settings;
    const { name: functionName, arn: functionArn, region } = record;
    const from = { region, principal: role, sourceFunctionArn: functionArn };
    const context: InProcessContext = {
      ...{ region, functionName, functionArn, requestId, clock, variables: this.#variables },
      call: (service, operation, input) => this.#whileAlive(() => call(service, operation, input, from)),
    };
    try {
      const answer: unknown = await handler(JSON.parse(payload), context);
      return { payload: JSON.stringify(answer) ?? "null", isError: false };
    } catch (thrown) {
      const { name, message } = thrown instanceof Error ? thrown : { name: "Error", message: String(thrown) };
      // The runtime's form of an error, without a trace.
      const described = { errorType: name, errorMessage: message, trace: [] };
      // As the runtime of Node logs what a handler has thrown.
      observer.line(`ERROR\tInvoke Error\t${JSON.stringify(described)}`);
      return { payload: JSON.stringify(described), isError: true };
    }
  }

  #whileAlive(work: () => Promise<Json>): Promise<Json> {
    return new Promise((done, fail) => {
      if (this.#isDead) return;
      work().then(
        (result) => {
          if (!this.#isDead) done(result);
        },
        (error) => {
          if (!this.#isDead) fail(error);
        },
      );
    });
  }

  #end(initFailure?: Outcome): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#finish?.(exited(this.#currentId, null, "SIGKILL"));
    this.#settings.observer.gone();
    const failure = initFailure ?? exited("init", null, "SIGKILL");
    this.#events.gone(this.#hasInitialised ? undefined : failure);
  }
}
