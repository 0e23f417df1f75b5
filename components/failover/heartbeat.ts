import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { HEARTBEAT_SOURCE, HEARTBEAT_SYSTEM, TRADE_DETAIL_TYPE } from "../../functions/contract.ts";
import type { PrincipalRole } from "../principal-role.ts";
import type { RegionContext } from "../region-context.ts";
import { HEARTBEATS_TABLE } from "../storage/table-shapes.ts";
import { tableArgs } from "../storage/tables.ts";

export interface HeartbeatArgs {
  context: RegionContext;
  busArn: pulumi.Input<string>;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  /** Role with which the Scheduler puts the event. */
  role: PrincipalRole;
}

/**
 * The table of the region's last heartbeat and, where failover rests on it, a heartbeat a minute, straight on the region's
 * bus: not through the global endpoint, since it is to tell of this region
 * whether or not the producers' events go there.
 */
export class Heartbeat extends pulumi.ComponentResource {
  readonly table: aws.dynamodb.Table;

  constructor(name: string, args: HeartbeatArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:failover:Heartbeat", name, {}, opts);
    const { context, busArn, keyArn, role } = args;
    this.table = new aws.dynamodb.Table(
      `${name}-table`,
      tableArgs(context.names.heartbeatsTable, HEARTBEATS_TABLE, keyArn),
      { parent: this },
    );
    if (context.settings.failover.enabled) this.beat(name, context, busArn, role);
    this.registerOutputs({});
  }

  private beat(name: string, context: RegionContext, busArn: pulumi.Input<string>, role: PrincipalRole) {
    const detail = {
      tradeId: HEARTBEAT_SYSTEM,
      amount: "1",
      currency: "USD",
      sourceSystem: HEARTBEAT_SYSTEM,
    };
    new aws.scheduler.Schedule(
      `${name}-schedule`,
      {
        name: context.names.heartbeatSchedule,
        description: "Shows that trades would be recorded, also while there are none",
        scheduleExpression: "rate(1 minute)",
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          arn: busArn,
          roleArn: role.role.arn,
          eventbridgeParameters: { detailType: TRADE_DETAIL_TYPE, source: HEARTBEAT_SOURCE },
          input: JSON.stringify(detail),
          // One that comes late would hide that it was.
          retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
        },
      },
      { parent: this, dependsOn: [role.policy, this.table] },
    );
  }
}
