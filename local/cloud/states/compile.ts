import { compileState } from "./compile-state.ts";
import type { Block, Definition, State } from "./definition.ts";
import { DefinitionError, FieldError, type Problem } from "./definition-problem.ts";
import { isObject } from "./paths.ts";
import { type Fields, StateFields } from "./state-fields.ts";

/**
 * Checks a definition in the Amazon States Language and prepares it. Throws a DefinitionError with everything that is
 * wrong or not carried out, each in the form `CODE: reason at /States/Name/Field`.
 */
export function compile(text: string): Definition {
  const problems: Problem[] = [];
  const definition = parse(text);
  const compiler = new Compiler(problems);
  const block = compiler.block(definition, "");
  const { TimeoutSeconds: seconds } = definition;
  const isAllowed = seconds === undefined || (Number.isInteger(seconds) && Number(seconds) > 0);
  if (!isAllowed)
    compiler.add(
      new FieldError(
        "TimeoutSeconds",
        `TimeoutSeconds is ${JSON.stringify(seconds)}; allowed is a positive integer`,
      ),
      "",
    );
  if (problems.length > 0) throw new DefinitionError(problems);
  return { ...block, timeoutSeconds: seconds === undefined ? undefined : Number(seconds) };
}

function parse(text: string): Fields {
  let definition: unknown;
  try {
    definition = JSON.parse(text);
  } catch (error) {
    throw new DefinitionError([
      { code: "INVALID_JSON_DESCRIPTION", message: (error as Error).message, location: "/" },
    ]);
  }
  if (isObject(definition)) return definition;
  const message = "Definition must be a valid JSON object";
  throw new DefinitionError([{ code: "SCHEMA_VALIDATION_FAILED", message, location: "/" }]);
}

class Compiler {
  readonly #problems: Problem[];
  readonly #names = new Set<string>();

  constructor(problems: Problem[]) {
    this.#problems = problems;
  }

  add(error: unknown, location: string): void {
    const { code, field, message } =
      error instanceof FieldError
        ? error
        : { code: "SCHEMA_VALIDATION_FAILED", field: "", message: (error as Error).message };
    this.#problems.push({ code, message, location: `${location}${field === "" ? "" : `/${field}`}` || "/" });
  }

  block(machine: Fields, location: string): Block {
    const missing = ["States", "StartAt"].filter((field) => machine[field] === undefined);
    if (missing.length > 0)
      this.add(new FieldError("", `These fields are required: [${missing.join(", ")}]`), location);
    if (machine.QueryLanguage !== undefined && machine.QueryLanguage !== "JSONPath")
      this.add(
        new FieldError(
          "QueryLanguage",
          `QueryLanguage is ${JSON.stringify(machine.QueryLanguage)}; carried out is JSONPath`,
        ),
        location,
      );
    const given = Object.entries(isObject(machine.States) ? machine.States : {});
    const states = new Map<string, State>();
    for (const [name, state] of given) {
      const at = `${location}/States/${name}`;
      if (this.#names.has(name))
        this.add(
          new FieldError(
            "",
            `State name ${name} is used twice; names are unique in a definition`,
            "DUPLICATE_STATE_NAME",
          ),
          at,
        );
      this.#names.add(name);
      const compiled = this.#state(name, state, at);
      if (compiled) states.set(name, compiled);
    }
    const startAt = String(machine.StartAt);
    if (missing.length === 0)
      this.#requireTargets(
        startAt,
        states,
        given.map(([name]) => name),
        location,
      );
    return { startAt, states };
  }

  #state(name: string, state: unknown, location: string): State | undefined {
    try {
      if (!isObject(state)) throw new FieldError("", "a state must be an object");
      return compileState(new StateFields(name, state), (branch, place) =>
        this.block(isObject(branch) ? branch : {}, `${location}/${place}`),
      );
    } catch (error) {
      this.add(error, location);
      return undefined;
    }
  }

  /** Every target exists, and every state is one, or the start. */
  #requireTargets(
    startAt: string,
    states: ReadonlyMap<string, State>,
    names: string[],
    location: string,
  ): void {
    const targets = new Map([[startAt, `${location}/StartAt`]]);
    for (const state of states.values())
      for (const [field, target] of targetsOf(state))
        targets.set(target, `${location}/States/${state.name}/${field}`);
    for (const [target, at] of targets)
      if (!names.includes(target))
        this.#problems.push({
          code: "MISSING_TRANSITION_TARGET",
          message: `Missing target: ${target}`,
          location: at,
        });
    for (const name of names)
      if (!targets.has(name) && states.size === names.length)
        this.add(
          new FieldError("", `State "${name}" is not reachable.`, "MISSING_TRANSITION_TARGET"),
          `${location}/States/${name}`,
        );
  }
}

function targetsOf(state: State): [string, string][] {
  const targets: [string, string | undefined][] = [];
  if ("next" in state) targets.push(["Next", state.next]);
  if ("catchers" in state)
    for (const [index, { next }] of state.catchers.entries()) targets.push([`Catch[${index}]/Next`, next]);
  if (state.type === "Choice") {
    for (const [index, { next }] of state.rules.entries()) targets.push([`Choices[${index}]/Next`, next]);
    targets.push(["Default", state.otherwise]);
  }
  return targets.filter((each): each is [string, string] => each[1] !== undefined);
}
