import { DescribeExecutionCommand, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { executionArn, executionName, MAXIMUM_STARTS } from "./execution-name.ts";

export type ExecutionState = "running" | "succeeded" | "failed" | "untold";

export interface StartedExecution {
  readonly arn: string;
  /** Whether it was there already, from a redrive that did not end. */
  readonly isEarlier: boolean;
}

/** Errors that say that an input is never taken, whoever sends it (Step Functions API Reference, StartExecution); the second is that of an input that is too large. */
const REFUSALS = ["InvalidExecutionInput", "ValidationException"];

/** Why there will be no further execution. */
export interface Refused {
  readonly refused: string;
}

/** Starts executions, each under a name that says whose it is. */
export class Starter {
  readonly #client: SFNClient;
  readonly #stateMachineArn: string;

  constructor(client: SFNClient, stateMachineArn: string) {
    this.#client = client;
    this.#stateMachineArn = stateMachineArn;
  }

  /**
   * Starts a message's next execution. A STANDARD state machine keeps names for 90 days: an execution of an earlier run
   * that has not failed stands for this one; EXPRESS keeps none. Not more than `maximum` that have failed.
   */
  async start(prefix: string, input: string, maximum: number): Promise<StartedExecution | Refused> {
    for (let start = 1; start <= Math.min(maximum, MAXIMUM_STARTS); start += 1) {
      const name = executionName(prefix, start);
      const started = await this.#start(name, input);
      if (started) return started;
      const earlier = executionArn(this.#stateMachineArn, name);
      if ((await this.state(earlier)) !== "failed") return { arn: earlier, isEarlier: true };
    }
    return { refused: `${maximum} executions of it have failed` };
  }

  /** How far an execution is. Step Functions tells nothing of EXPRESS ones. */
  async state(arn: string): Promise<ExecutionState> {
    if (arn.includes(":express:")) return "untold";
    const { status } = await this.#client.send(new DescribeExecutionCommand({ executionArn: arn }));
    if (status === "RUNNING" || status === "PENDING_REDRIVE") return "running";
    return status === "SUCCEEDED" ? "succeeded" : "failed";
  }

  /** Undefined if an execution of this name is there already. */
  async #start(name: string, input: string): Promise<StartedExecution | Refused | undefined> {
    try {
      const started = await this.#client.send(
        new StartExecutionCommand({ stateMachineArn: this.#stateMachineArn, name, input }),
      );
      return { arn: started.executionArn ?? "", isEarlier: false };
    } catch (error) {
      if (error instanceof Error && error.name === "ExecutionAlreadyExists") return undefined;
      if (error instanceof Error && REFUSALS.includes(error.name))
        return { refused: `the workflow does not take it: ${error.name}: ${error.message}` };
      throw error;
    }
  }
}
