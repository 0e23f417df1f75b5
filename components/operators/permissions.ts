import { WORKFLOW_FUNCTIONS } from "../../functions/contract.ts";
import { actions, type PeopleContext, viaServices } from "../people/context.ts";
import type { PeoplesPermission } from "../people/permission.ts";
import { resourcesOf } from "../people/resources.ts";
import { KEY_USES } from "../permissions/permission.ts";
import type { Conditions } from "../policy-document.ts";

/** Policy documents by what their holders do: a person has one for looking, and others besides for what is theirs to do. */
export const OPERATOR_DOCUMENTS = [
  "producer",
  "operator-look",
  "operator-recover",
  "operator-failover",
  "operator-mend",
] as const;
export type OperatorDocument = (typeof OPERATOR_DOCUMENTS)[number];

/** A statement of an operator's policy; `further` are actions that AWS documents and the local cloud never asks for. */
export interface OperatorPermission extends PeoplesPermission<OperatorDocument> {
  /** Commands of `npm run ops` that take it. */
  readonly commands: readonly string[];
  /** What the commands take, all of it: a test holds that. */
  readonly actions: readonly string[];
}

/** Commands that read tables. */
const READING = ["status", "census", "export", "redrive", "reconcile", "failover status"];

const CHANGING = ["failover start", "failover return"];

/** Every permission of those who run `npm run ops` or send trades. */
export function operatorPermissions(context: PeopleContext): OperatorPermission[] {
  return [
    ...producerPermissions(context),
    ...lookPermissions(context),
    ...recoverPermissions(context),
    ...failoverPermissions(context),
    ...mendPermissions(context),
  ];
}

function producerPermissions({ names, primaryRegion, replicaRegion }: PeopleContext): OperatorPermission[] {
  return [
    {
      document: "producer",
      sid: "PutTrades",
      purpose: "puts events on the trades bus of either region, and on no other",
      commands: ["send"],
      // By region in the ARN: a request to the global endpoint names none.
      resources: [primaryRegion, replicaRegion].map(
        (region) => `arn:aws:events:${region}:*:event-bus/${names.bus}`,
      ),
      actions: actions("events", "PutEvents"),
    },
  ];
}

function lookPermissions(context: PeopleContext): OperatorPermission[] {
  const { arn, names, inRegions } = context;
  const resources = resourcesOf(context);
  const row = rowOf("operator-look", inRegions);
  const tables = [
    ...resources.replicatedTables,
    ...resources.replicatedTables.map((table) => `${table}/index/*`),
  ];
  return [
    row("ReadTables", {
      purpose: "reads rows and outcomes",
      commands: READING,
      resources: tables,
      actions: actions("dynamodb", "BatchGetItem", "GetItem", "Query", "Scan"),
    }),
    row("ReadHeartbeats", {
      purpose: "when the last heartbeat came through",
      commands: ["failover status"],
      resources: [arn("dynamodb", `table/${names.heartbeatsTable}`)],
      actions: actions("dynamodb", "GetItem"),
    }),
    keyRow("operator-look", context, "dynamodb", READING),
    row("CountMessages", {
      purpose: "how many messages wait; asks a region whether it answers",
      commands: ["status", "redrive"],
      resources: resources.queues,
      actions: actions("sqs", "GetQueueAttributes"),
    }),
    row("LookAtUndelivered", {
      purpose: "receives what EventBridge could not deliver, and shows it again at once",
      commands: ["status"],
      resources: [arn("sqs", names.routingDeadLetterQueue)],
      actions: actions("sqs", "ChangeMessageVisibility", "ReceiveMessage"),
    }),
    keyRow("operator-look", context, "sqs", ["status"]),
    row("LookAtWorkflow", {
      purpose: "how many executions are under way",
      commands: ["status"],
      resources: resources.stateMachine,
      actions: actions("states", "DescribeStateMachine", "ListExecutions"),
    }),
    row("LookAtMetrics", {
      purpose: "estimates; metrics have no resource-level permissions",
      commands: ["status", "failover status"],
      resources: ["*"],
      actions: actions("cloudwatch", "GetMetricData", "GetMetricStatistics"),
    }),
    row("LookAtAlarms", {
      purpose: "which alarms ring",
      commands: ["status", "failover status"],
      resources: resources.alarms,
      actions: actions("cloudwatch", "DescribeAlarms"),
    }),
    row("LookAtReplays", {
      purpose: "which replays there were, for which there are no resource-level permissions",
      commands: ["status"],
      resources: ["*"],
      actions: actions("events", "ListReplays"),
    }),
    row("TakeCensus", {
      purpose: "has the census function compare archive and tables",
      commands: ["census"],
      resources: [arn("lambda", `function:${names.functions["trade-census"]}:live`)],
      actions: actions("lambda", "InvokeFunction"),
    }),
    {
      ...row("LookAtFailover", {
        purpose:
          "the health check by which the endpoint decides; Route 53 is in no region, and gives it an id",
        commands: ["failover status"],
        resources: resources.healthChecks,
        actions: actions("route53", "GetHealthCheck"),
      }),
      conditions: {},
    },
    row("ReadFailoverRecord", {
      purpose: "what an operator did last",
      commands: ["failover status"],
      resources: [arn("ssm", `parameter${names.failoverRecord}`)],
      actions: actions("ssm", "GetParameter"),
    }),
  ];
}

