import { compileIntrinsic } from "./intrinsics.ts";
import { compilePath, isObject } from "./paths.ts";

/** What a state's fields are computed from besides its data. */
export interface Given {
  /** The context object (`$$`). */
  readonly context: Readonly<Record<string, unknown>>;
  readonly random: () => number;
}

/** Computes a value from a state's data. */
export type Evaluate = (data: unknown, given: Given) => unknown;

/**
 * Prepares a payload template (Parameters, ResultSelector): members whose name ends in `.$` are computed from a path
 * or an intrinsic function, everything else stays as it is. `where` names the field in errors.
 */
export function compileTemplate(template: unknown, where: string): Evaluate {
  return compilePart(template, where) ?? (() => template);
}

/** Undefined where nothing is to be computed, so that constant parts are not built anew. */
function compilePart(template: unknown, where: string): Evaluate | undefined {
  if (Array.isArray(template)) {
    const parts = template.map((item, index) => compilePart(item, `${where}[${index}]`));
    if (parts.every((part) => part === undefined)) return undefined;
    return (data, given) =>
      template.map((item, index) => {
        const part = parts[index];
        return part ? part(data, given) : item;
      });
  }
  if (!isObject(template)) return undefined;
  const names = new Set<string>();
  const members = Object.entries(template).map(([member, value]) => {
    const name = member.endsWith(".$") ? member.slice(0, -2) : member;
    if (names.has(name)) throw new Error(`${where}.${name} is given twice, with and without .$`);
    names.add(name);
    const evaluate =
      name === member
        ? compilePart(value, `${where}.${name}`)
        : compileExpression(value, `${where}.${member}`, member);
    return { name, value, evaluate };
  });
  if (members.every(({ evaluate }) => evaluate === undefined)) return undefined;
  return (data, given) => {
    const result: [string, unknown][] = members.map(({ name, value, evaluate }) => [
      name,
      evaluate ? evaluate(data, given) : value,
    ]);
    return Object.fromEntries(result);
  };
}

/** Prepares a path or an intrinsic function; `field` is its name in the errors of executions. */
export function compileExpression(value: unknown, where: string, field: string): Evaluate {
  if (typeof value !== "string")
    throw new Error(`${where} is ${JSON.stringify(value)}; allowed is a path or an intrinsic function`);
  if (!value.startsWith("$")) return compileIntrinsic(value, where);
  const read = compilePath(value, where, field);
  return (data, given) => read(data, given.context);
}
