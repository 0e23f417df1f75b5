import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../../functions/contract.ts";
import { METRICS, METRICS_NAMESPACE } from "../../functions/contract.ts";
import { Heartbeat } from "../failover/heartbeat.ts";
import type { TradeFunction } from "../functions/trade-function.ts";
import { PrincipalRole } from "../principal-role.ts";
import type { RegionContext } from "../region-context.ts";
import { PENDING_ENRICHMENT_ALARM_MINUTES } from "../standards.ts";
import { FunctionSchedule } from "./function-schedule.ts";

export interface MaintenanceArgs {
  context: RegionContext;
  functions: Readonly<Record<FunctionName, TradeFunction>>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
  /** The trades bus. */
  busArn: pulumi.Input<string>;
}

/** What looks after trades that the workflow left for later: when it runs, and who hears if it does not get on. */
export class Maintenance extends pulumi.ComponentResource {
  /** The region's last heartbeat. */
  readonly heartbeats: aws.dynamodb.Table;

  constructor(name: string, args: MaintenanceArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:schedules:Maintenance", name, {}, opts);
    const { context, functions, keyArn, topicArn, busArn } = args;
    const { names, settings } = context;
    const role = new PrincipalRole(name, { principal: "scheduling", context, keyArn }, { parent: this });
    this.heartbeats = new Heartbeat(
      `${name}-heartbeat`,
      { context, busArn, keyArn, role },
      { parent: this },
    ).table;
    new FunctionSchedule(
      `${name}-completer`,
      {
        scheduleName: names.completerSchedule,
        description: "Completes pending enrichments",
        everyMinutes: 1,
        input: {},
        // The next run does the work of one that was missed.
        maximumEventAgeInSeconds: 60,
        target: functions["enrichment-completer"],
        role,
      },
      { parent: this },
    );
    if (settings.census.everyMinutes > 0)
      new FunctionSchedule(
        `${name}-census`,
        {
          scheduleName: names.censusSchedule,
          description: "Proves that every trade of the last window has an outcome",
          everyMinutes: settings.census.everyMinutes,
          // The window follows from the time at which a run was due, so that none is left out, however late it comes.
          input: { scheduledTime: "<aws.scheduler.scheduled-time>" },
          maximumEventAgeInSeconds: 86_400,
          target: functions["trade-census"],
          role,
        },
        { parent: this },
      );
    new aws.cloudwatch.MetricAlarm(
      `${name}-pending-enrichment-alarm`,
      {
        name: names.pendingEnrichmentAlarm,
        alarmDescription: `A trade has waited for its enrichment for ${PENDING_ENRICHMENT_ALARM_MINUTES} minutes, or the completer does not run`,
        namespace: METRICS_NAMESPACE,
        metricName: METRICS.pendingEnrichmentAge,
        dimensions: { service: "enrichment-completer", Environment: settings.environmentSuffix },
        statistic: "Maximum",
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        threshold: PENDING_ENRICHMENT_ALARM_MINUTES * 60_000,
        period: 300,
        evaluationPeriods: 1,
        // A completer that runs says so every minute, so that silence is news, too, but not before the first run.
        treatMissingData: "missing",
        alarmActions: [topicArn],
        insufficientDataActions: [topicArn],
        okActions: [topicArn],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
