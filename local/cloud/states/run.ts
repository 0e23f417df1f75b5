import type { Caller, Clock, Json } from "../service.ts";
import { WorkflowError } from "./errors.ts";
import { isObject, type Steps, writeSteps } from "./paths.ts";
import type { Evaluate, Given } from "./template.ts";
import type { Extent } from "./timers.ts";

/** What one execution gives the interpreter. */
export interface Run {
  readonly clock: Clock;
  readonly random: () => number;
  readonly call: Caller;
  readonly from: { readonly region: string; readonly principal: string };
  /** Execution and StateMachine of the context object. */
  readonly context: Json;
  /** Notes an event and gives its id. */
  record(type: string, previous: number, details?: () => Json): number;
}

/** Where a block stands. It outlives a failure, so that a redrive goes on from here. */
export interface Position {
  state: string;
  input: unknown;
  /** The block has ended with this. */
  finished?: { readonly output: unknown };
  /** Of the branches of the Parallel state, or the iterations of the Map state, that it is in. */
  branches?: Position[];
  hasBegun?: boolean;
  /** The state is redriven: it was entered before. */
  isRedriven?: boolean;
}

/** One line of events, each of which leads to the next, and how far it may run. */
export interface Thread {
  previous: number;
  readonly extent: Extent;
}

/** Applies InputPath or OutputPath. */
export function select(path: Evaluate | null, data: unknown, given: Given): unknown {
  return path === null ? {} : path(data, given);
}

/** Puts a result where ResultPath says in a state's input. */
export function place(input: unknown, path: Steps | null, result: unknown): unknown {
  if (path === null) return input;
  if (path.length === 0) return result;
  if (!isObject(input))
    throw new WorkflowError(
      "States.ResultPathMatchFailure",
      `Unable to apply ReferencePath $.${path.join(".")} to input ${JSON.stringify(input)}`,
    );
  return writeSteps(input, path, result);
}
