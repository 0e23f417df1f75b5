import { attemptBranches, attemptItems } from "./branches.ts";
import type { Block, HandlingState, PassState, State, WaitState } from "./definition.ts";
import { located, matches, requireSize, runtimeError, WorkflowError } from "./errors.ts";
import { inputDetails, outputDetails } from "./history.ts";
import { retriesOf } from "./retry.ts";
import { type Position, place, type Run, select, type Thread } from "./run.ts";
import { attemptTask } from "./task.ts";
import type { Evaluate, Given } from "./template.ts";

/** A visit of a state. */
interface Visit {
  /** Id of the event with which it was entered. */
  readonly entered: number;
  readonly time: string;
}

interface Outcome {
  readonly next: string | undefined;
  readonly output: unknown;
}

/** After so many transitions without a pause other work gets its turn. */
const TRANSITIONS_A_TURN = 1_000;

/**
 * Runs a block of states from where it stands and gives its output (Amazon States Language). Throws a WorkflowError if
 * it fails, and STOPPED if its extent ends.
 */
export async function runBlock(block: Block, position: Position, thread: Thread, run: Run): Promise<unknown> {
  position.hasBegun = true;
  for (let count = 1; position.finished === undefined; count += 1) {
    const state = block.states.get(position.state);
    if (!state) throw runtimeError(`There is no state '${position.state}'`);
    if (count % TRANSITIONS_A_TURN === 0) await new Promise((done) => setImmediate(done));
    thread.extent.require();
    const { next, output } = await runState(state, position, thread, run);
    delete position.branches;
    position.isRedriven = false;
    if (next === undefined) position.finished = { output };
    else {
      position.state = next;
      position.input = output;
    }
  }
  return position.finished.output;
}

/** Marks where a redrive goes on. */
export function redrive(position: Position): void {
  position.isRedriven = true;
  for (const branch of position.branches ?? []) if (branch.hasBegun) redrive(branch);
}

async function runState(state: State, position: Position, thread: Thread, run: Run): Promise<Outcome> {
  const { input } = position;
  // A redriven Task, Parallel or Map state goes on where it was; the others are entered again.
  const isEntered = position.isRedriven === true && "retriers" in state;
  if (!isEntered)
    thread.previous = run.record(`${state.type}StateEntered`, thread.previous, () => ({
      ...inputDetails(input),
      name: state.name,
    }));
  const visit = { entered: thread.previous, time: new Date(run.clock.now()).toISOString() };
  try {
    const outcome = await carryOut(state, position, visit, thread, run);
    thread.previous = run.record(`${state.type}StateExited`, thread.previous, () => ({
      name: state.name,
      ...outputDetails(outcome.output),
    }));
    return outcome;
  } catch (error) {
    throw located(error, state.name, visit.entered);
  }
}

function carryOut(
  state: State,
  position: Position,
  visit: Visit,
  thread: Thread,
  run: Run,
): Outcome | Promise<Outcome> {
  const { input } = position;
  if ("retriers" in state) return handled(state, position, visit, thread, run);
  const given = givenBy(run, state.name, visit, 0);
  if (state.type === "Fail")
    throw new WorkflowError(text(state.error, input, given), text(state.cause, input, given));
  const selected = select(state.inputPath, input, given);
  if (state.type === "Pass") return { next: state.next, output: pass(state, input, selected, given) };
  if (state.type === "Wait") return wait(state, selected, given, thread, run);
  const output = select(state.outputPath, selected, given);
  if (state.type === "Succeed") return { next: undefined, output };
  const next = state.rules.find(({ holds }) => holds(selected, given))?.next ?? state.otherwise;
  if (next !== undefined) return { next, output };
  throw new WorkflowError(
    "States.NoChoiceMatched",
    `Failed to transition out of the state '${state.name}'. The state does not point to a next state.`,
  );
}

function pass(state: PassState, input: unknown, selected: unknown, given: Given): unknown {
  const effective = state.parameters ? state.parameters(selected, given) : selected;
  const result = state.result ? state.result.value : effective;
  const output = select(state.outputPath, place(input, state.resultPath, result), given);
  if (output !== input) requireSize(output, state.name);
  return output;
}

async function wait(
  state: WaitState,
  selected: unknown,
  given: Given,
  thread: Thread,
  run: Run,
): Promise<Outcome> {
  const now = run.clock.now();
  const until = state.until(selected, given.context, now);
  if (until > now) await thread.extent.pause(run.clock, until - now);
  return { next: state.next, output: select(state.outputPath, selected, given) };
}

/** Tries a Task, Parallel or Map state as often as its retriers say, and then asks its catchers. */
async function handled(
  state: HandlingState,
  position: Position,
  visit: Visit,
  thread: Thread,
  run: Run,
): Promise<Outcome> {
  const { input } = position;
  const delayBefore = retriesOf(state.retriers, run.random);
  for (let retries = 0; ; retries += 1) {
    const given = givenBy(run, state.name, visit, retries);
    try {
      const selected = select(state.inputPath, input, given);
      const effective = state.parameters ? state.parameters(selected, given) : selected;
      const result = await attempt(state, position, effective, given, thread, run);
      const chosen = state.resultSelector ? state.resultSelector(result, given) : result;
      const output = select(state.outputPath, place(input, state.resultPath, chosen), given);
      if (output !== result || state.type !== "Task") requireSize(output, state.name);
      return { next: state.next, output };
    } catch (caught) {
      const error = located(caught, state.name, visit.entered);
      if (!(error instanceof WorkflowError)) throw error;
      const delay = delayBefore(error);
      if (delay === undefined) return caughtBy(state, position, error, thread, run);
      // The branches of another attempt begin anew.
      delete position.branches;
      position.isRedriven = false;
      if (delay > 0) await thread.extent.pause(run.clock, delay);
    }
  }
}

function attempt(
  state: HandlingState,
  position: Position,
  effective: unknown,
  given: Given,
  thread: Thread,
  run: Run,
): Promise<unknown> {
  if (state.type === "Task") return attemptTask(state, position.input, effective, given, thread, run);
  if (state.type === "Parallel") return attemptBranches(state, position, effective, thread, run, runBlock);
  return attemptItems(state, position, effective, given, thread, run, runBlock);
}

/** Where the first catcher that names the error leads; the error output is not subject to OutputPath. */
function caughtBy(
  state: HandlingState,
  position: Position,
  error: WorkflowError,
  thread: Thread,
  run: Run,
): Outcome {
  if (state.type !== "Task") {
    thread.previous = run.record(`${state.type}StateFailed`, thread.previous);
    // What was too large together is made anew, all of it (Step Functions, "Redriving executions").
    const isWhole = position.branches?.every(({ finished }) => finished);
    if (isWhole && error.error === "States.DataLimitExceeded") delete position.branches;
  }
  const catcher = state.catchers.find(({ errors }) => matches(errors, error));
  if (!catcher) throw error;
  const output = place(position.input, catcher.resultPath, {
    Error: error.error ?? "",
    Cause: error.reason ?? "",
  });
  requireSize(output, state.name);
  return { next: catcher.next, output };
}

function givenBy(run: Run, name: string, visit: Visit, retries: number): Given {
  const state = { EnteredTime: visit.time, Name: name, RetryCount: retries };
  return { context: { ...run.context, State: state }, random: run.random };
}

/** Error or cause of a Fail state. */
function text(evaluate: Evaluate | undefined, data: unknown, given: Given): string | undefined {
  const value = evaluate?.(data, given);
  if (value === undefined || typeof value === "string") return value;
  throw runtimeError(`The error or cause is ${JSON.stringify(value)}; a string is expected`);
}
