import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { METRICS, METRICS_NAMESPACE } from "../../functions/contract.ts";
import type { TradeFunction } from "../functions/trade-function.ts";
import { firstOccurrenceAlarm } from "../monitoring/alarm.ts";
import type { RegionContext } from "../region-context.ts";

/** How far behind the stream the function may be before somebody is told, in milliseconds; a stream keeps a day. */
const LATE_MILLISECONDS = 900_000;

export interface ReplacementsArgs {
  context: RegionContext;
  /** The function that writes the outcomes of replaced rows. */
  recorder: TradeFunction;
  /** Stream of the trades table in the region. */
  tradesStreamArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
}

/**
 * Sees to it that an event whose row another region's write replaced still ends as one of the outcomes. A batch that
 * fails comes again as long as the stream keeps it, since none may be passed over.
 */
export class Replacements extends pulumi.ComponentResource {
  constructor(name: string, args: ReplacementsArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:replication:Replacements", name, {}, opts);
    const { context, recorder, topicArn } = args;
    const { names, settings } = context;
    new aws.lambda.EventSourceMapping(
      `${name}-changes`,
      {
        eventSourceArn: args.tradesStreamArn,
        functionName: recorder.alias.arn,
        startingPosition: "TRIM_HORIZON",
        batchSize: 100,
        bisectBatchOnFunctionError: true,
        maximumRetryAttempts: -1,
        filterCriteria: { filters: [{ pattern: JSON.stringify({ eventName: ["MODIFY"] }) }] },
      },
      { parent: this },
    );
    firstOccurrenceAlarm(
      `${name}-conflict-alarm`,
      {
        alarmName: names.replacementConflictAlarm,
        description: "A recorded trade was replaced by the other region's, with other content",
        namespace: METRICS_NAMESPACE,
        metricName: METRICS.replacedByConflict,
        dimensions: { service: "replacement-recorder", Environment: settings.environmentSuffix },
        statistic: "Sum",
        topicArn,
      },
      { parent: this },
    );
    new aws.cloudwatch.MetricAlarm(
      `${name}-age-alarm`,
      {
        name: names.replacementAgeAlarm,
        alarmDescription: "Changes of rows have waited for a quarter of an hour to be looked at",
        namespace: "AWS/Lambda",
        metricName: "IteratorAge",
        dimensions: {
          FunctionName: recorder.function.name,
          Resource: pulumi.interpolate`${recorder.function.name}:${recorder.alias.name}`,
        },
        statistic: "Maximum",
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        threshold: LATE_MILLISECONDS,
        period: 300,
        evaluationPeriods: 1,
        treatMissingData: "notBreaching",
        alarmActions: [topicArn],
        okActions: [topicArn],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
