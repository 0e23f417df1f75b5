import { INTEGRATIONS, type Integration } from "./integrations.ts";
import type { Evaluate } from "./intrinsics.ts";
import { libraryState } from "./library-state.ts";
import { isObject, parsePath, type ReferencePath, type Steps } from "./paths.ts";
import { compileTemplate } from "./template.ts";

type Fields = Record<string, unknown>;

/** What a Task or Pass state does, prepared once for all executions. */
export interface StatePlan {
  readonly name: string;
  /** Selects the input; null gives an empty object. */
  readonly inputPath: ReferencePath | null;
  readonly parameters: Evaluate | undefined;
  /** Carries out a Task; a Pass has its fixed result or none. */
  readonly integration: Integration | undefined;
  readonly result: { readonly value: unknown } | undefined;
  readonly resultSelector: Evaluate | undefined;
  /** Where the result goes in the state's input; null drops it. */
  readonly resultPath: Steps | null;
  readonly outputPath: ReferencePath | null;
  /** Whether Retry or Catch names States.DataLimitExceeded, which States.ALL does not match. */
  readonly matchesDataLimit: boolean;
}

export interface CompiledDefinition {
  /** For the interpreter: flow only, all data of Task and Pass states is prepared by their plans. */
  readonly definition: Fields;
  readonly plans: ReadonlyMap<string, StatePlan>;
}

/** Longest time that a timer can run, in seconds; a task without a limit gets it. */
const LONGEST_TIMER_SECONDS = 2_147_483;

/**
 * Splits a definition in the Amazon States Language into flow, which the interpreter carries out, and data, which the
 * plans do: they know the whole context object and evaluate intrinsic functions exactly. Throws an Error that names
 * what is not carried out.
 */
export function compile(definition: Fields, executionSeconds: number): CompiledDefinition {
  const plans = new Map<string, StatePlan>();
  const names = new Set<string>();
  const visit = (name: string, state: Fields): Fields => {
    if (names.has(name))
      throw new Error(`State name ${name} is used twice; names are unique in a definition`);
    names.add(name);
    return compileState(name, state, plans, (branch) => compileStates(branch, visit));
  };
  const flow = compileStates(definition, visit);
  const given = typeof definition.TimeoutSeconds === "number" ? definition.TimeoutSeconds : executionSeconds;
  return { definition: { ...flow, TimeoutSeconds: Math.min(given, executionSeconds) }, plans };
}

/** The longest that an execution may take, in seconds: EXPRESS ends after five minutes. */
export function executionSeconds(type: string): number {
  return type === "EXPRESS" ? 300 : LONGEST_TIMER_SECONDS;
}

function compileStates(machine: Fields, visit: (name: string, state: Fields) => Fields): Fields {
  if (machine.QueryLanguage !== undefined && machine.QueryLanguage !== "JSONPath")
    throw new Error(`QueryLanguage is ${JSON.stringify(machine.QueryLanguage)}; carried out is JSONPath`);
  const states = Object.entries(isObject(machine.States) ? machine.States : {});
  return {
    StartAt: machine.StartAt,
    States: Object.fromEntries(states.map(([name, state]) => [name, visit(name, state as Fields)])),
  };
}

function compileState(
  name: string,
  state: Fields,
  plans: Map<string, StatePlan>,
  compileBranch: (branch: Fields) => Fields,
): Fields {
  for (const field of ["QueryLanguage", "Assign", "Arguments", "Output", "Credentials"])
    if (state[field] !== undefined && state[field] !== "JSONPath")
      throw new Error(
        `${name}.${field} is not carried out: allowed are states of JSONPath without variables`,
      );
  if (state.Type === "Task" || state.Type === "Pass") {
    plans.set(name, planOf(name, state));
    return taskState(name, state);
  }
  const rewritten = libraryState(name, state);
  if (state.Type !== "Parallel") return rewritten;
  return { ...rewritten, Branches: (state.Branches as Fields[]).map(compileBranch) };
}

/** The interpreter's view of a Task or Pass: no data fields, only where to go, when to retry and what to catch. */
function taskState(name: string, state: Fields): Fields {
  for (const field of ["TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"])
    if (state[field] !== undefined)
      throw new Error(`${name}.${field} is not carried out; allowed is TimeoutSeconds`);
  const timeout = typeof state.TimeoutSeconds === "number" ? state.TimeoutSeconds : LONGEST_TIMER_SECONDS;
  const { Retry, Catch, Next, End } = libraryState(name, { ...state, ...NO_DATA });
  const flow = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Retry, Catch, Next, End };
  return {
    ...Object.fromEntries(Object.entries(flow).filter(([, value]) => value !== undefined)),
    TimeoutSeconds: Math.min(timeout, LONGEST_TIMER_SECONDS),
  };
}

const NO_DATA = {
  InputPath: undefined,
  Parameters: undefined,
  ResultSelector: undefined,
  ResultPath: undefined,
  OutputPath: undefined,
};

function planOf(name: string, state: Fields): StatePlan {
  const integration = state.Type === "Task" ? integrationOf(name, state.Resource) : undefined;
  const template = (field: string) =>
    state[field] === undefined ? undefined : compileTemplate(state[field], `${name}.${field}`);
  const path = (field: string) =>
    state[field] === null ? null : parsePath(String(state[field] ?? "$"), `${name}.${field}`);
  const resultPath = path("ResultPath");
  if (resultPath?.root === "context") throw new Error(`${name}.ResultPath may not lead into the context`);
  return {
    name,
    integration,
    inputPath: path("InputPath"),
    parameters: template("Parameters"),
    result: Object.hasOwn(state, "Result") ? { value: state.Result } : undefined,
    resultSelector: template("ResultSelector"),
    resultPath: resultPath === null ? null : resultPath.steps,
    outputPath: path("OutputPath"),
    matchesDataLimit: [state.Retry, state.Catch]
      .flat()
      .some((each) => isObject(each) && [each.ErrorEquals].flat().includes("States.DataLimitExceeded")),
  };
}

function integrationOf(name: string, resource: unknown): Integration {
  const found =
    typeof resource === "string" && Object.hasOwn(INTEGRATIONS, resource)
      ? INTEGRATIONS[resource]
      : undefined;
  if (!found)
    throw new Error(
      `${name}.Resource is ${JSON.stringify(resource)}; carried out are ${Object.keys(INTEGRATIONS).join(", ")}`,
    );
  return found;
}
