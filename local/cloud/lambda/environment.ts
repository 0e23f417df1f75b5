import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Clock } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Observer } from "./observation.ts";
import { exited, type Outcome, platformError, timedOut } from "./outcome.ts";
import { type Invocation, RuntimeApi } from "./runtime-api.ts";

const RUNTIME_CLIENT = fileURLToPath(new URL("./runtime-client.mjs", import.meta.url));
/** How long initialisation may take before the function's own time limit begins (Lambda, "Init phase"). */
const INIT_MILLISECONDS = 10_000;

export interface EnvironmentSettings {
  /** Where the handler's module lies; the process works there. */
  readonly directory: string;
  /**
   * Gives the environment variables, all that the process has but AWS_LAMBDA_RUNTIME_API. What it throws as a
   * ServiceError is what the first invocation is refused with.
   */
  readonly variables: () => Promise<Readonly<Record<string, string>>>;
  /** Time limit of an invocation. */
  readonly seconds: number;
  readonly memoryMegabytes: number;
  readonly clock: Clock;
  /** Started ahead of invocations: its initialisation is not part of any. */
  readonly isProvisioned: boolean;
  readonly observer: Observer;
}

export interface EnvironmentEvents {
  /** Initialised, or done with an invocation: `invoke` may be called. */
  idle(): void;
  /** Gone for good, with the reason if it never became ready. */
  gone(initFailure?: Outcome): void;
}

/** An invocation that was carried out, or tried. */
export interface Ran {
  readonly outcome: Outcome;
  /** Milliseconds that the handler took. */
  readonly duration: number;
  readonly tail: string | undefined;
}

/** What a pool asks of an execution environment, whatever runs in it. */
export interface RunningFunction {
  /** Starts it; `idle` or `gone` tells what became of it. */
  start(): Promise<void>;
  /**
   * Carries out one invocation; allowed when idle. Never throws: a dead environment is an outcome too. `crashes` is
   * asked when the handler has completed; if it says so, the environment dies and its answer is lost.
   */
  invoke(invocation: Omit<Invocation, "deadline">, crashes: () => boolean, wantsTail: boolean): Promise<Ran>;
  /** Ends it. What it was doing ends as a crash; it takes no further invocation. */
  kill(): void;
}

/** One process that runs one function, one invocation at a time, for as long as it lives. */
export class ExecutionEnvironment implements RunningFunction {
  readonly #settings: EnvironmentSettings;
  readonly #events: EnvironmentEvents;
  readonly #api: RuntimeApi;
  #process: ChildProcess | undefined;
  #isReady = false;
  #isGone = false;
  #isKilled = false;
  #isBusy = false;
  #hasInitialised = false;
  #initStarted = 0;
  #initDuration: number | undefined;
  #initFailure: Outcome | undefined;
  #cancelInitLimit: () => void = () => undefined;
  #releaseClock: () => void = () => undefined;
  #current: { requestId: string; finish: (outcome: Outcome) => void; crashes: () => boolean } | undefined;

  constructor(settings: EnvironmentSettings, events: EnvironmentEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#api = new RuntimeApi({
      ready: () => this.#becameReady(),
      completed: (requestId, outcome) => {
        if (this.#current?.requestId !== requestId) return;
        if (this.#current.crashes()) this.kill();
        else this.#current.finish(outcome);
      },
      initFailed: (outcome) => {
        this.#initFailure = outcome;
      },
    });
  }

