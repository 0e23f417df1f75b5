import type { PolicyResource, StackValidationPolicy } from "@pulumi/policy";
import { knownValues } from "./known-values.ts";
import type { CheckedResource, Rule } from "./rules/rule.ts";

/** Name of the pack. */
export const PACK_NAME = "trade-processing";

/** Rules as Pulumi's policies: each judges the whole stack, and a violation stops the deployment. */
export function policiesOf(rules: readonly Rule[]): StackValidationPolicy[] {
  return rules.map(({ name, description, severity, remediation, check }) => ({
    name,
    description,
    severity,
    remediationSteps: remediation,
    enforcementLevel: "mandatory",
    validateStack: ({ resources }, reportViolation) => {
      for (const { urn, message } of check(resources.map(checkedResource))) reportViolation(message, urn);
    },
  }));
}

function checkedResource(resource: PolicyResource): CheckedResource {
  const { urn, type, name, opts, props, propertyDependencies } = resource;
  const dependencies = Object.entries(propertyDependencies).map(
    ([property, sources]) => [property, sources.map((source) => source.urn)] as const,
  );
  return {
    urn,
    type,
    name,
    properties: knownValues(props),
    propertyDependencies: Object.fromEntries(dependencies),
    protect: opts.protect,
  };
}
