import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { firstOccurrenceAlarm } from "../monitoring/alarm.ts";
import { DEAD_LETTER_PURPOSE, DEAD_LETTER_RETENTION_SECONDS, MAXIMUM_MESSAGE_BYTES } from "../standards.ts";
import { queuePolicy } from "./queue-policy.ts";

export interface MessageQueueArgs {
  /** Name of the queue in SQS. */
  queueName: string;
  /** What the queue is for; `DeadLetterQueue` makes it one for the policy pack. */
  purpose:
    | typeof DEAD_LETTER_PURPOSE.value
    | "Rejects"
    | "UnaccountedEvents"
    | "UnfinishedExecutions"
    | "UnmatchedEvents";
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  /** EventBridge rules that may deliver to it. Default: none. */
  ruleArns?: pulumi.Input<string[]>;
  /** Name of the alarm on its first message. */
  alarmName: string;
  topicArn: pulumi.Input<string>;
}

/**
 * A queue for messages that somebody has to look at: kept for 14 days, encrypted, as large as an event can be,
 * and with an alarm on the first message.
 */
export class MessageQueue extends pulumi.ComponentResource {
  readonly queue: aws.sqs.Queue;
  readonly policy: aws.sqs.QueuePolicy;
  readonly alarm: aws.cloudwatch.MetricAlarm;

  constructor(name: string, args: MessageQueueArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:queues:MessageQueue", name, {}, opts);
    this.queue = new aws.sqs.Queue(
      `${name}-queue`,
      {
        name: args.queueName,
        messageRetentionSeconds: DEAD_LETTER_RETENTION_SECONDS,
        maxMessageSize: MAXIMUM_MESSAGE_BYTES,
        kmsMasterKeyId: args.keyArn,
        kmsDataKeyReusePeriodSeconds: 300,
        tags: { [DEAD_LETTER_PURPOSE.key]: args.purpose },
      },
      { parent: this },
    );
    this.policy = new aws.sqs.QueuePolicy(
      `${name}-policy`,
      {
        queueUrl: this.queue.url,
        policy: pulumi
          .all([this.queue.arn, args.ruleArns ?? []])
          .apply(([arn, rules]) => JSON.stringify(queuePolicy(arn, rules))),
      },
      { parent: this },
    );
    this.alarm = firstOccurrenceAlarm(
      `${name}-alarm`,
      {
        alarmName: args.alarmName,
        description: `${args.queueName} holds at least one message`,
        namespace: "AWS/SQS",
        metricName: "ApproximateNumberOfMessagesVisible",
        dimensions: { QueueName: this.queue.name },
        statistic: "Maximum",
        topicArn: args.topicArn,
      },
      { parent: this },
    );
    this.registerOutputs({ url: this.queue.url, arn: this.queue.arn });
  }
}