  async start(): Promise<void> {
    const { directory, memoryMegabytes, clock, seconds, observer } = this.#settings;
    this.#releaseClock = clock.hold();
    this.#initStarted = clock.now();
    observer.initialising();
    const address = await this.#api.listen();
    const variables = await this.#variables();
    if (this.#isGone) return this.#api.close();
    if (!variables) return this.kill();
    const heap = `--max-old-space-size=${Math.floor(memoryMegabytes * 0.9)}`;
    const child = spawn(process.execPath, [heap, RUNTIME_CLIENT], {
      cwd: directory,
      env: { ...variables, AWS_LAMBDA_RUNTIME_API: address },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#process = child;
    // First of all: a process that the machine cannot start has no streams.
    child.on("error", () => this.#end(null, null));
    child.stdin.on("error", () => undefined);
    forEachLine(child.stdout, (line) => observer.line(line));
    forEachLine(child.stderr, (line) => observer.line(line));
    // What the process wrote before it ended is read first.
    child.on("exit", (code, signal) => setImmediate(() => this.#end(code, signal)));
    this.#cancelInitLimit = clock.after(INIT_MILLISECONDS + seconds * 1_000, () => {
      this.#initFailure = timedOut("init", INIT_MILLISECONDS / 1_000 + seconds);
      this.kill();
    });
  }

  async #variables(): Promise<Readonly<Record<string, string>> | undefined> {
    try {
      return await this.#settings.variables();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#initFailure = { payload: "", isError: true, refusal: error };
      return undefined;
    }
  }

  async invoke(
    invocation: Omit<Invocation, "deadline">,
    crashes: () => boolean,
    wantsTail: boolean,
  ): Promise<Ran> {
    const { clock, seconds, observer } = this.#settings;
    const release = clock.hold();
    const started = clock.now();
    // The process has no clock but the machine's.
    const whole = { ...invocation, deadline: Date.now() + seconds * 1_000 };
    this.#isBusy = true;
    observer.began(whole);
    const outcome = await this.#handOver(whole, crashes);
    // A process writes its lines before it answers, so they have arrived, but may not have been read.
    await new Promise((read) => setImmediate(read));
    const duration = clock.now() - started;
    const initDuration = this.#initDuration;
    this.#initDuration = undefined;
    const { usage } = this.#api;
    await observer.ended({ invocation: whole, outcome, started, duration, initDuration, usage });
    const tail = wantsTail ? observer.tail() : undefined;
    release();
    this.#isBusy = false;
    // The caller learns of the result before the next invocation begins.
    queueMicrotask(() => this.#offer());
    return { outcome, duration, tail };
  }

  #handOver(invocation: Invocation, crashes: () => boolean): Promise<Outcome> {
    const { clock, seconds } = this.#settings;
    const { requestId } = invocation;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const cancelLimit = clock.after(seconds * 1_000, () => {
      finish(timedOut(requestId, seconds));
      this.kill();
    });
    const finish = (outcome: Outcome) => {
      cancelLimit();
      this.#current = undefined;
      resolve(outcome);
    };
    this.#current = { requestId, finish, crashes };
    this.#isReady = false;
    if (this.#isGone) finish(exited(requestId, null, "SIGKILL"));
    else if (!this.#isKilled) this.#api.send(invocation);
    return promise;
  }

  kill(): void {
    this.#isKilled = true;
    if (this.#process) this.#process.kill("SIGKILL");
    else this.#end(null, "SIGKILL");
  }

  #becameReady(): void {
    this.#isReady = true;
    if (!this.#hasInitialised) {
      const { clock, isProvisioned } = this.#settings;
      this.#hasInitialised = true;
      if (!isProvisioned) this.#initDuration = clock.now() - this.#initStarted;
      this.#cancelInitLimit();
      this.#releaseClock();
    }
    this.#offer();
  }

  #offer(): void {
    if (this.#isReady && !this.#isBusy && !this.#isKilled && !this.#isGone) this.#events.idle();
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#cancelInitLimit();
    this.#releaseClock();
    this.#api.close();
    const isFailedStart = !this.#hasInitialised;
    this.#current?.finish(exited(this.#current.requestId, code, signal));
    this.#settings.observer.gone();
    this.#events.gone(isFailedStart ? (this.#initFailure ?? exited("init", code, signal)) : undefined);
  }
}

/** Calls `take` with every line of a stream, without its end, and with what is left at the end. */
function forEachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  stream.on("end", () => {
    if (rest !== "") take(rest);
  });
}

/** What an invocation gets when the environment that was started for it could not be initialised. */
export function initFailure(outcome: Outcome | undefined): Outcome {
  return outcome ?? platformError("Runtime.ExitError", "Error: Runtime exited before it was ready");
}
