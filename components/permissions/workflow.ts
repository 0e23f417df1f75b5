import { WORKFLOW_FUNCTIONS } from "../../functions/contract.ts";
import { keyUse, type Permission, type PermissionContext, TRACE_ACTIONS } from "./permission.ts";

const LOG_DELIVERY_ACTIONS = [
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
];

/** What the state machine has. */
export function workflowPermissions(context: PermissionContext): Permission[] {
  const { arns } = context;
  const principal = "workflow";
  return [
    {
      principal,
      actions: ["lambda:InvokeFunction"],
      resources: WORKFLOW_FUNCTIONS.map((name) => arns.functionAliases[name]),
      reason: "published versions only",
    },
    {
      principal,
      actions: ["dynamodb:PutItem"],
      resources: [arns.outcomesTable],
      reason: "outcomes are appended, never read or changed",
    },
    {
      principal,
      actions: ["sqs:SendMessage"],
      resources: [
        arns.rejectsQueue,
        arns.functionDeadLetterQueues["trade-validator"],
        arns.functionDeadLetterQueues["compliance-recorder"],
      ],
      reason: "rejected and dead-lettered trades",
    },
    keyUse(principal, "dynamodb", context),
    keyUse(principal, "sqs", context),
    {
      principal,
      actions: LOG_DELIVERY_ACTIONS,
      resources: ["*"],
      reason: "execution logs; log deliveries have no ARN (Step Functions Developer Guide, Logging)",
    },
    {
      principal,
      actions: [...TRACE_ACTIONS, "xray:GetSamplingRules", "xray:GetSamplingTargets"],
      resources: ["*"],
      reason: "tracing; X-Ray has no resource for them",
    },
  ];
}
