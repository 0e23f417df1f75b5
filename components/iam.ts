import type { FunctionName } from "../functions/contract.ts";
import { FUNCTION_NAMES, WORKFLOW_FUNCTIONS } from "../functions/contract.ts";
import type { Arns } from "./arns.ts";
import type { Principal } from "./naming.ts";
import type { Conditions, PolicyDocument, Statement } from "./policy-document.ts";
import { policyDocument } from "./policy-document.ts";

/** One permission: who may do what to which resources, and what for. */
export interface Permission {
  readonly principal: Principal;
  readonly effect?: "Deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  readonly reason: string;
}

/** What the table is written from: one region's ARNs, without the AWS API. */
export interface PermissionContext {
  readonly region: string;
  readonly arns: Arns;
  readonly keyArn: string;
}

/** The service that assumes each principal's role. */
export const PRINCIPAL_SERVICES: Readonly<Record<Principal, string>> = {
  "trade-validator": "lambda.amazonaws.com",
  "metadata-enricher": "lambda.amazonaws.com",
  "compliance-recorder": "lambda.amazonaws.com",
  workflow: "states.amazonaws.com",
  routing: "events.amazonaws.com",
  forwarding: "events.amazonaws.com",
};

const NETWORK_INTERFACE_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

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

const TRACE_ACTIONS = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];

/** Every permission of a region's roles. */
export function permissionsOf(context: PermissionContext): Permission[] {
  return [
    ...FUNCTION_NAMES.flatMap((name) => functionPermissions(name, context)),
    ...enricherPermissions(context),
    ...recorderPermissions(context),
    ...workflowPermissions(context),
    ...routingPermissions(context),
  ];
}

/** The identity policy of one principal's role. Throws if the table gives it nothing. */
export function identityPolicy(principal: Principal, context: PermissionContext): PolicyDocument {
  const permissions = permissionsOf(context).filter((permission) => permission.principal === principal);
  if (permissions.length === 0) throw new Error(`The IAM table has no permission for "${principal}"`);
  return policyDocument(permissions.map(statementOf));
}

function statementOf(permission: Permission): Statement {
  return {
    Effect: permission.effect ?? "Allow",
    Action: permission.actions,
    Resource: permission.resources,
    ...(permission.conditions && { Condition: permission.conditions }),
  };
}

/**
 * What each service does with the customer key in its caller's name. SQS Developer Guide, "Configure KMS permissions for
 * producers"; Lambda Developer Guide, "Securing Lambda environment variables"; DynamoDB Developer Guide, "Authorizing use
 * of your customer managed key".
 */
const KEY_USES = {
  dynamodb: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
  lambda: ["kms:Decrypt"],
  sqs: ["kms:Decrypt", "kms:GenerateDataKey*"],
} as const;

/** Use of the customer key, only through one service in this region. */
function keyUse(
  principal: Principal,
  service: keyof typeof KEY_USES,
  context: PermissionContext,
): Permission {
  return {
    principal,
    actions: KEY_USES[service],
    resources: [context.keyArn],
    conditions: { StringEquals: { "kms:ViaService": `${service}.${context.region}.amazonaws.com` } },
    reason: `${service} encrypts with the customer key on behalf of the caller`,
  };
}

function functionPermissions(principal: FunctionName, context: PermissionContext): Permission[] {
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

function enricherPermissions({ arns }: PermissionContext): Permission[] {
  return [
    {
      principal: "metadata-enricher",
      actions: ["ssm:GetParameters"],
      resources: arns.parameters,
      reason: "endpoint, threshold and attempts",
    },
  ];
}

function recorderPermissions(context: PermissionContext): Permission[] {
  return [
    {
      principal: "compliance-recorder",
      actions: ["dynamodb:PutItem"],
      resources: [context.arns.tradesTable],
      reason: "one conditional put a trade; a failed condition gives back the existing row",
    },
    keyUse("compliance-recorder", "dynamodb", context),
  ];
}

function workflowPermissions(context: PermissionContext): Permission[] {
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

function routingPermissions({ arns }: PermissionContext): Permission[] {
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
