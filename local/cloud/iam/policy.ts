import { isJson } from "../input.ts";
import { ServiceError } from "../service.ts";
import { type Condition, condition } from "./conditions.ts";
import type { RequestContext } from "./model.ts";
import { type Coverage, principals } from "./principal.ts";
import { malformed } from "./refusal.ts";
import { isConditionKey } from "./requests.ts";
import { type Matcher, matcher } from "./wildcard.ts";

/** A statement that is ready to be compared with requests. */
export interface CompiledStatement {
  readonly index: number;
  readonly sid: string | undefined;
  readonly isDeny: boolean;
  /** Undefined in statements without Principal: those apply to whom the policy is attached to. */
  readonly coverage: ((principal: string) => Coverage) | undefined;
  /** Condition keys that it asks for. */
  readonly keys: readonly string[];
  /** Whether it applies, whoever asks. The action is in lower case. */
  readonly applies: (action: string, resource: string, context: RequestContext) => boolean;
}

export interface CompiledPolicy {
  readonly statements: readonly CompiledStatement[];
  readonly hasPrincipals: boolean;
  readonly hasResources: boolean;
}

const ELEMENTS = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];
/** Variables exist from this version of the language on; without a version a policy is in the former one. */
const VERSION_WITH_VARIABLES = "2012-10-17";
const VERSIONS = [VERSION_WITH_VARIABLES, "2008-10-17"];
/** Policies are few; this only bounds what endless changes would keep. */
const MAXIMUM_KEPT_TEXTS = 2_000;

const byText = new Map<string, CompiledPolicy>();
const byObject = new WeakMap<object, CompiledPolicy>();

/**
 * A policy document, as text or as an object, ready to be compared with requests; the same document is compiled
 * once. Throws MalformedPolicyDocument naming what is wrong or not carried out. (IAM User Guide, "IAM JSON policy
 * element reference".)
 */
export function compiledPolicy(document: unknown): CompiledPolicy {
  if (typeof document === "string") {
    const known = byText.get(document);
    if (known) return known;
    const compiled = compile(parsed(document));
    if (byText.size >= MAXIMUM_KEPT_TEXTS) byText.clear();
    byText.set(document, compiled);
    return compiled;
  }
  if (!isJson(document)) throw malformed("Syntax errors in policy: it must be a JSON object");
  const known = byObject.get(document);
  if (known) return known;
  const compiled = compile(document);
  byObject.set(document, compiled);
  return compiled;
}

/** What a policy is put on: a role, a resource of a service, or, as trust policy, who may assume a role. */
export type PolicyKind = "identity" | "resource" | "trust";

/**
 * Checks a policy when it is put. Throws a ServiceError naming what is wrong or not carried out, with the service's
 * own code: `MalformedPolicyDocument` is IAM's.
 */
export function checkPolicy(document: unknown, kind: PolicyKind, code = "MalformedPolicyDocument"): void {
  try {
    const { statements, hasPrincipals, hasResources } = compiledPolicy(document);
    const named = statements.filter(({ coverage }) => coverage);
    if (kind === "identity" && hasPrincipals)
      throw malformed("Policy document should not specify a principal.");
    if (kind !== "identity" && named.length < statements.length)
      throw malformed("Missing required field Principal");
    if (kind === "trust" && hasResources) throw malformed("Has prohibited field Resource");
    const unknown = statements.flatMap(({ keys }) => keys).find((key) => !isConditionKey(key));
    if (unknown !== undefined)
      throw malformed(`Condition key "${unknown}" is not carried out: no request would have it`);
  } catch (error) {
    throw error instanceof ServiceError ? new ServiceError(code, error.message) : error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("Syntax errors in policy: it is not JSON");
  }
}

function compile(document: unknown): CompiledPolicy {
  if (!isJson(document)) throw malformed("Syntax errors in policy: it must be a JSON object");
  only(document, ELEMENTS, "policy");
  const { Version = "2008-10-17", Statement } = document;
  if (!VERSIONS.includes(String(Version)))
    throw malformed(`The policy's Version must be one of ${VERSIONS.join(", ")}, got "${Version}"`);
  const statements = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.length === 0) throw malformed("Syntax errors in policy: it has no Statement");
  const compiled = statements.map((statement: unknown, index) =>
    compileStatement(statement, index, Version === VERSION_WITH_VARIABLES),
  );
  const sids = compiled.flatMap(({ sid }) => (sid ? [sid] : []));
  if (new Set(sids).size < sids.length)
    throw malformed("Statement IDs (SID) in a single policy must be unique.");
  const has = (element: string) =>
    statements.some((each) => isJson(each) && (element in each || `Not${element}` in each));
  return { statements: compiled, hasPrincipals: has("Principal"), hasResources: has("Resource") };
}

