import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { MessageQueue } from "../queues/message-queue.ts";
import type { RegionContext } from "../region-context.ts";
import { unfinishedExecutionPattern } from "./patterns.ts";
import type { RetryPolicy } from "./rule-target.ts";
import { RuleTarget } from "./rule-target.ts";

export interface ExecutionReportsArgs {
  context: RegionContext;
  stateMachineArn: pulumi.Input<string>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
  retryPolicy: RetryPolicy;
  /** Takes reports that could not be delivered. */
  deadLetterQueue: MessageQueue;
  startAfter: pulumi.Resource[];
}

/**
 * Reports executions that died (failed, timed out or were aborted) at once, each with its input, in a queue. Only
 * STANDARD state machines say so: EXPRESS ones emit no events (Step Functions Developer Guide, "Automating event
 * delivery with EventBridge").
 */
export class ExecutionReports extends pulumi.ComponentResource {
  readonly queue: aws.sqs.Queue;

  constructor(name: string, args: ExecutionReportsArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:routing:ExecutionReports", name, {}, opts);
    const { names, arns } = args.context;
    const unfinished = new MessageQueue(
      name,
      {
        queueName: names.unfinishedExecutionsQueue,
        purpose: "UnfinishedExecutions",
        keyArn: args.keyArn,
        ruleArns: arns.apply((known) => [known.executionStatusRule]),
        alarmName: names.unfinishedExecutionsAlarm,
        topicArn: args.topicArn,
      },
      { parent: this },
    );
    new RuleTarget(
      `${name}-status`,
      {
        ruleName: names.executionStatusRule,
        description: `Executions of ${names.stateMachine} that died`,
        pattern: pulumi.output(args.stateMachineArn).apply(unfinishedExecutionPattern),
        target: { arn: unfinished.queue.arn },
        retryPolicy: args.retryPolicy,
        deadLetterQueue: args.deadLetterQueue,
        startAfter: [...args.startAfter, unfinished.policy],
      },
      { parent: this },
    );
    this.queue = unfinished.queue;
    this.registerOutputs({});
  }
}
