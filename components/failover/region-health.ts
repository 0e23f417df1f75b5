import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { METRICS, METRICS_NAMESPACE } from "../../functions/contract.ts";
import type { RegionContext } from "../region-context.ts";
import { FAILOVER_DETECTION_MINUTES, SLOW_INGESTION_MILLISECONDS } from "../standards.ts";

export interface RegionHealthArgs {
  context: RegionContext;
  topicArn: pulumi.Input<string>;
}

/**
 * Whether a region takes trades and records them, as alarms that Route 53 can watch: one metric each, with a basic
 * statistic (Route 53 Developer Guide, "How Route 53 determines the status of health checks that monitor CloudWatch
 * alarms"). Missing data breaches: with a heartbeat a minute there is none only where nothing works.
 */
export class RegionHealth extends pulumi.ComponentResource {
  /** The alarms' names. */
  readonly alarms: Readonly<Record<"latency" | "heartbeat", pulumi.Output<string>>>;

  constructor(name: string, args: RegionHealthArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:failover:RegionHealth", name, {}, opts);
    const { context, topicArn } = args;
    const { names, settings } = context;
    const common = {
      period: 60,
      evaluationPeriods: FAILOVER_DETECTION_MINUTES,
      treatMissingData: "breaching",
      alarmActions: [topicArn],
      okActions: [topicArn],
    };
    const latency = new aws.cloudwatch.MetricAlarm(
      `${name}-latency-alarm`,
      {
        ...common,
        name: names.ingestionLatencyAlarm,
        alarmDescription: `EventBridge takes more than ${SLOW_INGESTION_MILLISECONDS / 1000} s from an event to its first target, or says nothing`,
        // Without dimensions: of all events of the account in the region, as EventBridge's own template for endpoints.
        namespace: "AWS/Events",
        metricName: "IngestionToInvocationStartLatency",
        statistic: "Average",
        comparisonOperator: "GreaterThanThreshold",
        threshold: SLOW_INGESTION_MILLISECONDS,
      },
      { parent: this },
    );
    const heartbeat = new aws.cloudwatch.MetricAlarm(
      `${name}-heartbeat-alarm`,
      {
        ...common,
        name: names.heartbeatAlarm,
        alarmDescription: "No heartbeat was recorded: trades would not be, either",
        namespace: METRICS_NAMESPACE,
        metricName: METRICS.heartbeatRecorded,
        dimensions: { service: "compliance-recorder", Environment: settings.environmentSuffix },
        statistic: "Sum",
        comparisonOperator: "LessThanThreshold",
        threshold: 1,
      },
      { parent: this },
    );
    this.alarms = { latency: latency.name, heartbeat: heartbeat.name };
    this.registerOutputs({});
  }
}
