import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Clock } from "../service.ts";
import { exited, type Outcome, platformError, timedOut } from "./outcome.ts";
import { type Invocation, RuntimeApi } from "./runtime-api.ts";

const RUNTIME_CLIENT = fileURLToPath(new URL("./runtime-client.mjs", import.meta.url));
/** How long initialisation may take before the function's own time limit begins (Lambda, "Init phase"). */
const INIT_MILLISECONDS = 10_000;

export interface EnvironmentSettings {
  /** Where the handler's module lies; the process works there. */
  readonly directory: string;
  /** Environment variables, all that the process has but AWS_LAMBDA_RUNTIME_API. */
  readonly variables: Readonly<Record<string, string>>;
  /** Time limit of an invocation. */
  readonly seconds: number;
  readonly memoryMegabytes: number;
  readonly clock: Clock;
  /** Takes each line that the process writes. */
  readonly log: (line: string) => void;
}

export interface EnvironmentEvents {
  /** Initialised, or done with an invocation: `invoke` may be called. */
  idle(): void;
  /** Gone for good, with the reason if it never became ready. */
  gone(initFailure?: Outcome): void;
}

/** One process that runs one function, one invocation at a time, for as long as it lives. */
export class ExecutionEnvironment {
  readonly #settings: EnvironmentSettings;
  readonly #events: EnvironmentEvents;
  readonly #api: RuntimeApi;
  #process: ChildProcess | undefined;
  #isReady = false;
  #isGone = false;
  #initFailure: Outcome | undefined;
  #cancelInitLimit: () => void = () => undefined;
  #isKilled = false;
  #current: { requestId: string; finish: (outcome: Outcome) => void; crashes: () => boolean } | undefined;

  constructor(settings: EnvironmentSettings, events: EnvironmentEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#api = new RuntimeApi({
      ready: () => {
        this.#isReady = true;
        this.#cancelInitLimit();
        if (!this.#isKilled && !this.#isGone) events.idle();
      },
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

  /** Starts the process; `idle` or `gone` tells what became of it. */
  async start(): Promise<void> {
    const { directory, variables, memoryMegabytes, clock, seconds } = this.#settings;
    const address = await this.#api.listen();
    if (this.#isGone) return this.#api.close();
    const heap = `--max-old-space-size=${Math.floor(memoryMegabytes * 0.9)}`;
    const child = spawn(process.execPath, [heap, RUNTIME_CLIENT], {
      cwd: directory,
      env: { ...variables, AWS_LAMBDA_RUNTIME_API: address },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#process = child;
    child.stdin.on("error", () => undefined);
    forEachLine(child.stdout, this.#settings.log);
    forEachLine(child.stderr, this.#settings.log);
    child.on("error", () => this.#end(null, null));
    child.on("exit", (code, signal) => this.#end(code, signal));
    this.#cancelInitLimit = clock.after(INIT_MILLISECONDS + seconds * 1_000, () => {
      this.#initFailure = timedOut("init", INIT_MILLISECONDS / 1_000 + seconds);
      this.kill();
    });
  }

  /**
   * Carries out one invocation; allowed when idle. Never throws: a dead process is an outcome too. `crashes` is asked
   * when the handler has completed; if it says so, the process dies and its answer is lost.
   */
  invoke(invocation: Omit<Invocation, "deadline">, crashes: () => boolean): Promise<Outcome> {
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
    else if (!this.#isKilled)
      this.#api.send({ ...invocation, deadline: Math.floor(clock.now() + seconds * 1_000) });
    return promise;
  }

  /** Kills the process. What it was doing ends as a crash; it takes no further invocation. */
  kill(): void {
    this.#isKilled = true;
    if (this.#process) this.#process.kill("SIGKILL");
    else this.#end(null, "SIGKILL");
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#cancelInitLimit();
    this.#api.close();
    const isFailedStart = !this.#isReady && !this.#current;
    this.#current?.finish(exited(this.#current.requestId, code, signal));
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
