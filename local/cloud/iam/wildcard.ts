import type { RequestContext } from "./model.ts";

/** Whether a text is what a policy's value stands for, variables taken from the request's context. */
export type Matcher = (text: string, context: RequestContext) => boolean;

/**
 * What `*` and `?` stand for.
 * - `exact`: themselves.
 * - `glob`: any characters, one character.
 * - `resource`: the same within a part of an ARN; a `*` that ends a part goes on beyond its colon (IAM User Guide,
 *   "IAM JSON policy elements: Resource").
 * - `arn`: each of the six parts of an ARN is compared on its own (IAM User Guide, "Condition operators", ARN).
 */
export type Style = "exact" | "glob" | "resource" | "arn";

/** A variable is its key in the context, with the default that `${key, 'default'}` gives. */
type Token = string | typeof ANY | typeof ONE | { key: string; fallback: string | undefined };

const ANY = Symbol("*");
const ONE = Symbol("?");
const ALWAYS: Matcher = () => true;

/** Compiles a policy's value. Variables such as `${aws:PrincipalAccount}` are literal text unless `hasVariables`. */
export function matcher(value: string, style: Style, hasVariables: boolean): Matcher {
  const tokens = tokensOf(value, style, hasVariables);
  if (tokens.some((token) => typeof token === "object"))
    return (text, context) => {
      const known = tokens.map((token) => (typeof token === "object" ? substitute(token, context) : token));
      return known.every((token) => token !== undefined) && expression(known, style).test(text);
    };
  const fixed = tokens as Fixed[];
  const [head = "", tail, ...more] = fixed;
  if (fixed.length === 1 && head === ANY) return ALWAYS;
  if (fixed.length <= 1 && typeof head === "string") return (text) => text === head;
  if (typeof head === "string" && tail === ANY && more.length === 0 && style !== "arn")
    return (text) => text.startsWith(head);
  const compiled = expression(fixed, style);
  return (text) => compiled.test(text);
}

/** The value of a context key, whose name's case does not matter; undefined if the request does not have it. */
export function contextValue(context: RequestContext, key: string): string | readonly string[] | undefined {
  if (Object.hasOwn(context, key)) return context[key];
  const lower = key.toLowerCase();
  for (const name of Object.keys(context)) if (name.toLowerCase() === lower) return context[name];
  return undefined;
}

type Fixed = Exclude<Token, { key: string }>;

function tokensOf(value: string, style: Style, hasVariables: boolean): Token[] {
  const tokens: Token[] = [];
  for (const [part, variable] of value.matchAll(/\$\{([^}]*)\}|[*?]|[^*?$]+|\$/g)) {
    const token = tokenOf(part, hasVariables ? variable : undefined, style);
    const last = tokens.at(-1);
    if (typeof token === "string" && typeof last === "string") tokens[tokens.length - 1] = last + token;
    else if (token !== ANY || last !== ANY) tokens.push(token);
  }
  return tokens;
}

function tokenOf(part: string, variable: string | undefined, style: Style): Token {
  if (variable !== undefined) {
    // IAM User Guide, "Policy variables": `${*}`, `${?}` and `${$}` are the characters themselves.
    if (variable === "*" || variable === "?" || variable === "$") return variable;
    const [, key = variable, fallback] = /^([^,]+?)\s*,\s*'(.*)'$/.exec(variable) ?? [];
    return { key, fallback };
  }
  if (style === "exact") return part;
  return part === "*" ? ANY : part === "?" ? ONE : part;
}

/** A variable with several values stands for none of them. */
function substitute(
  { key, fallback }: { key: string; fallback: string | undefined },
  context: RequestContext,
): string | undefined {
  const value = contextValue(context, key);
  if (typeof value === "string") return value;
  return value === undefined ? fallback : undefined;
}

function expression(tokens: readonly (Fixed | undefined)[], style: Style): RegExp {
  let source = "";
  let colons = 0;
  tokens.forEach((token, index) => {
    if (typeof token === "string") {
      source += token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      colons += token.split(":").length - 1;
      return;
    }
    const next = tokens[index + 1];
    const endsPart = next === undefined || (typeof next === "string" && next.startsWith(":"));
    const crosses =
      style === "glob" || (style === "resource" ? endsPart && token === ANY : style === "arn" && colons >= 5);
    source += (crosses ? "." : "[^:]") + (token === ANY ? "*" : "");
  });
  return new RegExp(`^${source}$`, "s");
}
