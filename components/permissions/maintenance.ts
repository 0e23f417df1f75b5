import { keyUse, type Permission, type PermissionContext } from "./permission.ts";

/** What the functions that look after the workflow have, and the schedules that invoke them. */
export function maintenancePermissions(context: PermissionContext): Permission[] {
  return [
    ...completerPermissions(context),
    ...replacementPermissions(context),
    ...censusPermissions(context),
    ...schedulingPermissions(context),
  ];
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
      // All three are required resource types (Service Authorization Reference, "Amazon EventBridge").
      resources: [arns.archive, arns.bus, arns.censusReplays],
      reason: "replays a window of the archive to the bus's census rule",
    },
    {
      principal,
      actions: ["events:DescribeArchive"],
      resources: [arns.archive],
      reason: "how far back the archive goes",
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
      actions: ["sqs:ChangeMessageVisibility", "sqs:ReceiveMessage"],
      resources: [arns.routingDeadLetterQueue],
      reason: "finds events that EventBridge could not hand to the workflow; the messages stay",
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
