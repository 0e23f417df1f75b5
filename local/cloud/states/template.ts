import { compileIntrinsic, compilePath, type Evaluate } from "./intrinsics.ts";
import { isObject } from "./paths.ts";

/**
 * Prepares a payload template (Parameters, ResultSelector): members whose name ends in `.$` are computed from a path
 * or an intrinsic function, everything else stays as it is. `where` names the field in errors.
 */
export function compileTemplate(template: unknown, where: string): Evaluate {
  if (Array.isArray(template)) {
    const items = template.map((item, index) => compileTemplate(item, `${where}[${index}]`));
    return (data, context) => items.map((item) => item(data, context));
  }
  if (!isObject(template)) return () => template;
  const members = Object.entries(template).map(([name, value]) => compileMember(name, value, where));
  return (data, context) =>
    Object.fromEntries(members.map(([name, evaluate]) => [name, evaluate(data, context)]));
}

function compileMember(name: string, value: unknown, where: string): [string, Evaluate] {
  const place = `${where}.${name}`;
  if (!name.endsWith(".$")) return [name, compileTemplate(value, place)];
  if (typeof value !== "string")
    throw new Error(`${place} is ${JSON.stringify(value)}; allowed is a path or an intrinsic function`);
  const evaluate = value.startsWith("$") ? compilePath(value, place) : compileIntrinsic(value, place);
  return [name.slice(0, -2), evaluate];
}
