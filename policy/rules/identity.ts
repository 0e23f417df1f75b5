import { allowing, type PolicyStatement } from "./policy-statements.ts";
import { problem, type ResourceRule } from "./rule.ts";

/**
 * Actions for which AWS knows no resource, or none before it is made, so that `*` is all that can be written
 * (Service Authorization Reference, "Resource types" of each action).
 */
const WITHOUT_RESOURCE =
  /^(xray:(PutTraceSegments|PutTelemetryRecords|GetSampling\w+)|cloudwatch:PutMetricData|ec2:(Create|Describe|Delete)NetworkInterfaces?|ec2:DescribeSubnets|ec2:(Assign|Unassign)PrivateIpAddresses|logs:(Create|Get|Update|Delete)LogDelivery|logs:ListLogDeliveries|logs:(PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)|ecr:GetAuthorizationToken|sts:GetCallerIdentity)$/;

/** Managed policies that give a whole service or account away. */
const BROAD = /\/(AdministratorAccess|PowerUserAccess|IAMFullAccess|[\w-]*FullAccess)$/;

/** Inputs with identity policies, by type. */
const IDENTITY_POLICIES: Readonly<Record<string, string>> = {
  "aws:iam/groupPolicy:GroupPolicy": "policy",
  "aws:iam/policy:Policy": "policy",
  "aws:iam/rolePolicy:RolePolicy": "policy",
  "aws:iam/userPolicy:UserPolicy": "policy",
};

export const leastPrivilege: ResourceRule = {
  name: "least-privilege",
  description:
    "No permission is given for all actions of a service, nor on all resources where AWS knows them",
  severity: "critical",
  remediation: "Name the actions, and the ARNs of the resources; attach no policy with full access",
  problems: ({ type, properties }) => {
    if (type === "aws:iam/rolePolicyAttachment:RolePolicyAttachment")
      return BROAD.test(String(properties.policyArn))
        ? [problem("policyArn", properties.policyArn, "a policy for what is needed")]
        : [];
    const input = IDENTITY_POLICIES[type];
    return input === undefined ? [] : allowing(properties[input]).flatMap((each) => wildcards(input, each));
  },
};

function wildcards(input: string, statement: PolicyStatement): string[] {
  const { actions, notActions, resources } = statement;
  const broad = actions.filter((action) => action === "*" || action.endsWith(":*"));
  const needless = resources.includes("*") ? actions.filter((action) => !WITHOUT_RESOURCE.test(action)) : [];
  return [
    ...broad.map((action) => problem(`${input}.Action`, action, "named actions")),
    ...(notActions.length > 0
      ? [problem(`${input}.NotAction`, notActions, "absent: name what is allowed")]
      : []),
    ...needless
      .filter((action) => !broad.includes(action))
      .map((action) => problem(`${input}.Resource of ${action}`, "*", "ARNs")),
  ];
}
