import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrincipalRole } from "../principal-role.ts";
import { MessageQueue } from "../queues/message-queue.ts";
import type { RegionContext } from "../region-context.ts";
import { DEAD_LETTER_PURPOSE } from "../standards.ts";
import { forwardingPattern } from "./patterns.ts";
import type { RetryPolicy } from "./rule-target.ts";
import { RuleTarget } from "./rule-target.ts";

export interface DefaultBusForwardingArgs {
  context: RegionContext;
  /** The trades bus. */
  busArn: pulumi.Input<string>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
  retryPolicy: RetryPolicy;
  startAfter: pulumi.Resource[];
}

/** Hands trades on the account's default bus on to the trades bus. At most one stack an account and region has it. */
export class DefaultBusForwarding extends pulumi.ComponentResource {
  readonly deadLetterQueue: aws.sqs.Queue;

  constructor(name: string, args: DefaultBusForwardingArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:routing:DefaultBusForwarding", name, {}, opts);
    const { context, keyArn, topicArn } = args;
    const { names, settings, arns } = context;
    const deadLetterQueue = new MessageQueue(
      `${name}-dlq`,
      {
        queueName: names.forwardingDeadLetterQueue,
        purpose: DEAD_LETTER_PURPOSE.value,
        keyArn,
        ruleArns: arns.apply((known) => [known.forwardingRule]),
        alarmName: names.forwardingDeadLetterAlarm,
        topicArn,
      },
      { parent: this },
    );
    const role = new PrincipalRole(name, { principal: "forwarding", context, keyArn }, { parent: this });
    new RuleTarget(
      `${name}-default-bus`,
      {
        ruleName: names.forwardingRule,
        description: `Trades on the default bus, for ${names.bus}`,
        pattern: forwardingPattern(settings.sources.map((each) => each.source)),
        target: { arn: args.busArn, role },
        retryPolicy: args.retryPolicy,
        deadLetterQueue,
        startAfter: args.startAfter,
      },
      { parent: this },
    );
    this.deadLetterQueue = deadLetterQueue.queue;
    this.registerOutputs({});
  }
}
