import {
  DescribeExecutionCommand,
  type SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
} from "@aws-sdk/client-sfn";
import { executionArn, executionName, MAXIMUM_STARTS } from "./execution-name.ts";
import { isThrottled, unthrottled } from "./throttling.ts";

/** How an execution has ended. */
export type Ended = "succeeded" | "failed";
export type ExecutionState = Ended | "running";

export interface StartedExecution {
  readonly arn: string;
  /** Whether it was there already, from a redrive that did not end. */
  readonly isEarlier: boolean;
  /** How it has ended, of an EXPRESS one: nobody tells later. */
  readonly ended?: Ended;
}

/** Errors that say that an input is never taken, whoever sends it (Step Functions API Reference, StartExecution); the second is that of an input that is too large. */
const REFUSALS = ["InvalidExecutionInput", "ValidationException"];

/** Longer than an EXPRESS execution may take, which is five minutes (Step Functions, "Service quotas"), in milliseconds. */
const SYNCHRONOUS_TIMEOUT = 330_000;

/** Why there will be no further execution. */
export interface Refused {
  readonly refused: string;
}

export interface StartRules {
  /** Executions of one message that may have ended without a result. */
  readonly maximum: number;
  /** Whether the tables have what became of an execution. */
  readonly hasResult: (executionArn: string) => Promise<boolean>;
  /** Aborts when nothing more is to be started. */
  readonly signal: AbortSignal;
  /** Aborts when what was started is not waited for either. */
  readonly interrupt: AbortSignal;
}

/** Starts executions, each under a name that says whose it is. */
export class Starter {
  readonly #client: SFNClient;
  readonly #stateMachineArn: string;
  readonly #isExpress: boolean;

  constructor(client: SFNClient, stateMachineArn: string, isExpress: boolean) {
    this.#client = client;
    this.#stateMachineArn = stateMachineArn;
    this.#isExpress = isExpress;
  }

  /**
   * Starts a message's next execution. A STANDARD state machine keeps names for 90 days: an execution of an earlier run
   * that is under way or has a result stands for this one. EXPRESS keeps none, so that its execution is started and its
   * end awaited in one. Throws when aborted.
   */
  async start(prefix: string, input: string, rules: StartRules): Promise<StartedExecution | Refused> {
    const { maximum, hasResult, signal } = rules;
    if (this.#isExpress) return this.#taken(() => this.#startSync(executionName(prefix, 1), input, rules));
    for (let start = 1; start <= Math.min(maximum, MAXIMUM_STARTS); start += 1) {
      const name = executionName(prefix, start);
      const started = await this.#taken(() => this.#start(name, input, signal));
      if (started) return started;
      const earlier = executionArn(this.#stateMachineArn, name);
      const state = await unthrottled(() => this.#describe(earlier), signal);
      // What it has recorded may have been replaced since by the other region's row.
      if (state === "running" || (state === "succeeded" && (await hasResult(earlier))))
        return { arn: earlier, isEarlier: true };
    }
    return { refused: `${maximum} executions of it have ended without a result` };
  }

  /** How far a STANDARD execution is. Whoever asks too often is told that it is running, and asks again later. */
  async state(arn: string): Promise<ExecutionState> {
    try {
      return await this.#describe(arn);
    } catch (error) {
      if (isThrottled(error)) return "running";
      throw error;
    }
  }

  async #describe(arn: string): Promise<ExecutionState> {
    const { status } = await this.#client.send(new DescribeExecutionCommand({ executionArn: arn }));
    if (status === "RUNNING" || status === "PENDING_REDRIVE") return "running";
    return status === "SUCCEEDED" ? "succeeded" : "failed";
  }

  /** Undefined if an execution of this name is there already. */
  async #start(name: string, input: string, signal: AbortSignal): Promise<StartedExecution | undefined> {
    const command = new StartExecutionCommand({ stateMachineArn: this.#stateMachineArn, name, input });
    try {
      const { executionArn: arn } = await unthrottled(() => this.#client.send(command), signal);
      return { arn: arn ?? "", isEarlier: false };
    } catch (error) {
      if (error instanceof Error && error.name === "ExecutionAlreadyExists") return undefined;
      throw error;
    }
  }

  async #startSync(
    name: string,
    input: string,
    { signal, interrupt }: StartRules,
  ): Promise<StartedExecution> {
    const command = new StartSyncExecutionCommand({ stateMachineArn: this.#stateMachineArn, name, input });
    const how = { abortSignal: interrupt, requestTimeout: SYNCHRONOUS_TIMEOUT };
    const answer = await unthrottled(() => this.#client.send(command, how), signal);
    const ended = answer.status === "SUCCEEDED" ? "succeeded" : "failed";
    return { arn: answer.executionArn ?? "", isEarlier: false, ended };
  }

  async #taken<Answer>(start: () => Promise<Answer>): Promise<Answer | Refused> {
    try {
      return await start();
    } catch (error) {
      if (error instanceof Error && REFUSALS.includes(error.name))
        return { refused: `the workflow does not take it: ${error.name}: ${error.message}` };
      throw error;
    }
  }
}