function recoverPermissions(context: PeopleContext): OperatorPermission[] {
  const { arn, names, inRegions } = context;
  const row = rowOf("operator-recover", inRegions);
  const queues = [
    ...WORKFLOW_FUNCTIONS.map((name) => names.functionDeadLetterQueues[name]),
    names.rejectsQueue,
    names.routingDeadLetterQueue,
    names.forwardingDeadLetterQueue,
    names.unfinishedExecutionsQueue,
    names.unaccountedQueue,
  ];
  return [
    row("TakeDeadLetters", {
      purpose: "takes messages, deletes those that are done, marks those that fail again",
      commands: ["redrive"],
      resources: queues.map((name) => arn("sqs", name)),
      actions: actions("sqs", "ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage", "SendMessage"),
    }),
    keyRow("operator-recover", context, "sqs", ["redrive"], ["kms:Decrypt", "kms:GenerateDataKey"]),
    row("StartExecutions", {
      purpose: "starts the workflow with the original envelope",
      commands: ["redrive"],
      resources: [arn("states", `stateMachine:${names.stateMachine}`)],
      actions: actions("states", "StartExecution"),
      // Of EXPRESS ones, whose end nobody tells later.
      further: actions("states", "StartSyncExecution"),
    }),
    row("FollowExecutions", {
      purpose: "waits for their end, of STANDARD ones",
      commands: ["redrive"],
      resources: [arn("states", `execution:${names.stateMachine}:*`)],
      actions: actions("states", "DescribeExecution"),
    }),
    row("Replay", {
      purpose: "replays a window of the archive to its bus",
      commands: ["replay"],
      // All three are required resource types (Service Authorization Reference, "Amazon EventBridge").
      resources: [
        arn("events", `archive/${names.archive}`),
        arn("events", `event-bus/${names.bus}`),
        arn("events", "replay/replay-*"),
      ],
      actions: actions("events", "StartReplay"),
    }),
    row("LookAtArchives", {
      purpose: "whether a region's archive answers, and how much it has",
      commands: ["replay"],
      resources: [arn("events", `archive/${names.archive}`)],
      actions: actions("events", "DescribeArchive"),
    }),
    row("FollowReplays", {
      purpose: "waits for their end, and may cancel one as `replay` says how",
      commands: ["replay"],
      resources: [arn("events", "replay/replay-*")],
      actions: actions("events", "DescribeReplay"),
      further: actions("events", "CancelReplay"),
    }),
  ];
}

function failoverPermissions(context: PeopleContext): OperatorPermission[] {
  const { arn, names, inRegions } = context;
  const row = rowOf("operator-failover", inRegions);
  return [
    {
      ...{ document: "operator-failover", sid: "HoldHealthCheck", commands: CHANGING },
      purpose:
        "holds the endpoint in the other region, and lets it return; for every health check of the account, unless you put the id in",
      resources: resourcesOf(context).healthChecks,
      actions: actions("route53", "UpdateHealthCheck"),
    },
    row("WriteFailoverRecord", {
      purpose: "writes down who did what and why",
      commands: CHANGING,
      resources: [arn("ssm", `parameter${names.failoverRecord}`)],
      actions: actions("ssm", "PutParameter"),
    }),
  ];
}

function mendPermissions(context: PeopleContext): OperatorPermission[] {
  const commands = ["reconcile --mend"];
  return [
    rowOf("operator-mend", context.inRegions)("Mend", {
      purpose: "writes what one region lacks; to be given for the time of the mending",
      commands,
      resources: resourcesOf(context).replicatedTables,
      actions: actions("dynamodb", "PutItem"),
    }),
    keyRow("operator-mend", context, "dynamodb", commands),
  ];
}

type Row = Omit<OperatorPermission, "document" | "sid" | "conditions">;

function rowOf(document: OperatorDocument, conditions: Conditions) {
  return (sid: string, rest: Row): OperatorPermission => ({ document, sid, conditions, ...rest });
}

/** Use of the customer keys through a service, which asks for it in the caller's name. */
function keyRow(
  document: OperatorDocument,
  context: PeopleContext,
  service: "dynamodb" | "sqs",
  commands: readonly string[],
  taken: readonly string[] = ["kms:Decrypt"],
): OperatorPermission {
  const further = service === "dynamodb" ? KEY_USES.dynamodb.filter((use) => !taken.includes(use)) : [];
  return {
    ...{ document, sid: service === "sqs" ? "KeysOfQueues" : "KeysOfTables", commands },
    purpose: `the keys that ${service === "sqs" ? "queues" : "tables"} are encrypted with, which have ids for names`,
    resources: [context.arn("kms", "key/*")],
    actions: taken,
    ...(further.length > 0 && { further }),
    conditions: { StringEquals: { "kms:ViaService": viaServices(context, service) } },
  };
}
