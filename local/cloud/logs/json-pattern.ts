import { ServiceError } from "../service.ts";

type Predicate = (root: Record<string, unknown>) => boolean;

/** Parts of a pattern: operators, quoted texts, selectors and words, and what is none of these. */
const TOKENS =
  /\s*(&&|\|\||!=|<=|>=|[()=<>]|"(?:[^"\\]|\\.)*"|\$(?:\.[A-Za-z0-9_-]+|\[\d+\])*|[^\s()=<>&|"!]+|\S)/gy;
const SELECTOR = /^\$(?:\.[A-Za-z0-9_-]+|\[\d+\])+$/;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * A predicate for a filter pattern on JSON: comparisons of selectors (`$.a.b[0]`) by `=`, `!=`, `<`, `<=`, `>`, `>=`,
 * with `*` in texts for anything; `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`; joined by `&&` and, weaker, `||`,
 * with parentheses. A member that is not there matches nothing but NOT EXISTS. Throws for anything else.
 * (CloudWatch Logs User Guide, "Using filter patterns to match terms in JSON log events".)
 */
export function jsonPattern(text: string): Predicate {
  const refuse = (reason: string): ServiceError =>
    new ServiceError("InvalidParameterException", `Invalid filter pattern ${text.slice(0, 100)}: ${reason}`);
  if (!text.endsWith("}")) throw refuse("a pattern on JSON is enclosed in { and }");
  const tokens = [...text.slice(1, -1).trim().matchAll(TOKENS)].map(([, token = ""]) => token);
  let at = 0;
  const take = (): string => {
    const token = tokens[at];
    if (token === undefined) throw refuse("it ends too early");
    at += 1;
    return token;
  };

  const joined = (operator: string, part: () => Predicate): Predicate[] => {
    const parts = [part()];
    while (tokens[at] === operator) {
      at += 1;
      parts.push(part());
    }
    return parts;
  };
  const either = (): Predicate => {
    const parts = joined("||", both);
    return (root) => parts.some((part) => part(root));
  };
  const both = (): Predicate => {
    const parts = joined("&&", single);
    return (root) => parts.every((part) => part(root));
  };
  const single = (): Predicate => {
    if (tokens[at] !== "(") return comparison();
    at += 1;
    const inner = either();
    if (take() !== ")") throw refuse("a parenthesis is not closed");
    return inner;
  };
  const comparison = (): Predicate => {
    const selector = take();
    if (!SELECTOR.test(selector)) throw refuse(`expected a selector such as $.level, found ${selector}`);
    const operator = take();
    if (operator === "IS" || operator === "NOT") return postfix(selector, `${operator} ${take()}`);
    const value = take();
    if (value.startsWith("%")) throw refuse("the local cloud does not carry out regular expressions");
    const compare = comparator(operator, value);
    if (!compare) throw refuse(`${selector} cannot be compared by ${operator} with ${value}`);
    return (root) => {
      const found = select(root, selector);
      return found !== undefined && found !== null && compare(found);
    };
  };
  const postfix = (selector: string, test: string): Predicate => {
    const wanted = { "IS NULL": null, "IS TRUE": true, "IS FALSE": false, "NOT EXISTS": undefined };
    if (!Object.hasOwn(wanted, test)) throw refuse(`${test} is none of ${Object.keys(wanted).join(", ")}`);
    return (root) => select(root, selector) === wanted[test as keyof typeof wanted];
  };

  const predicate = either();
  if (at < tokens.length) throw refuse(`${tokens[at]} is not expected there`);
  return predicate;
}

/** What a selector names; undefined if it is not there. */
function select(root: unknown, selector: string): unknown {
  let value: unknown = root;
  for (const [, name, index] of selector.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]/g)) {
    if (typeof value !== "object" || value === null) return undefined;
    const key = name ?? index ?? "";
    value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value;
}

/** How a value that is there compares; undefined if the operator or the operand is none. */
function comparator(operator: string, operand: string): ((value: unknown) => boolean) | undefined {
  const number = NUMBER.test(operand) ? Number(operand) : undefined;
  const ordered: Record<string, (value: number, limit: number) => boolean> = {
    "<": (value, limit) => value < limit,
    "<=": (value, limit) => value <= limit,
    ">": (value, limit) => value > limit,
    ">=": (value, limit) => value >= limit,
  };
  const order = ordered[operator];
  if (order)
    return number === undefined ? undefined : (value) => typeof value === "number" && order(value, number);
  if ((operator !== "=" && operator !== "!=") || /^[&|()=<>!$]/.test(operand)) return undefined;
  const text = operand.startsWith('"') ? operand.slice(1, -1).replaceAll(/\\(.)/g, "$1") : operand;
  const pieces = text.split("*").map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const wildcard = new RegExp(`^${pieces.join("[^]*")}$`);
  const equals = (value: unknown): boolean =>
    typeof value === "number" && number !== undefined
      ? value === number
      : typeof value !== "object"
        ? wildcard.test(String(value))
        : text === "*";
  return operator === "=" ? equals : (value) => !equals(value);
}
