/** Stands for a value that a preview does not know yet. */
export const UNKNOWN: unique symbol = Symbol("unknown until deployed");

/** A resource as rules see it, whether it comes from the policy engine or from an evaluation of the program. */
export interface CheckedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** For each input, the URNs of the resources that its value comes from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  /** Not told by the policy engine; evaluations and exported state know it. */
  readonly retainOnDelete?: boolean;
  /** The provider that makes it, if it is a custom resource. */
  readonly provider?: CheckedProvider;
}

/** A provider as rules see it. */
export interface CheckedProvider {
  /** Default providers are called `default` or `default_…`. */
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Violation {
  readonly urn: string;
  readonly message: string;
}

/** What a rule may be told by whoever runs the pack: values by name, each with its default. */
export type Configuration = Readonly<Record<string, unknown>>;

/** One value that a rule may be told, as JSON Schema with a default. */
export interface Setting {
  readonly type: "array" | "string" | "integer";
  readonly items?: { readonly type: "string" };
  readonly minimum?: number;
  readonly description: string;
  readonly default: unknown;
}

interface Row {
  readonly name: string;
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  /** What to do about a violation. */
  readonly remediation: string;
  readonly settings?: Readonly<Record<string, Setting>>;
}

/** A rule that judges each resource by itself, before it is made. */
export interface ResourceRule extends Row {
  /** Types that it judges; left out for all. */
  readonly types?: readonly string[];
  /** What is wrong with the resource: `property: got …; must be …`. */
  readonly problems: (resource: CheckedResource, configuration: Configuration) => readonly string[];
}

/** A rule that needs several resources to judge one. */
export interface StackRule extends Row {
  readonly check: (resources: readonly CheckedResource[], configuration: Configuration) => Violation[];
}

/** One rule of the pack. */
export type Rule = ResourceRule | StackRule;

export function isStackRule(rule: Rule): rule is StackRule {
  return "check" in rule;
}

/** The rule's settings with their defaults where nothing else is said. */
export function configurationOf(rule: Rule, given: Configuration = {}): Configuration {
  const defaults = Object.entries(rule.settings ?? {}).map(([name, { default: value }]) => [name, value]);
  return { ...Object.fromEntries(defaults), ...given };
}

/** Every violation of a rule among a stack's resources. */
export function violationsOf(
  rule: Rule,
  resources: readonly CheckedResource[],
  given?: Configuration,
): Violation[] {
  const configuration = configurationOf(rule, given);
  if (isStackRule(rule)) return rule.check(resources, configuration);
  return resources
    .filter(({ type }) => rule.types === undefined || rule.types.includes(type))
    .flatMap((resource) =>
      rule.problems(resource, configuration).map((message) => ({ urn: resource.urn, message })),
    );
}

/** A member of a value that may be anything. */
export function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

/** `property: got …; must be …`, with what a preview does not know called so. */
export function problem(property: string, value: unknown, allowed: string): string {
  const shown =
    value === UNKNOWN
      ? "a value that is not known before deployment"
      : value === undefined
        ? "nothing"
        : JSON.stringify(value, (_key, inner) => (inner === UNKNOWN ? "unknown" : inner));
  return `${property}: got ${shown}; must be ${allowed}`;
}
