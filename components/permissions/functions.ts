import type { FunctionName } from "../../functions/contract.ts";
import { keyUse, type Permission, type PermissionContext, TRACE_ACTIONS } from "./permission.ts";

const NETWORK_INTERFACE_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/** What every function has. */
export function functionPermissions(principal: FunctionName, context: PermissionContext): Permission[] {
  const { arns } = context;
  return [
    {
      principal,
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [`${arns.functionLogGroups[principal]}:*`],
      reason: "its own log group, which the stack makes",
    },
    {
      principal,
      actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [arns.insightsLogGroup, `${arns.insightsLogGroup}:*`],
      reason: "Lambda Insights: what CloudWatchLambdaInsightsExecutionRolePolicy gives, without its wildcard",
    },
    {
      principal,
      actions: TRACE_ACTIONS,
      resources: ["*"],
      reason: "active tracing; X-Ray has no resource for them",
    },
    {
      principal,
      actions: NETWORK_INTERFACE_ACTIONS,
      resources: ["*"],
      reason: "Lambda places the function in the VPC; the interfaces have no ARN before they are made",
    },
    {
      principal,
      effect: "Deny",
      actions: NETWORK_INTERFACE_ACTIONS,
      resources: ["*"],
      conditions: { ArnEquals: { "lambda:SourceFunctionArn": [arns.functions[principal]] } },
      reason: "the function's own code has no use for them, only the Lambda service has",
    },
    {
      principal,
      actions: ["sqs:SendMessage"],
      resources: [arns.functionDeadLetterQueues[principal]],
      reason: "dead letters of asynchronous invocations",
    },
    keyUse(principal, "sqs", context),
    keyUse(principal, "lambda", context),
  ];
}

/** What the functions of the workflow have besides. */
export function workflowFunctionPermissions(context: PermissionContext): Permission[] {
  return [...enricherPermissions(context), ...recorderPermissions(context)];
}

function enricherPermissions({ arns }: PermissionContext): Permission[] {
  return (["metadata-enricher", "enrichment-completer"] as const).map((principal) => ({
    principal,
    actions: ["ssm:GetParameters"],
    resources: arns.parameters,
    reason: "endpoint, threshold and attempts",
  }));
}

function recorderPermissions(context: PermissionContext): Permission[] {
  return [
    {
      principal: "compliance-recorder",
      actions: ["dynamodb:PutItem"],
      resources: [context.arns.tradesTable],
      reason: "one conditional put a trade; a failed condition gives back the existing row",
    },
    {
      principal: "compliance-recorder",
      actions: ["dynamodb:PutItem"],
      resources: [context.arns.heartbeatsTable],
      reason: "the region's last heartbeat",
    },
    keyUse("compliance-recorder", "dynamodb", context),
  ];
}
