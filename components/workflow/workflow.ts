import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { WorkflowFunctionName } from "../../functions/contract.ts";
import { WORKFLOW_FUNCTIONS } from "../../functions/contract.ts";
import type { TradeFunction } from "../functions/trade-function.ts";
import { firstOccurrenceAlarm } from "../monitoring/alarm.ts";
import { PrincipalRole } from "../principal-role.ts";
import { MessageQueue } from "../queues/message-queue.ts";
import type { RegionContext } from "../region-context.ts";
import { workflowDefinition } from "./definition.ts";

export interface WorkflowArgs {
  context: RegionContext;
  functions: Readonly<Record<WorkflowFunctionName, TradeFunction>>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
}

/** The state machine of a region, its queue for rejected trades, its logs and its alarms. */
export class Workflow extends pulumi.ComponentResource {
  readonly stateMachine: aws.sfn.StateMachine;
  readonly rejectsQueue: aws.sqs.Queue;

  constructor(name: string, args: WorkflowArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:workflow:Workflow", name, {}, opts);
    const { context, functions, keyArn, topicArn } = args;
    const { names, settings } = context;
    const rejects = new MessageQueue(
      `${name}-rejects`,
      { queueName: names.rejectsQueue, purpose: "Rejects", keyArn, alarmName: names.rejectsAlarm, topicArn },
      { parent: this },
    );
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      {
        name: names.stateMachineLogGroup,
        retentionInDays: settings.logging.retentionDays,
        kmsKeyId: keyArn,
      },
      { parent: this },
    );
    const role = new PrincipalRole(name, { principal: "workflow", context, keyArn }, { parent: this });
    this.stateMachine = new aws.sfn.StateMachine(
      `${name}-state-machine`,
      {
        name: names.stateMachine,
        type: settings.workflow.type,
        roleArn: role.role.arn,
        definition: pulumi
          .all([
            ofEach(functions, (each) => each.alias.arn),
            ofEach(functions, (each) => each.deadLetterQueue.url),
            rejects.queue.url,
          ])
          .apply(([functionAliases, deadLetterQueueUrls, rejectsQueueUrl]) =>
            JSON.stringify(
              workflowDefinition({
                functionAliases,
                deadLetterQueueUrls,
                rejectsQueueUrl,
                outcomesTable: names.outcomesTable,
              }),
            ),
          ),
        loggingConfiguration: {
          // Trades stay out of the logs: what went wrong with one is in the outcomes table.
          level: "ERROR",
          includeExecutionData: false,
          logDestination: pulumi.interpolate`${logGroup.arn}:*`,
        },
        tracingConfiguration: { enabled: true },
      },
      // Step Functions checks at creation that it may write the logs.
      { parent: this, dependsOn: [role.policy] },
    );
    const alarms = [
      ["error", names.stateMachineErrorAlarm, "ExecutionsFailed", "failed"],
      ["timeout", names.stateMachineTimeoutAlarm, "ExecutionsTimedOut", "timed out"],
      ["throttle", names.stateMachineThrottleAlarm, "ExecutionThrottled", "was throttled"],
    ] as const;
    for (const [purpose, alarmName, metricName, happened] of alarms)
      firstOccurrenceAlarm(
        `${name}-${purpose}-alarm`,
        {
          alarmName,
          description: `An execution of ${names.stateMachine} ${happened}`,
          namespace: "AWS/States",
          metricName,
          dimensions: { StateMachineArn: this.stateMachine.arn },
          statistic: "Sum",
          topicArn,
        },
        { parent: this },
      );
    this.rejectsQueue = rejects.queue;
    this.registerOutputs({ stateMachineArn: this.stateMachine.arn });
  }
}

/** One text of each function of the workflow, by the function's name. */
function ofEach(
  functions: Readonly<Record<WorkflowFunctionName, TradeFunction>>,
  value: (each: TradeFunction) => pulumi.Output<string>,
): pulumi.Output<Record<WorkflowFunctionName, string>> {
  return pulumi
    .all(WORKFLOW_FUNCTIONS.map((name) => value(functions[name])))
    .apply((values) => Object.fromEntries(WORKFLOW_FUNCTIONS.map((name, index) => [name, values[index]])))
    .apply((record) => record as Record<WorkflowFunctionName, string>);
}
