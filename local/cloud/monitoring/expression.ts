import { ServiceError } from "../service.ts";

/** A metric math expression, parsed. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  /** The id of a query, or a word such as REPEAT. */
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "negative"; readonly of: Expression }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "call"; readonly name: string; readonly given: readonly Expression[] };

const TOKEN = /\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|"[^"]*"|[=!<>]=|&&|\|\||[-+*/()[\],<>])\s*/y;
/** Loosest first. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ["OR", "||"],
  ["AND", "&&"],
  ["==", "!=", "<", ">", "<=", ">="],
  ["+", "-"],
  ["*", "/"],
];

/**
 * Parses an expression in the syntax of metric math (CloudWatch User Guide, "Using math expressions with CloudWatch
 * metrics"). Throws ServiceError for anything else, such as a Metrics Insights query.
 */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text);
  let next = 0;

  const wrong = (): ServiceError => {
    const found = tokens[next] === undefined ? "its end" : `"${tokens[next]}"`;
    return refused(text, `did not expect ${found} after "${tokens.slice(0, next).join(" ")}"`);
  };
  const take = (expected: string): boolean => {
    if (tokens[next] !== expected) return false;
    next += 1;
    return true;
  };
  const list = (end: string): Expression[] => {
    const items: Expression[] = [];
    if (take(end)) return items;
    do items.push(binary(0));
    while (take(","));
    if (!take(end)) throw wrong();
    return items;
  };
  const binary = (level: number): Expression => {
    const operators = PRECEDENCE[level];
    if (!operators) return unary();
    let left = binary(level + 1);
    for (;;) {
      const operator = tokens[next] ?? "";
      if (!operators.includes(operator)) return left;
      next += 1;
      left = { kind: "binary", operator, left, right: binary(level + 1) };
    }
  };
  const unary = (): Expression => {
    if (take("-")) return { kind: "negative", of: unary() };
    if (take("[")) return { kind: "list", items: list("]") };
    if (take("(")) {
      const inner = binary(0);
      if (!take(")")) throw wrong();
      return inner;
    }
    const token = tokens[next] ?? "";
    if (/^\d/.test(token)) {
      next += 1;
      return { kind: "number", value: Number(token) };
    }
    if (token.startsWith('"')) {
      next += 1;
      return { kind: "text", value: token.slice(1, -1) };
    }
    if (!/^[A-Za-z_]/.test(token)) throw wrong();
    next += 1;
    return take("(") ? { kind: "call", name: token, given: list(")") } : { kind: "name", name: token };
  };

  const expression = binary(0);
  if (next < tokens.length) throw wrong();
  return expression;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (!match?.[1]) throw refused(text, `cannot read "${text.slice(at, at + 20)}"`);
    tokens.push(match[1]);
  }
  return tokens;
}

function refused(text: string, reason: string): ServiceError {
  return new ServiceError(
    "InvalidParameterValueException",
    `Error in expression "${text}": ${reason}. The local cloud reads metric math of + - * /, comparisons, AND, OR and functions.`,
  );
}
