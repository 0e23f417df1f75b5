import { actions, type PeopleContext } from "../people/context.ts";
import { resourcesOf } from "../people/resources.ts";
import type { DeployerPermission } from "./permission.ts";

const PROVIDER = "the provider reads back what it made, and refreshes";

/** What reading takes: `pulumi preview` and `refresh`, and every deployment besides its own documents. */
export function previewPermissions(context: PeopleContext): DeployerPermission[] {
  const resources = resourcesOf(context);
  const row = (
    sid: string,
    rest: Omit<DeployerPermission, "document" | "sid" | "conditions">,
    conditions = context.inRegions,
  ): DeployerPermission => ({ document: "preview", sid, conditions, ...rest });
  const { conditions: _everywhere, ...roles } = row("ReadRoles", {
    purpose: "roles, in no region",
    resources: resources.roles,
    further: actions("iam", "GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies"),
    reason: PROVIDER,
  });
  return [
    row("PreviewAsks", {
      purpose: "what the program asks for in every preview",
      resources: ["*"],
      deployment: actions("ecr", "DescribeRegistry"),
      further: [
        ...actions("ecr", "GetAuthorizationToken"),
        ...actions("ec2", "DescribeAvailabilityZones", "DescribeSecurityGroups"),
        ...actions("states", "ValidateStateMachineDefinition"),
      ],
      reason: "functions of the providers; the aws provider has definitions validated when it plans",
    }),
    row("ReadLists", {
      purpose: "reading where AWS knows no resource-level permissions",
      resources: ["*"],
      further: [
        ...actions("ec2", "DescribeAddresses", "DescribeAddressesAttribute", "DescribeInternetGateways"),
        ...actions("ec2", "DescribeNatGateways", "DescribeNetworkInterfaces", "DescribePrefixLists"),
        ...actions("ec2", "DescribeRouteTables", "DescribeSecurityGroupRules", "DescribeSubnets"),
        ...actions("ec2", "DescribeVpcAttribute", "DescribeVpcEndpoints", "DescribeVpcs"),
        ...actions("ec2", "DescribeNetworkAcls", "DescribeTags"),
        ...actions("kms", "ListAliases"),
        ...actions("logs", "DescribeLogGroups"),
        ...actions("ssm", "DescribeParameters"),
        ...actions("sns", "GetSubscriptionAttributes"),
      ],
      reason: `${PROVIDER}; Lambda checks the network of who makes a function`,
    }),
    row("ReadKeys", {
      purpose: "keys",
      resources: resources.keys,
      deployment: actions("kms", "DescribeKey"),
      further: actions("kms", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
      reason: PROVIDER,
    }),
    roles,
    row("ReadTables", {
      purpose: "tables, whose replicas are waited for",
      resources: resources.tables,
      deployment: actions("dynamodb", "DescribeContinuousBackups", "DescribeTable"),
      further: actions("dynamodb", "DescribeTimeToLive", "ListTagsOfResource"),
      reason: PROVIDER,
    }),
    row("ReadStack", {
      purpose: "everything else that has a name",
      resources: [
        ...resources.repository,
        ...resources.functions,
        ...resources.stateMachine,
        ...resources.bus,
        ...resources.endpoint,
        ...resources.schedules,
        ...resources.healthChecks,
        ...resources.eventSources,
        ...resources.queuesToRead,
        ...resources.topic,
        ...resources.alarms,
        ...resources.logGroupsToRead,
        ...resources.parameters,
      ],
      further: [
        ...actions(
          "ecr",
          "DescribeRepositories",
          "GetRepositoryPolicy",
          "GetLifecyclePolicy",
          "ListTagsForResource",
        ),
        ...actions(
          "lambda",
          "GetAlias",
          "GetFunction",
          "GetFunctionConfiguration",
          "GetFunctionCodeSigningConfig",
        ),
        ...actions("lambda", "GetProvisionedConcurrencyConfig", "ListVersionsByFunction", "ListTags"),
        ...actions("states", "DescribeStateMachine", "ListStateMachineVersions", "ListTagsForResource"),
        ...actions("events", "DescribeEventBus", "DescribeArchive", "DescribeRule", "ListTargetsByRule"),
        ...actions("events", "DescribeEndpoint", "ListTagsForResource"),
        ...actions("lambda", "GetEventSourceMapping"),
        ...actions("scheduler", "GetSchedule"),
        ...actions("route53", "GetHealthCheck", "ListTagsForResource"),
        ...actions("sqs", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags"),
        ...actions("sns", "GetTopicAttributes", "ListTagsForResource"),
        ...actions("cloudwatch", "DescribeAlarms", "ListTagsForResource"),
        ...actions("logs", "ListTagsForResource"),
        ...actions("ssm", "GetParameter", "GetParameters", "ListTagsForResource"),
      ],
      reason: PROVIDER,
    }),
  ];
}
