import { allowing, statementsOf } from "./policy-statements.ts";
import { member, problem, type ResourceRule } from "./rule.ts";

export const endpointPolicies: ResourceRule = {
  name: "endpoint-policies",
  description:
    "Every VPC endpoint has a policy that names what may pass, not AWS's default that lets everything through",
  severity: "high",
  remediation: "Set policy to a document that names actions and resources",
  types: ["aws:ec2/vpcEndpoint:VpcEndpoint"],
  problems: ({ properties: { policy } }) => {
    if (statementsOf(policy) === undefined) return [problem("policy", undefined, "a policy document")];
    return allowing(policy)
      .filter(({ actions, resources }) => actions.includes("*") || resources.includes("*"))
      .map(({ actions, resources }) =>
        problem("policy", { Action: actions, Resource: resources }, "without * as action or resource"),
      );
  },
};

/** Inputs with a resource policy, by type. */
const RESOURCE_POLICIES: Readonly<Record<string, string>> = {
  "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "policy",
  "aws:dynamodb/resourcePolicy:ResourcePolicy": "policy",
  "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
  "aws:iam/role:Role": "assumeRolePolicy",
  "aws:kms/key:Key": "policy",
  "aws:s3/bucketPolicy:BucketPolicy": "policy",
  "aws:sns/topicPolicy:TopicPolicy": "policy",
  "aws:sqs/queue:Queue": "policy",
  "aws:sqs/queuePolicy:QueuePolicy": "policy",
};

const EVERYWHERE = ["0.0.0.0/0", "::/0"];

export const noPublicAccess: ResourceRule = {
  name: "no-public-access",
  description:
    "Nobody outside is let in: no policy allows everyone without a condition, no security group everywhere",
  severity: "critical",
  remediation: "Name the principals, or bind the statement by a condition; name the sources of ingress",
  problems: ({ type, properties }) => {
    const input = RESOURCE_POLICIES[type];
    const open =
      input === undefined
        ? []
        : allowing(properties[input])
            .filter(({ principals, hasCondition }) => principals.includes("*") && !hasCondition)
            .map(() => problem(`${input}.Principal`, "*", "named, or bound by a Condition"));
    return [...open, ...openIngress(type, properties)];
  },
};

function openIngress(type: string, properties: Readonly<Record<string, unknown>>): string[] {
  const rules: [property: string, rule: unknown][] =
    type === "aws:ec2/securityGroup:SecurityGroup" ||
    type === "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
      ? (Array.isArray(properties.ingress) ? properties.ingress : []).map((rule, index) => [
          `ingress[${index}].`,
          rule,
        ])
      : type === "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule" ||
          (type === "aws:ec2/securityGroupRule:SecurityGroupRule" && properties.type === "ingress")
        ? [["", properties]]
        : [];
  const inputs = ["cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6"];
  return rules.flatMap(([prefix, rule]) =>
    inputs
      .filter((input) => [member(rule, input)].flat().some((block) => EVERYWHERE.includes(String(block))))
      .map((input) => problem(`${prefix}${input}`, member(rule, input), "sources that are named")),
  );
}
