import { DataError } from "./errors.ts";
import { INTRINSIC_FUNCTIONS } from "./intrinsic-functions.ts";
import { compilePath, isObject } from "./paths.ts";
import type { Evaluate } from "./template.ts";

/** A literal string of an intrinsic function, still escaped, since States.Format reads `\{` itself. */
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

/** Deeper calls within each other are refused ("Intrinsic functions", at most 10 nested). */
const MAXIMUM_NESTING = 10;

/**
 * Prepares an intrinsic function such as `States.Format('{} of {}', $.a, $.b)`. Throws what names the expression if it
 * cannot be read or there is no such function.
 */
export function compileIntrinsic(source: string, where: string): Evaluate {
  const refuse = (why: string) => new Error(`${where} is ${JSON.stringify(source)}; ${why}`);
  let position = 0;
  let depth = 0;
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern.source, "ys");
    sticky.lastIndex = position;
    const found = sticky.exec(source)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  };
  function argument(): Argument {
    take(/\s*/);
    const literal = take(/'(?:[^'\\]|\\.)*'/);
    if (literal !== undefined) return new Literal(literal.slice(1, -1));
    const path = take(/\$(?:\['[^']*'\]|\["[^"]*"\]|[^,()\s])*/);
    if (path !== undefined) {
      const read = compilePath(path, where, where.slice(where.lastIndexOf(".", where.length - 3) + 1));
      return (data, given) => read(data, given.context);
    }
    const constant = take(/-?\d+(?:\.\d+)?|true|false|null/);
    if (constant === undefined) return call();
    const value: unknown = JSON.parse(constant);
    return () => value;
  }
  function call(): Evaluate {
    const name = take(/States\.\w+/);
    if (name === undefined || take(/\(/) === undefined) throw refuse("allowed is a path or States.Name(…)");
    if (name !== "States.Format" && !Object.hasOwn(INTRINSIC_FUNCTIONS, name))
      throw refuse(`${name} is no intrinsic function; there are: ${NAMES.join(", ")}`);
    depth += 1;
    if (depth > MAXIMUM_NESTING) throw refuse(`at most ${MAXIMUM_NESTING} functions are nested`);
    const args: Argument[] = [];
    take(/\s*/);
    while (take(/\)/) === undefined) {
      if (args.length > 0 && take(/,/) === undefined) throw refuse(`"," or ")" expected at ${position}`);
      args.push(argument());
      take(/\s*/);
    }
    depth -= 1;
    return name === "States.Format" ? format(args, refuse) : apply(name, args, refuse);
  }
  const evaluate = call();
  if (position !== source.length) throw refuse(`nothing may follow at ${position}`);
  return evaluate;
}

const NAMES = ["States.Format", ...Object.keys(INTRINSIC_FUNCTIONS)];

type Refuse = (why: string) => Error;

function apply(name: string, args: readonly Argument[], refuse: Refuse): Evaluate {
  const { takes, compute } = INTRINSIC_FUNCTIONS[name] ?? { takes: [0, 0], compute: () => undefined };
  const [fewest, most] = takes;
  if (args.length < fewest || args.length > most)
    throw refuse(`${name} has ${args.length} arguments; allowed are ${fewest} to ${most}`);
  const evaluations = args.map(evaluation);
  return (data, given) => {
    const values = evaluations.map((each) => each(data, given));
    try {
      return compute(values, given.random);
    } catch (error) {
      throw failure(name, (error as Error).message);
    }
  };
}

function evaluation(argument: Argument): Evaluate {
  if (!(argument instanceof Literal)) return argument;
  const { text } = argument;
  return () => text;
}

/** `States.Format`: `{}` stands for the arguments, one after the other. */
function format([template, ...args]: readonly Argument[], refuse: Refuse): Evaluate {
  if (template === undefined) throw refuse("States.Format needs a template");
  const evaluations = args.map(evaluation);
  const fill = (parts: readonly string[], values: readonly unknown[]) =>
    values.reduce<string>((done, value, index) => done + shown(value) + parts[index + 1], parts[0] ?? "");
  if (template instanceof Literal) {
    const parts = partsOf(template.raw);
    if (parts.length !== args.length + 1) throw refuse(`${args.length} values for ${parts.length - 1} {}`);
    return (data, given) =>
      fill(
        parts,
        evaluations.map((each) => each(data, given)),
      );
  }
  return (data, given) => {
    const text = template(data, given);
    const parts = typeof text === "string" ? partsOf(text) : [];
    if (parts.length !== args.length + 1)
      throw failure("States.Format", `${args.length} values for ${parts.length - 1} {}`);
    return fill(
      parts,
      evaluations.map((each) => each(data, given)),
    );
  };
}

function partsOf(template: string): string[] {
  return template.split(/(?<!(?:^|[^\\])(?:\\\\)*\\)\{\}/).map((part) => new Literal(part).text);
}

/** Objects and arrays appear in the form that Java gives a map: `{a=1, b=[x, y]}`. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (!isObject(value)) return String(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${name}=${shown(member)}`)
    .join(", ")}}`;
}

function failure(name: string, why: string): DataError {
  return new DataError("States.IntrinsicFailure", `The function '${name}' had the following error: ${why}`);
}
