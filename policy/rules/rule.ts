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
}

export interface Violation {
  readonly urn: string;
  readonly message: string;
}

/** One rule of the pack. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  /** What to do about a violation. */
  readonly remediation: string;
  /** Every violation among a stack's resources. */
  readonly check: (resources: readonly CheckedResource[]) => Violation[];
}
