import { isObject, parsePath, type ReferencePath } from "./paths.ts";

type Fields = Record<string, unknown>;

const CARRIED_OUT = ["Task", "Pass", "Choice", "Wait", "Parallel", "Succeed", "Fail"];

/** The member of the interpreter's context that holds the real context object: it overwrites parts of its own. */
export const CONTEXT_MEMBER = "Origin";

/**
 * A state as the interpreter can carry it out exactly: its paths in the one form that it reads as AWS does, and the
 * context object taken from where it stays whole. Throws an Error that names what is not carried out.
 */
export function libraryState(name: string, state: Fields): Fields {
  if (typeof state.Type !== "string" || !CARRIED_OUT.includes(state.Type))
    throw new Error(
      `${name}.Type is ${JSON.stringify(state.Type)}; carried out are ${CARRIED_OUT.join(", ")}`,
    );
  if (state.Type === "Parallel" && namesDataLimit(state))
    throw new Error(
      `${name} matches States.DataLimitExceeded; here only the Task where it happens can match it`,
    );
  return rewrite(state, name) as Fields;
}

function rewrite(value: unknown, where: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => rewrite(item, `${where}[${index}]`));
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    const place = `${where}.${name}`;
    if (member === undefined || name === "Branches" || name === "Result") return [];
    if (name === "ResultPath") return resultPath(member, place);
    if (["InputPath", "OutputPath"].includes(name) && member === "$") return [];
    return [[name, isPathMember(name, member) ? queryPath(member, place) : rewrite(member, place)]];
  });
  return Object.fromEntries(members);
}

function isPathMember(name: string, member: unknown): member is string {
  return typeof member === "string" && (name.endsWith("Path") || name.endsWith(".$") || name === "Variable");
}

/** The whole input is what the interpreter does without a ResultPath; it would take `$` for a name. */
function resultPath(member: unknown, where: string): [string, unknown][] {
  if (member === null) return [["ResultPath", null]];
  const path = parsePath(String(member), where);
  if (path.root === "context") throw new Error(`${where} may not lead into the context`);
  if (path.steps.length === 0) return [];
  const steps = plain(path, where).map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  return [["ResultPath", `$${steps.join("")}`]];
}

function queryPath(text: string, where: string): string {
  if (text.startsWith("States."))
    throw new Error(
      `${where} is ${JSON.stringify(text)}; intrinsic functions belong in Task and Pass states`,
    );
  const path = parsePath(text, where);
  const steps = plain(path, where).map((step) => (typeof step === "number" ? `[${step}]` : `['${step}']`));
  if (path.root === "data") return `$${steps.join("")}`;
  if (path.steps[0] !== "Execution" && path.steps[0] !== "StateMachine")
    throw new Error(`${where} is ${text}; outside Task and Pass states: $$.Execution and $$.StateMachine`);
  return `$$['${CONTEXT_MEMBER}']${steps.join("")}`;
}

function plain(path: ReferencePath, where: string): ReferencePath["steps"] {
  for (const step of path.steps)
    if (typeof step === "string" && !/^[\w-]+$/.test(step))
      throw new Error(
        `${where} has the name ${JSON.stringify(step)}; allowed here are letters, digits, _ and -`,
      );
  return path.steps;
}

function namesDataLimit(state: Fields): boolean {
  return [state.Retry, state.Catch]
    .flat()
    .some((each) => isObject(each) && [each.ErrorEquals].flat().includes("States.DataLimitExceeded"));
}
