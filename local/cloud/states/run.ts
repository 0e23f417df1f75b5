import type { Caller } from "../service.ts";
import type { StatePlan } from "./compile.ts";
import { requireSize, runtimeError, WorkflowError } from "./errors.ts";
import { isObject, type ReferencePath, readSteps, writeSteps } from "./paths.ts";

/** What one execution gives the states that it runs. */
export interface Running {
  readonly call: Caller;
  readonly from: { readonly region: string; readonly principal: string };
  /** Execution and StateMachine of the context object. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Rejects when the execution is stopped or has timed out. */
  readonly ended: Promise<never>;
  readonly hasEnded: () => boolean;
  readonly now: () => number;
}

/**
 * The function that carries out one Task or Pass state of one execution, from the state's raw input to its output:
 * InputPath, Parameters, the task itself, ResultSelector, ResultPath, OutputPath, each held to the payload limit.
 */
export function stateRunner(plan: StatePlan, running: Running): (input: unknown) => Promise<unknown> {
  let attempts: { input: unknown; retries: number; entered: number } | undefined;
  return (raw) => {
    attempts =
      attempts && isObject(raw) && attempts.input === raw
        ? { ...attempts, retries: attempts.retries + 1 }
        : { input: raw, retries: 0, entered: running.now() };
    const state = {
      EnteredTime: new Date(attempts.entered).toISOString(),
      Name: plan.name,
      RetryCount: attempts.retries,
    };
    const work = Promise.race([carryOut(plan, raw, state, running), running.ended]);
    // The interpreter may have stopped listening, for instance after a time limit.
    work.catch(() => undefined);
    return work;
  };
}

async function carryOut(plan: StatePlan, raw: unknown, state: object, running: Running): Promise<unknown> {
  if (running.hasEnded()) throw new WorkflowError("ExecutionEnded", "The execution has ended", false);
  const context = { ...running.context, State: state };
  const limit = (value: unknown, what: string) =>
    requireSize(value, `The state/task '${plan.name}': ${what}`, plan.matchesDataLimit);
  const selected = select(plan.inputPath, raw, context, plan.name);
  const input = plan.parameters ? plan.parameters(selected, context) : selected;
  limit(input, "input");
  let result = plan.result ? plan.result.value : input;
  if (plan.integration) {
    result = await plan.integration(input, running.call, running.from);
    limit(result, "result");
  }
  if (plan.resultSelector) result = plan.resultSelector(result, context);
  const output = select(plan.outputPath, place(plan, raw, result), context, plan.name);
  if (output !== result) limit(output, "output");
  return output;
}

function select(path: ReferencePath | null, data: unknown, context: unknown, state: string): unknown {
  if (path === null) return {};
  const value = readSteps(path.root === "data" ? data : context, path.steps);
  if (value === undefined)
    throw runtimeError(`Invalid path $.${path.steps.join(".")} in state '${state}': nothing there`);
  return value;
}

function place(plan: StatePlan, raw: unknown, result: unknown): unknown {
  if (plan.resultPath === null) return raw;
  if (plan.resultPath.length === 0) return result;
  if (!isObject(raw))
    throw new WorkflowError(
      "States.ResultPathMatchFailure",
      `The input of '${plan.name}' is not an object, so no result can be placed in it`,
    );
  return writeSteps(raw, plan.resultPath, result);
}
