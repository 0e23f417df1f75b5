import type { Condition } from "./choice.ts";
import type { Integration } from "./integrations.ts";
import type { Steps } from "./paths.ts";
import type { Catcher, Retrier } from "./retry.ts";
import type { Evaluate } from "./template.ts";

/** A definition in the Amazon States Language, prepared once for all executions. */

/** The states of a state machine or of a branch. */
export interface Block {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

interface Named {
  readonly name: string;
}

/** InputPath and OutputPath; null gives an empty object. */
interface Selecting {
  readonly inputPath: Evaluate | null;
  readonly outputPath: Evaluate | null;
}

interface Leading {
  /** The next state; undefined ends the block. */
  readonly next: string | undefined;
}

interface Placing {
  readonly parameters: Evaluate | undefined;
  /** Where the result goes in the state's input; null drops it. */
  readonly resultPath: Steps | null;
}

/** What a state that can fail does about it. */
export interface Handling {
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
}

export interface TaskState extends Named, Selecting, Leading, Placing, Handling {
  readonly type: "Task";
  /** `lambda` of `arn:aws:states:::lambda:invoke`. */
  readonly resourceType: string;
  /** `invoke` of `arn:aws:states:::lambda:invoke`. */
  readonly resource: string;
  readonly integration: Integration;
  readonly resultSelector: Evaluate | undefined;
  /** The most that one attempt may take, in seconds. */
  readonly timeoutSeconds: Evaluate | undefined;
}

export interface PassState extends Named, Selecting, Leading, Placing {
  readonly type: "Pass";
  readonly result: { readonly value: unknown } | undefined;
}

export interface ChoiceState extends Named, Selecting {
  readonly type: "Choice";
  readonly rules: readonly { readonly holds: Condition; readonly next: string }[];
  readonly otherwise: string | undefined;
}

export interface WaitState extends Named, Selecting, Leading {
  readonly type: "Wait";
  /** Until when, in milliseconds since the epoch, from the state's input and the time. */
  readonly until: (data: unknown, context: unknown, now: number) => number;
}

export interface ParallelState extends Named, Selecting, Leading, Placing, Handling {
  readonly type: "Parallel";
  readonly branches: readonly Block[];
  readonly resultSelector: Evaluate | undefined;
}

/** A Map state in inline mode. */
export interface MapState extends Named, Selecting, Leading, Placing, Handling {
  readonly type: "Map";
  /** The array, in the state's effective input. */
  readonly itemsPath: Evaluate;
  /** An iteration's input; the item itself without it. */
  readonly itemSelector: Evaluate | undefined;
  readonly processor: Block;
  /** Iterations at a time; 0 for as many as there are. */
  readonly maximumConcurrency: number;
  readonly resultSelector: Evaluate | undefined;
}

/** States that can fail and have something done about it. */
export type HandlingState = TaskState | ParallelState | MapState;

export interface SucceedState extends Named, Selecting {
  readonly type: "Succeed";
}

export interface FailState extends Named {
  readonly type: "Fail";
  readonly error: Evaluate | undefined;
  readonly cause: Evaluate | undefined;
}

export type State = HandlingState | PassState | ChoiceState | WaitState | SucceedState | FailState;

export interface Definition extends Block {
  /** The most that an execution may take, in seconds; undefined leaves that to the state machine's type. */
  readonly timeoutSeconds: number | undefined;
}
