import { analyze, type PolicyResult } from "../../policy/analyze.ts";
import { PACK_NAME, policiesOf } from "../../policy/pack.ts";
import type { Rule } from "../../policy/rules/rule.ts";
import { RULES } from "../../policy/rules/rules.ts";
import type { EvaluatedResource } from "../program/provider.ts";

export interface PolicyViolation {
  urn: string;
  /** Logical name of the resource; "" if the violation is of none. */
  resource: string;
  message: string;
  level: PolicyResult["level"];
}

/** One rule of the pack, with what violates it. */
export interface PolicyReport {
  name: string;
  description: string;
  /** What to do about a violation. */
  remedy: string;
  violations: PolicyViolation[];
}

/** Every rule with its violations among the resources, found by the functions that answer Pulumi's engine. */
export async function checkPolicies(
  resources: readonly EvaluatedResource[],
  rules: readonly Rule[] = RULES,
): Promise<PolicyReport[]> {
  const results = await analyze({ name: PACK_NAME, policies: policiesOf(rules) }, resources);
  return rules.map(({ name, description, remediation }) => ({
    ...{ name, description, remedy: remediation },
    violations: results
      .filter(({ policy }) => policy === name)
      .map(({ urn, message, level }) => ({
        ...{ urn, resource: urn.split("::").at(-1) ?? "", level },
        // The analyzer puts the rule's description before the message.
        message: message.startsWith(description) ? message.slice(description.length).trim() : message,
      })),
  }));
}

/** Whether a mandatory rule is violated: what stops a deployment. */
export function isStopped(policies: readonly PolicyReport[]): boolean {
  return policies.some(({ violations }) => violations.some(({ level }) => level === "mandatory"));
}
