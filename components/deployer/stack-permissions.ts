import { actions, type PeopleContext } from "../people/context.ts";
import { resourcesOf } from "../people/resources.ts";
import type { DeployerPermission } from "./permission.ts";

const TAGS = "default tags; changes and destroy";

/** What making, changing and removing the rest takes: functions, workflow, alarms, logs, parameters. */
export function stackPermissions(context: PeopleContext): DeployerPermission[] {
  const { inRegions } = context;
  const resources = resourcesOf(context);
  const row = (sid: string, rest: Omit<DeployerPermission, "document" | "sid">): DeployerPermission => ({
    document: "deployer",
    sid,
    ...rest,
  });
  return [
    row("Functions", {
      purpose: "functions, versions and aliases",
      resources: resources.functions,
      conditions: inRegions,
      deployment: actions("lambda", "CreateAlias", "CreateFunction", "PutFunctionConcurrency"),
      further: [
        ...actions("lambda", "UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion"),
        ...actions("lambda", "UpdateAlias", "DeleteAlias", "DeleteFunction", "DeleteFunctionConcurrency"),
        ...actions("lambda", "PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"),
        ...actions("lambda", "TagResource", "UntagResource"),
      ],
      reason: `${TAGS}; provisioned concurrency where it is configured`,
    }),
    row("EventSources", {
      purpose:
        "what reads the stream of trades: event source mappings have ids, and none before they are made",
      resources: ["*"],
      conditions: inRegions,
      deployment: actions("lambda", "CreateEventSourceMapping"),
    }),
    row("EventSourceChanges", {
      purpose: "changes of it",
      resources: resources.eventSources,
      conditions: inRegions,
      further: actions(
        "lambda",
        "UpdateEventSourceMapping",
        "DeleteEventSourceMapping",
        "TagResource",
        "UntagResource",
      ),
      reason: TAGS,
    }),
    row("StateMachine", {
      purpose: "the workflow",
      resources: resources.stateMachine,
      conditions: inRegions,
      deployment: actions("states", "CreateStateMachine"),
      further: actions("states", "UpdateStateMachine", "DeleteStateMachine", "TagResource", "UntagResource"),
      reason: TAGS,
    }),
    row("LogDelivery", {
      purpose: "the workflow's logs",
      resources: ["*"],
      conditions: inRegions,
      further: [
        ...actions("logs", "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"),
        ...actions("logs", "ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies"),
      ],
      reason:
        'CloudWatch Logs User Guide, "Logging that requires additional permissions"; no resource-level permissions',
    }),
    row("Alarms", {
      purpose: "alarms",
      resources: resources.alarms,
      conditions: inRegions,
      deployment: actions("cloudwatch", "PutMetricAlarm"),
      further: actions("cloudwatch", "DeleteAlarms", "TagResource", "UntagResource"),
      reason: TAGS,
    }),
    row("LogGroups", {
      purpose: "log groups",
      resources: resources.logGroups,
      conditions: inRegions,
      deployment: actions("logs", "CreateLogGroup", "PutRetentionPolicy"),
      further: [
        ...actions("logs", "AssociateKmsKey", "DisassociateKmsKey", "DeleteLogGroup"),
        ...actions("logs", "DeleteRetentionPolicy", "TagResource", "UntagResource"),
      ],
      reason: TAGS,
    }),
    row("Parameters", {
      purpose: "parameters",
      resources: resources.parameters,
      conditions: inRegions,
      deployment: actions("ssm", "PutParameter"),
      further: actions("ssm", "AddTagsToResource", "RemoveTagsFromResource", "DeleteParameter"),
      reason: TAGS,
    }),
  ];
}
