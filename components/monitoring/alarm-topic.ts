import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RegionContext } from "../region-context.ts";
import { topicPolicy } from "./topic-policy.ts";

export interface AlarmTopicArgs {
  context: RegionContext;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
}

/** Where a region's alarms go, and who is told. */
export class AlarmTopic extends pulumi.ComponentResource {
  readonly topicArn: pulumi.Output<string>;

  constructor(name: string, args: AlarmTopicArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:monitoring:AlarmTopic", name, {}, opts);
    const { names, settings, arns, account } = args.context;
    const topic = new aws.sns.Topic(
      `${name}-topic`,
      { name: names.alarmTopic, kmsMasterKeyId: args.keyArn },
      { parent: this },
    );
    const policy = new aws.sns.TopicPolicy(
      `${name}-policy`,
      {
        arn: topic.arn,
        policy: pulumi.all([arns, account]).apply(([known, id]) =>
          JSON.stringify(
            topicPolicy({
              topicArn: known.alarmTopic,
              account: id,
              alarms: known.alarm(`*-${settings.environmentSuffix}`),
            }),
          ),
        ),
      },
      { parent: this },
    );
    if (settings.alertEmail !== undefined)
      new aws.sns.TopicSubscription(
        `${name}-email`,
        { topic: topic.arn, protocol: "email", endpoint: settings.alertEmail },
        { parent: this, dependsOn: [policy] },
      );
    this.topicArn = topic.arn;
    this.registerOutputs({ topicArn: this.topicArn });
  }
}
