import type {
  Policies,
  PolicyProviderResource,
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { knownValues } from "./known-values.ts";
import {
  type CheckedResource,
  type Configuration,
  configurationOf,
  isStackRule,
  type ResourceRule,
  type Rule,
  type StackRule,
} from "./rules/rule.ts";

/** Name of the pack. */
export const PACK_NAME = "trade-processing";

/** Rules as Pulumi's policies: a violation stops the deployment, unless whoever runs the pack configures it otherwise. */
export function policiesOf(rules: readonly Rule[]): Policies {
  return rules.map((rule) => (isStackRule(rule) ? stackPolicy(rule) : resourcePolicy(rule)));
}

function common(rule: Rule) {
  const { name, description, severity, remediation, settings } = rule;
  return {
    name,
    description,
    severity,
    remediationSteps: remediation,
    enforcementLevel: "mandatory" as const,
    ...(settings && { configSchema: { properties: Object(settings) } }),
  };
}

function stackPolicy(rule: StackRule): StackValidationPolicy {
  return {
    ...common(rule),
    validateStack: ({ resources, getConfig }, reportViolation) => {
      const configuration = configurationOf(rule, getConfig<Configuration>());
      for (const { urn, message } of rule.check(resources.map(inStack), configuration))
        reportViolation(message, urn);
    },
  };
}

function resourcePolicy(rule: ResourceRule): ResourceValidationPolicy {
  return {
    ...common(rule),
    validateResource: (args, reportViolation) => {
      if (rule.types && !rule.types.includes(args.type)) return;
      const configuration = configurationOf(rule, args.getConfig<Configuration>());
      for (const message of rule.problems(byItself(args), configuration)) reportViolation(message, args.urn);
    },
  };
}

function inStack(resource: PolicyResource): CheckedResource {
  const dependencies = Object.entries(resource.propertyDependencies).map(
    ([property, sources]) => [property, sources.map((source) => source.urn)] as const,
  );
  return { ...byItself(resource), propertyDependencies: Object.fromEntries(dependencies) };
}

/** What the engine tells of a resource before it is made: not yet from which resources its inputs come. */
function byItself(resource: PolicyResource | ResourceValidationArgs): CheckedResource {
  const { urn, type, name, opts, props, provider } = resource;
  return {
    ...{ urn, type, name, protect: opts.protect },
    properties: knownValues(props),
    propertyDependencies: {},
    ...(provider && { provider: checkedProvider(provider) }),
  };
}

function checkedProvider({ name, props }: PolicyProviderResource) {
  return { name, properties: knownValues(props) };
}
