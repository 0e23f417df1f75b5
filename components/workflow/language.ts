/** The part of the Amazon States Language (JSONPath) that the workflow uses, as types. */

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxAttempts: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL" | "NONE";
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  /** Where the error output goes; without it, it replaces the state. */
  readonly ResultPath?: string;
}

/** A payload template: keys that end in `.$` hold a path or an intrinsic function. */
export type Template = Readonly<Record<string, unknown>>;

/** Where a state leads. */
export type Exit = { readonly Next: string } | { readonly End: true };

interface Described {
  readonly Comment?: string;
}

export type TaskState = Described &
  Exit & {
    readonly Type: "Task";
    readonly Resource: string;
    readonly Parameters: Template;
    readonly ResultSelector?: Template;
    readonly ResultPath?: string | null;
    readonly TimeoutSeconds: number;
    readonly Retry: readonly Retrier[];
    readonly Catch?: readonly Catcher[];
  };

export type PassState = Described &
  Exit & { readonly Type: "Pass"; readonly Parameters: Template; readonly ResultPath?: string };

export type ParallelState = Described &
  Exit & {
    readonly Type: "Parallel";
    readonly Branches: readonly Machine[];
    readonly ResultSelector?: Template;
  };

/** Absence is tested with `Not` around this: `IsPresent: false` is not understood by every interpreter. */
export type ChoiceTest =
  | { readonly Variable: string; readonly IsPresent: true }
  | { readonly Variable: string; readonly BooleanEquals: boolean }
  | { readonly Variable: string; readonly StringEquals: string };

export type ChoiceRule = { readonly Next: string } & (
  | ChoiceTest
  | { readonly Not: ChoiceTest }
  | { readonly And: readonly ChoiceTest[] }
);

export type ChoiceState = Described & {
  readonly Type: "Choice";
  readonly Choices: readonly ChoiceRule[];
  readonly Default: string;
};

export type SucceedState = Described & { readonly Type: "Succeed" };

export type FailState = Described & {
  readonly Type: "Fail";
  readonly Error: string;
  readonly Cause: string;
};

export type State = TaskState | PassState | ParallelState | ChoiceState | SucceedState | FailState;
export type States = Readonly<Record<string, State>>;

/** A state machine, or a branch of a Parallel state. */
export interface Machine {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly States: States;
}