function compileStatement(statement: unknown, index: number, hasVariables: boolean): CompiledStatement {
  if (!isJson(statement)) throw malformed(`Syntax errors in policy: Statement ${index} must be an object`);
  only(statement, STATEMENT_ELEMENTS, `Statement ${index}`);
  const { Sid, Effect, Principal, NotPrincipal, Condition: conditions = {} } = statement;
  if (Effect !== "Allow" && Effect !== "Deny")
    throw malformed(`Effect of Statement ${index} must be "Allow" or "Deny", got ${JSON.stringify(Effect)}`);
  if (Sid !== undefined && typeof Sid !== "string")
    throw malformed(`Sid of Statement ${index} must be a text`);
  if (NotPrincipal !== undefined && (Effect === "Allow" || Principal !== undefined))
    throw malformed("NotPrincipal must be used with Effect Deny, and not beside Principal");
  const isAction = selection(statement, "Action", index, (value) => actionMatcher(value));
  const isResource = selection(statement, "Resource", index, (value) => resourceMatcher(value, hasVariables));
  if (!isAction) throw malformed("Policy statement must contain actions.");
  if (!isResource && Principal === undefined && NotPrincipal === undefined)
    throw malformed("Policy statement must contain resources.");
  const isMet = compileConditions(conditions, hasVariables);
  return {
    index,
    sid: Sid || undefined,
    isDeny: Effect === "Deny",
    coverage: coverageOf(Principal, NotPrincipal),
    keys: Object.values(conditions as Readonly<Record<string, object>>).flatMap(Object.keys),
    applies: (action, resource, context) =>
      isAction(action, context) &&
      (isResource === undefined || isResource(resource, context)) &&
      isMet.every((isTrue) => isTrue(context)),
  };
}

/** Whoever is not named is covered; an account that is named does not except its roles. */
function coverageOf(principal: unknown, notPrincipal: unknown): CompiledStatement["coverage"] {
  if (principal !== undefined) return principals(principal);
  if (notPrincipal === undefined) return undefined;
  const excepted = principals(notPrincipal);
  return (each) => (excepted(each) === "direct" ? undefined : "direct");
}

/** Of an element or its `Not` form; undefined if the statement has neither. */
function selection(
  statement: Readonly<Record<string, unknown>>,
  element: string,
  index: number,
  compileValue: (value: string) => Matcher,
): Matcher | undefined {
  const [positive, negative] = [statement[element], statement[`Not${element}`]];
  if (positive !== undefined && negative !== undefined)
    throw malformed(`Statement ${index} must not have both ${element} and Not${element}`);
  if (positive === undefined && negative === undefined) return undefined;
  const values = texts(positive ?? negative, `${element} of Statement ${index}`);
  const tests = values.map(compileValue);
  const isAny: Matcher = (text, context) => tests.some((test) => test(text, context));
  return positive === undefined ? (text, context) => !isAny(text, context) : isAny;
}

function actionMatcher(value: string): Matcher {
  if (value !== "*" && !/^[\w-]+:[\w*?]+$/.test(value))
    throw malformed(`Action "${value}" must be "*" or have a service's prefix, such as sqs:SendMessage`);
  return matcher(value.toLowerCase(), "glob", false);
}

function resourceMatcher(value: string, hasVariables: boolean): Matcher {
  if (value !== "*" && !/^arn:/.test(value))
    throw malformed(`Resource ${value} must be in ARN format or "*".`);
  return matcher(value, "resource", hasVariables);
}

function compileConditions(element: unknown, hasVariables: boolean): Condition[] {
  if (!isJson(element)) throw malformed("Condition must be an object");
  return Object.entries(element).flatMap(([operator, keys]) => {
    if (!isJson(keys)) throw malformed(`Condition ${operator} must be an object`);
    return Object.entries(keys).map(([key, value]) =>
      condition(operator, key, texts(value, `${operator} of ${key}`), hasVariables),
    );
  });
}

function texts(value: unknown, where: string): string[] {
  return (Array.isArray(value) ? value : [value]).map((each: unknown) => {
    if (typeof each !== "string" && typeof each !== "boolean" && typeof each !== "number")
      throw malformed(`${where} must be a text or a list of texts`);
    return String(each);
  });
}

function only(given: object, known: readonly string[], where: string): void {
  for (const element of Object.keys(given))
    if (!known.includes(element))
      throw malformed(
        `Syntax errors in policy: ${where} has no element "${element}"; known are ${known.join(", ")}`,
      );
}
