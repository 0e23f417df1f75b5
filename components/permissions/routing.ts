import type { Permission, PermissionContext } from "./permission.ts";

/** What rules have, and the endpoint that copies events. */
export function routingPermissions(context: PermissionContext): Permission[] {
  return [...rulePermissions(context), ...replicationPermissions(context)];
}

/** EventBridge User Guide, "Permissions" of "Making applications Regional-fault tolerant with global endpoints". */
function replicationPermissions({ arns }: PermissionContext): Permission[] {
  const principal = "replication";
  const everywhere = (arn: string) => arn.replace(/^arn:aws:events:[^:]+:/, "arn:aws:events:*:");
  return [
    {
      principal,
      actions: ["events:PutRule", "events:PutTargets", "events:DeleteRule", "events:RemoveTargets"],
      resources: [everywhere(arns.endpointManagedRules)],
      reason: "the rules with which EventBridge replicates events, on the bus of either region",
    },
    {
      principal,
      actions: ["events:PutEvents"],
      resources: [everywhere(arns.bus)],
      reason: "copies of events to the other region's bus",
    },
    {
      principal,
      actions: ["iam:PassRole"],
      resources: [arns.replicationRole],
      conditions: { StringEquals: { "iam:PassedToService": "events.amazonaws.com" } },
      reason: "EventBridge gives this role to those rules",
    },
  ];
}

function rulePermissions({ arns }: PermissionContext): Permission[] {
  return [
    {
      principal: "routing",
      actions: ["states:StartExecution"],
      resources: [arns.stateMachine],
      reason: "source rules start the workflow",
    },
    {
      principal: "forwarding",
      actions: ["events:PutEvents"],
      resources: [arns.bus],
      reason: "the default bus hands trades on to the trades bus",
    },
  ];
}
