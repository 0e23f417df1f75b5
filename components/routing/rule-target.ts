import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PrincipalRole } from "../principal-role.ts";
import type { MessageQueue } from "../queues/message-queue.ts";
import type { EventPattern } from "./patterns.ts";

export interface RetryPolicy {
  maximumRetryAttempts: number;
  maximumEventAgeInSeconds: number;
}

export interface RuleTargetArgs {
  /** Name of the rule in EventBridge. */
  ruleName: string;
  description: string;
  pattern: pulumi.Input<EventPattern>;
  /** Bus of the rule. Default: the account's default bus. */
  busName?: pulumi.Input<string>;
  /** What the rule invokes, and the role for it; queues take none, their policy lets the rule in. */
  target: { arn: pulumi.Input<string>; role?: PrincipalRole };
  retryPolicy: RetryPolicy;
  /** Takes what could not be delivered. Default: none, for events that nobody misses. */
  deadLetterQueue?: MessageQueue;
  startAfter: pulumi.Resource[];
}

/** A rule with its one target. The target gets the whole envelope: no input path, no transformer. */
export class RuleTarget extends pulumi.ComponentResource {
  constructor(name: string, args: RuleTargetArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:routing:RuleTarget", name, {}, opts);
    const { target, deadLetterQueue, busName, startAfter } = args;
    const onBus = busName === undefined ? {} : { eventBusName: busName };
    const rule = new aws.cloudwatch.EventRule(
      `${name}-rule`,
      {
        name: args.ruleName,
        description: args.description,
        eventPattern: pulumi.jsonStringify(args.pattern),
        ...onBus,
      },
      { parent: this, dependsOn: startAfter },
    );
    new aws.cloudwatch.EventTarget(
      `${name}-target`,
      {
        rule: rule.name,
        arn: target.arn,
        ...onBus,
        ...(target.role && { roleArn: target.role.role.arn }),
        retryPolicy: args.retryPolicy,
        ...(deadLetterQueue && { deadLetterConfig: { arn: deadLetterQueue.queue.arn } }),
      },
      {
        parent: this,
        dependsOn: [
          ...(deadLetterQueue ? [deadLetterQueue.policy] : []),
          ...(target.role ? [target.role.policy] : []),
          ...startAfter,
        ],
      },
    );
    this.registerOutputs({ ruleArn: rule.arn });
  }
}
