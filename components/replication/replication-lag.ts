import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RegionContext } from "../region-context.ts";
import { SLOW_REPLICATION_MILLISECONDS } from "../standards.ts";

export interface ReplicationLagArgs {
  /** The region that writes. */
  context: RegionContext;
  /** The region that its writes go to. */
  receivingRegion: string;
  topicArn: pulumi.Input<string>;
}

/** Tells when what a region writes takes long to reach the other one: that much would be missing there after its loss. */
export class ReplicationLag extends pulumi.ComponentResource {
  constructor(name: string, args: ReplicationLagArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:replication:ReplicationLag", name, {}, opts);
    const { context, receivingRegion, topicArn } = args;
    const { names } = context;
    for (const [purpose, tableName] of [
      ["trades", names.tradesTable],
      ["outcomes", names.outcomesTable],
    ] as const)
      new aws.cloudwatch.MetricAlarm(
        `${name}-${purpose}-alarm`,
        {
          name: names.replicationLagAlarm(purpose),
          alarmDescription: `Writes to ${tableName} take more than a minute to reach ${receivingRegion}`,
          namespace: "AWS/DynamoDB",
          metricName: "ReplicationLatency",
          dimensions: { TableName: tableName, ReceivingRegion: receivingRegion },
          statistic: "Average",
          comparisonOperator: "GreaterThanThreshold",
          threshold: SLOW_REPLICATION_MILLISECONDS,
          period: 60,
          evaluationPeriods: 5,
          // Nothing is written, so nothing is late.
          treatMissingData: "notBreaching",
          alarmActions: [topicArn],
          okActions: [topicArn],
        },
        { parent: this },
      );
    this.registerOutputs({});
  }
}
