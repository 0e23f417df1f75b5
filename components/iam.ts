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
  "enrichment-completer": "lambda.amazonaws.com",
  "replacement-recorder": "lambda.amazonaws.com",
  "trade-census": "lambda.amazonaws.com",
  scheduling: "scheduler.amazonaws.com",
  replication: "events.amazonaws.com",
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
    ...completerPermissions(context),
    ...replacementPermissions(context),
    ...censusPermissions(context),
    ...schedulingPermissions(context),
    ...replicationPermissions(context),
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
  return (["metadata-enricher", "enrichment-completer"] as const).map((principal) => ({
    principal,
    actions: ["ssm:GetParameters"],
    resources: arns.parameters,
    reason: "endpoint, threshold and attempts",
  }));
}

/** What completing an enrichment may touch of a row: its key, its condition, and what it sets or removes. */
const COMPLETED_ATTRIBUTES = [
  ...["tradeId", "version", "event", "enrichment", "enrichmentPending", "market", "aboveThreshold"],
  "enrichedAt",
];

function completerPermissions(context: PermissionContext): Permission[] {
  const { arns } = context;
  const principal = "enrichment-completer";
  return [
    {
      principal,
      actions: ["dynamodb:Query"],
      resources: [arns.enrichmentPendingIndex],
      reason: "finds the rows whose enrichment is pending",
    },
    { principal, actions: ["dynamodb:GetItem"], resources: [arns.tradesTable], reason: "reads such a row" },
    {
      principal,
      actions: ["dynamodb:UpdateItem"],
      resources: [arns.tradesTable],
      conditions: {
        "ForAllValues:StringEquals": { "dynamodb:Attributes": COMPLETED_ATTRIBUTES },
        StringEqualsIfExists: { "dynamodb:ReturnValues": ["NONE"] },
      },
      reason: "the one update that a row ever gets, of nothing but its enrichment",
    },
    keyUse(principal, "dynamodb", context),
  ];
}

function replacementPermissions(context: PermissionContext): Permission[] {
  const { arns } = context;
  const principal = "replacement-recorder";
  return [
    {
      principal,
      actions: [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
      ],
      resources: [arns.tradesStreams],
      reason: "Lambda reads the stream of rows in its name; a stream's ARN ends in the time of its making",
    },
    {
      principal,
      actions: ["dynamodb:PutItem"],
      resources: [arns.outcomesTable],
      reason: "the outcome of an event whose row was replaced",
    },
    keyUse(principal, "dynamodb", context),
  ];
}

function censusPermissions(context: PermissionContext): Permission[] {
  const { arns } = context;
  const principal = "trade-census";
  return [
    {
      principal,
      actions: ["events:StartReplay"],
      resources: [arns.archive, arns.censusReplays],
      reason: "replays a window of the archive to the census rule",
    },
    {
      principal,
      actions: ["events:DescribeReplay"],
      resources: [arns.censusReplays],
      reason: "waits until the replay is complete",
    },
    {
      principal,
      actions: ["sqs:DeleteMessage", "sqs:ReceiveMessage"],
      resources: [arns.censusQueue],
      reason: "reads what the replay brings",
    },
    {
      principal,
      actions: ["sqs:SendMessage"],
      resources: [arns.unaccountedQueue],
      reason: "hands on events without an outcome",
    },
    {
      principal,
      actions: ["dynamodb:BatchGetItem"],
      resources: [arns.tradesTable],
      reason: "which events the rows were recorded from",
    },
    {
      principal,
      actions: ["dynamodb:Query"],
      resources: [arns.outcomesTable],
      reason: "what became of an event that has no row",
    },
    keyUse(principal, "dynamodb", context),
  ];
}

function schedulingPermissions(context: PermissionContext): Permission[] {
  const { arns } = context;
  const principal = "scheduling";
  const scheduled = ["enrichment-completer", "trade-census"] as const;
  return [
    {
      principal,
      actions: ["lambda:InvokeFunction"],
      resources: scheduled.map((name) => arns.functionAliases[name]),
      reason: "schedules invoke published versions",
    },
    {
      principal,
      actions: ["sqs:SendMessage"],
      resources: scheduled.map((name) => arns.functionDeadLetterQueues[name]),
      reason: "invocations that could not be handed over",
    },
    {
      principal,
      actions: ["events:PutEvents"],
      resources: [arns.bus],
      reason: "heartbeats, straight on the region's bus",
    },
    keyUse(principal, "sqs", context),
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
    {
      principal: "compliance-recorder",
      actions: ["dynamodb:PutItem"],
      resources: [context.arns.heartbeatsTable],
      reason: "the region's last heartbeat",
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
