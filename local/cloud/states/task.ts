import type { TaskState } from "./definition.ts";
import { requireSize, runtimeError, WorkflowError } from "./errors.ts";
import { failureDetails, outputDetails } from "./history.ts";
import type { Run, Thread } from "./run.ts";
import type { Given } from "./template.ts";

/** Carries out a Task state's work once, with its effective input, and gives its result. */
export async function attemptTask(
  state: TaskState,
  input: unknown,
  effective: unknown,
  given: Given,
  thread: Thread,
  run: Run,
): Promise<unknown> {
  const { resource, resourceType } = state;
  const seconds = state.timeoutSeconds && timeoutOf(state.timeoutSeconds(input, given));
  requireSize(effective, resourceType);
  thread.previous = run.record("TaskScheduled", thread.previous, () => ({
    ...{ resourceType, resource, region: run.from.region, parameters: JSON.stringify(effective) },
    ...(seconds === undefined ? {} : { timeoutInSeconds: seconds }),
  }));
  thread.previous = run.record("TaskStarted", thread.previous, () => ({ resourceType, resource }));
  try {
    const result = await thread.extent.await(
      run.clock,
      state.integration(effective, run.call, run.from),
      seconds === undefined ? undefined : seconds * 1_000,
      (_done, fail) => fail(new WorkflowError("States.Timeout")),
    );
    requireSize(result, resourceType);
    thread.previous = run.record("TaskSucceeded", thread.previous, () => ({
      ...{ resourceType, resource },
      ...outputDetails(result),
    }));
    return result;
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    const type = error.error === "States.Timeout" ? "TaskTimedOut" : "TaskFailed";
    thread.previous = run.record(type, thread.previous, () => ({
      ...{ resourceType, resource },
      ...failureDetails(error.error, error.reason),
    }));
    throw error;
  }
}

function timeoutOf(seconds: unknown): number {
  if (typeof seconds === "number" && Number.isInteger(seconds) && seconds > 0) return seconds;
  throw runtimeError(`TimeoutSecondsPath leads to ${JSON.stringify(seconds)}; allowed is a positive integer`);
}
