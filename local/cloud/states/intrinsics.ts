import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { runtimeError, WorkflowError } from "./errors.ts";
import { isObject, parsePath, readSteps } from "./paths.ts";

/** Computes a value from a state's data and the context object. */
export type Evaluate = (data: unknown, context: unknown) => unknown;

/** A literal string of an intrinsic, still escaped, since States.Format reads `\{` itself. */
class Literal {
  readonly raw: string;
  constructor(raw: string) {
    this.raw = raw;
  }
  get text(): string {
    return this.raw.replaceAll(/\\(.)/gs, "$1");
  }
}

type Argument = Evaluate | Literal;
type Compute = (...values: unknown[]) => unknown;

const FUNCTIONS: Readonly<Record<string, Compute>> = {
  "States.Array": (...values) => values,
  "States.ArrayContains": (array, wanted) => list(array).some((each) => isDeepStrictEqual(each, wanted)),
  "States.ArrayGetItem": (array, index) => list(array)[number(index)],
  "States.ArrayLength": (array) => list(array).length,
  "States.Base64Decode": (value) => Buffer.from(text(value), "base64").toString("utf8"),
  "States.Base64Encode": (value) => Buffer.from(text(value)).toString("base64"),
  "States.Hash": (value, algorithm) =>
    createHash(text(algorithm).replace("-", "").toLowerCase())
      .update(typeof value === "string" ? value : JSON.stringify(value))
      .digest("hex"),
  "States.JsonMerge": (left, right) => ({ ...object(left), ...object(right) }),
  "States.JsonToString": (value) => JSON.stringify(value),
  "States.MathAdd": (left, right) => number(left) + number(right),
  "States.StringSplit": (value, separators) => split(text(value), text(separators)),
  "States.StringToJson": (value) => JSON.parse(text(value)),
  "States.UUID": () => randomUUID(),
};

/**
 * Prepares an intrinsic function such as `States.Format('{} of {}', $.a, $.b)` (Step Functions, "Intrinsic functions
 * for JSONPath states"). Throws what names the expression if it cannot be read or the function is not carried out.
 */
export function compileIntrinsic(source: string, where: string): Evaluate {
  const refuse = (why: string) => new Error(`${where} is ${JSON.stringify(source)}; ${why}`);
  let position = 0;
  const space = () => {
    while (source[position] === " ") position += 1;
  };
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = position;
    const found = sticky.exec(source)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  };
  function argument(): Argument {
    space();
    const literal = take(/'(?:[^'\\]|\\.)*'/);
    if (literal !== undefined) return new Literal(literal.slice(1, -1));
    const path = take(/\$[^,()\s]*/);
    if (path !== undefined) return compilePath(path, where);
    const constant = take(/-?\d+(?:\.\d+)?|true|false|null/);
    if (constant !== undefined) {
      const value: unknown = JSON.parse(constant);
      return () => value;
    }
    return call();
  }
  function call(): Evaluate {
    const name = take(/States\.\w+/);
    if (name === undefined || take(/\(/) === undefined) throw refuse("allowed is a path or States.Name(…)");
    if (name !== "States.Format" && !Object.hasOwn(FUNCTIONS, name))
      throw refuse(
        `${name} is not carried out; allowed: States.Format, ${Object.keys(FUNCTIONS).join(", ")}`,
      );
    const args: Argument[] = [];
    space();
    while (take(/\)/) === undefined) {
      if (args.length > 0 && take(/,/) === undefined) throw refuse(`"," or ")" expected at ${position}`);
      args.push(argument());
      space();
    }
    return name === "States.Format" ? format(args, refuse) : apply(name, args);
  }
  const evaluate = call();
  if (position !== source.length) throw refuse(`nothing may follow at ${position}`);
  return evaluate;
}

/** Prepares a reference path; a path that leads nowhere fails the execution with `States.Runtime`. */
export function compilePath(source: string, where: string): Evaluate {
  const { root, steps } = parsePath(source, where);
  return (data, context) => {
    const value = readSteps(root === "data" ? data : context, steps);
    if (value === undefined)
      throw runtimeError(`The JSONPath '${source}' specified for ${where} could not be found in the input`);
    return value;
  };
}

function resolve(argument: Argument, data: unknown, context: unknown): unknown {
  return argument instanceof Literal ? argument.text : argument(data, context);
}

function apply(name: string, args: readonly Argument[]): Evaluate {
  const carryOut = FUNCTIONS[name] as Compute;
  return (data, context) => {
    const values = args.map((each) => resolve(each, data, context));
    try {
      const result = carryOut(...values);
      if (result === undefined) throw new TypeError("there is no such value");
      return result;
    } catch (error) {
      throw new WorkflowError("States.IntrinsicFailure", `${name}: ${(error as Error).message}`);
    }
  };
}

function format(args: readonly Argument[], refuse: (why: string) => Error): Evaluate {
  const [template, ...values] = args;
  if (!(template instanceof Literal)) throw refuse("States.Format takes a literal template");
  const parts = template.raw.split(/(?<!\\)\{\}/).map((part) => new Literal(part).text);
  if (parts.length !== values.length + 1) throw refuse(`${values.length} values for ${parts.length - 1} {}`);
  return (data, context) =>
    values.reduce<string>((done, each, index) => {
      const value = resolve(each, data, context);
      if (typeof value === "object" && value !== null)
        throw new WorkflowError("States.IntrinsicFailure", "States.Format: a value is an object or array");
      return done + String(value) + parts[index + 1];
    }, parts[0] ?? "");
}

function split(value: string, separators: string): string[] {
  const parts = [""];
  for (const character of value)
    if (separators.includes(character)) parts.push("");
    else parts[parts.length - 1] += character;
  return parts.filter((part) => part !== "");
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("an array is expected");
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a string is expected");
  return value;
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("a number is expected");
  return value;
}

function object(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new TypeError("an object is expected");
  return value;
}
