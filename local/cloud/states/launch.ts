import { ExecutionAbortedError, ExecutionError, ExecutionTimeoutError } from "aws-local-stepfunctions";
import type { Surroundings } from "../service.ts";
import { requireSize } from "./errors.ts";
import { historyOf } from "./history.ts";
import { CONTEXT_MEMBER } from "./library-state.ts";
import type { Execution, Status } from "./records.ts";
import { stateRunner } from "./run.ts";

/** How an execution ended. */
export interface Ending {
  readonly status: Status;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** Starts an execution's interpreter; `onEnd` is called once, when it has ended in whatever way. */
export function launch(
  execution: Execution,
  surroundings: Surroundings,
  onEnd: (ending: Ending) => void,
): void {
  const { machine } = execution;
  const input: unknown = JSON.parse(execution.input);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  let over = false;
  const running = {
    call: surroundings.call,
    from: { region: machine.region, principal: machine.roleArn },
    context: contextOf(execution, input),
    ended,
    hasEnded: () => over,
    now: () => surroundings.clock.now(),
  };
  const taskResourceLocalHandlers: Record<string, (raw: unknown) => Promise<never>> = {};
  // The interpreter's own type of a JSON value is not exported.
  for (const [name, plan] of machine.plans)
    taskResourceLocalHandlers[name] = stateRunner(plan, running) as (raw: unknown) => Promise<never>;
  const run = machine.interpreter.run(input as never, {
    overrides: { taskResourceLocalHandlers },
    context: { [CONTEXT_MEMBER]: running.context },
  });
  execution.abort = run.abort;
  if (machine.type === "STANDARD") execution.history = historyOf(run.eventLogs, namesOf(execution));
  void run.result.then(succeeded, failed).then((ending) => {
    over = true;
    reject(Object.assign(new Error("The execution has ended"), { isRetryable: false, isCatchable: false }));
    onEnd(ending);
  });
}

function contextOf(execution: Execution, input: unknown): Record<string, unknown> {
  const { machine } = execution;
  return {
    Execution: {
      Id: execution.arn,
      Input: input,
      Name: execution.name,
      RoleArn: machine.roleArn,
      StartTime: new Date(execution.started).toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
  };
}

function namesOf(execution: Execution): (state: string) => string {
  const types = new Map<string, string>();
  const collect = (states: Record<string, { Type: string; Branches?: { States: never }[] }>) => {
    for (const [name, state] of Object.entries(states)) {
      types.set(name, state.Type);
      for (const branch of state.Branches ?? []) collect(branch.States);
    }
  };
  return (state) => {
    if (types.size === 0) collect(JSON.parse(execution.machine.definitionText).States);
    return types.get(state) ?? "Task";
  };
}

function succeeded(output: unknown): Ending {
  try {
    requireSize(output, "The execution's output", false);
    return { status: "SUCCEEDED", output: JSON.stringify(output) };
  } catch (error) {
    return { status: "FAILED", ...causeOf(error) };
  }
}

function failed(error: unknown): Ending {
  if (error instanceof ExecutionTimeoutError) return { status: "TIMED_OUT", error: "States.Timeout" };
  if (error instanceof ExecutionAbortedError) return { status: "ABORTED" };
  return { status: "FAILED", ...causeOf(error instanceof ExecutionError ? error.cause : error) };
}

/** JavaScript's own errors come from data that the interpreter could not work with. */
function causeOf(error: unknown): { error?: string; cause?: string } {
  if (!(error instanceof Error)) return { error: "States.Runtime", cause: String(error) };
  if (error.name === "FailStateError") return {};
  const own = [TypeError, RangeError, SyntaxError].some((kind) => error instanceof kind);
  return { error: own ? "States.Runtime" : error.name, cause: error.message };
}
