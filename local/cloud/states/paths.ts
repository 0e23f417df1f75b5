import { runtimeError } from "./errors.ts";

/** A place in a JSON value, from its root: member names and array positions. */
export type Steps = readonly (string | number)[];

/** A reference path of the Amazon States Language: into the state's data (`$`) or the context object (`$$`). */
export interface ReferencePath {
  readonly root: "data" | "context";
  readonly steps: Steps;
}

const STEP = /\.([^\s.[\]*?@(),:'"$]+)|\[(\d+)\]|\['([^'\]]*)'\]|\["([^"\]]*)"\]/y;

/**
 * Reads a reference path such as `$.detail.amount`, `$[0]['detail-type']` or `$$.Execution.Id`. JSONPath operators
 * that select several values (wildcards, slices, filters, `..`) are refused, since nothing here needs them.
 */
export function parsePath(text: string, where: string): ReferencePath {
  const root = text.startsWith("$$") ? "context" : "data";
  let position = root === "context" ? 2 : 1;
  const steps: (string | number)[] = [];
  if (text.startsWith("$"))
    while (position < text.length) {
      STEP.lastIndex = position;
      const found = STEP.exec(text);
      if (!found) break;
      steps.push(found[2] === undefined ? (found[1] ?? found[3] ?? found[4] ?? "") : Number(found[2]));
      position = STEP.lastIndex;
    }
  if (!text.startsWith("$") || position !== text.length)
    throw new Error(
      `${where} is ${JSON.stringify(text)}; allowed is a reference path of names and positions, ` +
        "such as $.detail.amount, $[0] or $['detail-type']",
    );
  return { root, steps };
}

/** The value at a place, or undefined if there is none. Inherited members do not count. */
export function readSteps(value: unknown, steps: Steps): unknown {
  let current = value;
  for (const step of steps) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

/** A copy of `target` with `value` at a place; objects on the way are made where they are missing. */
export function writeSteps(target: unknown, steps: Steps, value: unknown): unknown {
  const [head, ...rest] = steps;
  if (head === undefined) return value;
  if (typeof head === "number") {
    const copy: unknown[] = Array.isArray(target) ? [...target] : [];
    copy[head] = writeSteps(copy[head], rest, value);
    return copy;
  }
  const copy: Record<string, unknown> = isObject(target) ? { ...target } : {};
  copy[head] = writeSteps(Object.hasOwn(copy, head) ? copy[head] : undefined, rest, value);
  return copy;
}

/** Prepares a path; one that leads nowhere fails the execution with `States.Runtime`. `field` names it in errors. */
export function compilePath(
  source: string,
  where: string,
  field: string,
): (data: unknown, context: unknown) => unknown {
  const { root, steps } = parsePath(source, where);
  return (data, context) => {
    const value = readSteps(root === "data" ? data : context, steps);
    if (value === undefined)
      throw runtimeError(
        `The JSONPath '${source}' specified for the field '${field}' could not be found in the input ` +
          `'${JSON.stringify(data)}'`,
      );
    return value;
  };
}

/** A JSON object: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
