import type { Value } from "../program/wire.ts";
import { isRecord } from "../program/wire.ts";
import { list, record } from "../providers/resource-type.ts";

/** A state machine's definition in the Amazon States Language. */
interface Machine {
  StartAt?: Value;
  States?: Value;
}

/** A state that an execution comes through. */
export interface Visit {
  name: string;
  state: Record<string, Value>;
  /** States that run at the same time, one after another in each list; of a Parallel state. */
  branches: Visit[][];
}

/**
 * The fewest states from a definition's start through the given ones, without anything being caught: what an execution
 * visits that ends at the last of them. Of a Parallel state, all branches. Throws naming a state that it cannot reach.
 */
export function pathThrough(definition: string, through: readonly string[]): Visit[] {
  const machine = JSON.parse(definition) as Machine;
  const names = [String(machine.StartAt)];
  for (const target of through) names.push(...shortest(machine, names.at(-1) ?? "", target));
  return names.map((name) => visit(machine, name));
}

/** Number of states entered, those in branches too: the transitions of a STANDARD execution. */
export function transitions(path: readonly Visit[]): number {
  return flat(path).length;
}

/** Every visited state, those in branches too. */
export function flat(path: readonly Visit[]): Visit[] {
  return path.flatMap((each) => [each, ...each.branches.flatMap(flat)]);
}

function visit(machine: Machine, name: string): Visit {
  const state = stateOf(machine, name);
  const branches = list(state.Branches).map((branch) => {
    const inner: Machine = record(branch);
    return [...untilEnd(inner)].map((each) => visit(inner, each));
  });
  return { name, state, branches };
}

/** States from a branch's start to its end, by `Next`. */
function untilEnd(machine: Machine): Set<string> {
  const names = new Set<string>();
  let next: Value | undefined = machine.StartAt;
  while (typeof next === "string" && !names.has(next)) {
    names.add(next);
    const state: Record<string, Value> = stateOf(machine, next);
    next = state.Next ?? state.Default;
  }
  return names;
}

/** The states after `from` on the shortest way to `to`. */
function shortest(machine: Machine, from: string, to: string): string[] {
  const ways = new Map<string, string[]>([[from, []]]);
  for (const [name, way] of ways) {
    if (name === to) return way;
    const state = stateOf(machine, name);
    const choices = list(state.Choices).map((choice) => record(choice).Next);
    for (const next of [state.Next, ...choices, state.Default])
      if (typeof next === "string" && !ways.has(next)) ways.set(next, [...way, next]);
  }
  throw new Error(`the workflow has no way from state "${from}" to state "${to}"`);
}

function stateOf(machine: Machine, name: string): Record<string, Value> {
  const state = record(machine.States)[name];
  if (!isRecord(state)) throw new Error(`the workflow has no state "${name}"`);
  return state;
}
