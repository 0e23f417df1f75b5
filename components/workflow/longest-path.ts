import type { Machine, Retrier, State, TaskState } from "./language.ts";

/**
 * The most seconds that an execution can take, if every attempt runs into its time limit and every wait is as long
 * as it can be. Throws naming the state if the machine has a loop or leads to a state that it does not have.
 */
export function longestPathSeconds(machine: Machine): number {
  const known = new Map<string, number>();
  const open = new Set<string>();
  const from = (name: string): number => {
    const already = known.get(name);
    if (already !== undefined) return already;
    if (open.has(name))
      throw new Error(`State "${name}" is part of a loop, so the path has no longest length`);
    const state = machine.States[name];
    if (!state) throw new Error(`State "${name}" is not part of the machine`);
    open.add(name);
    const rest = nextStates(state).map(from);
    open.delete(name);
    const seconds = ownSeconds(state) + Math.max(0, ...rest);
    known.set(name, seconds);
    return seconds;
  };
  return from(machine.StartAt);
}

/** Every state that may follow. */
export function nextStates(state: State): string[] {
  if (state.Type === "Succeed" || state.Type === "Fail") return [];
  if (state.Type === "Choice") return [...state.Choices.map((choice) => choice.Next), state.Default];
  const caught = state.Type === "Task" ? (state.Catch ?? []).map((catcher) => catcher.Next) : [];
  return "Next" in state ? [state.Next, ...caught] : caught;
}

function ownSeconds(state: State): number {
  if (state.Type === "Parallel") return Math.max(...state.Branches.map(longestPathSeconds));
  return state.Type === "Task" ? taskSeconds(state) : 0;
}

/** Retriers count their attempts apart, so a task may use up each of them. */
function taskSeconds(task: TaskState): number {
  const retries = task.Retry.reduce((sum, retrier) => sum + retrier.MaxAttempts, 0);
  const waits = task.Retry.reduce((sum, retrier) => sum + waitSeconds(retrier), 0);
  return (1 + retries) * task.TimeoutSeconds + waits;
}

function waitSeconds(retrier: Retrier): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY } = retrier;
  const waits = Array.from({ length: retrier.MaxAttempts }, (_, attempt) =>
    Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds),
  );
  return waits.reduce((sum, wait) => sum + wait, 0);
}
