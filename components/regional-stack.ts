import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../functions/contract.ts";
import { FUNCTION_IMAGES, FUNCTION_NAMES } from "../functions/contract.ts";
import { RegionHealth } from "./failover/region-health.ts";
import type { ImageDigests } from "./functions/function-images.ts";
import { TradeFunction } from "./functions/trade-function.ts";
import { AlarmTopic } from "./monitoring/alarm-topic.ts";
import { UnaccountedAlarm } from "./monitoring/unaccounted-alarm.ts";
import { deadLetterOwner } from "./naming.ts";
import { Network } from "./network/network.ts";
import type { RegionContext } from "./region-context.ts";
import { Replacements } from "./replication/replacements.ts";
import { ReplicationLag } from "./replication/replication-lag.ts";
import { Routing } from "./routing/routing.ts";
import { Maintenance } from "./schedules/maintenance.ts";
import { Parameters } from "./storage/parameters.ts";
import { Workflow } from "./workflow/workflow.ts";

export interface RegionalStackArgs {
  context: RegionContext;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  /** The region's own image repository. */
  repositoryUrl: pulumi.Input<string>;
  digests: ImageDigests;
  /** The stack's other region. */
  otherRegion: string;
  /** Stream of the trades table in the region. */
  tradesStreamArn: pulumi.Input<string>;
  /** What must be there before the region takes trades: where it only has replicas, these. Default: nothing. */
  takeTradesAfter?: pulumi.Resource[];
}

/** Everything that processes trades in one region. Both regions have the same. */
export class RegionalStack extends pulumi.ComponentResource {
  readonly functions: Readonly<Record<FunctionName, TradeFunction>>;
  readonly workflow: Workflow;
  readonly routing: Routing;
  readonly network: Network;
  readonly parameters: Parameters;
  readonly topicArn: pulumi.Output<string>;
  readonly maintenance: Maintenance;
  /** Whether the region takes trades; only where failover rests on it. */
  readonly health: RegionHealth | undefined;

  constructor(name: string, args: RegionalStackArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:index:RegionalStack", name, {}, opts);
    const { context, keyArn, repositoryUrl, digests, takeTradesAfter } = args;
    const { topicArn } = new AlarmTopic(`${name}-alarms`, { context, keyArn }, { parent: this });
    this.topicArn = topicArn;
    this.parameters = new Parameters(`${name}-parameters`, { context }, { parent: this });
    this.network = new Network(`${name}-network`, { context }, { parent: this });
    const functions = new Map<FunctionName, TradeFunction>();
    for (const functionName of FUNCTION_NAMES) {
      const sharedQueue = functions.get(deadLetterOwner(functionName))?.deadLetterQueue;
      const tradeFunction = new TradeFunction(
        `${name}-${functionName}`,
        {
          functionName,
          context,
          imageUri: pulumi.interpolate`${repositoryUrl}@${digests[FUNCTION_IMAGES[functionName].image]}`,
          subnetIds: this.network.subnetIds,
          securityGroupIds: this.network.securityGroupIds(functionName),
          defaultSecurityGroupId: this.network.defaultSecurityGroupId,
          keyArn,
          topicArn,
          ...(sharedQueue && { deadLetterQueue: sharedQueue }),
        },
        { parent: this },
      );
      functions.set(functionName, tradeFunction);
    }
    this.functions = Object.fromEntries(functions) as Record<FunctionName, TradeFunction>;
    this.workflow = new Workflow(
      `${name}-workflow`,
      { context, functions: this.functions, keyArn, topicArn },
      { parent: this },
    );
    this.routing = new Routing(
      `${name}-routing`,
      {
        context,
        stateMachineArn: this.workflow.stateMachine.arn,
        keyArn,
        topicArn,
        ...(takeTradesAfter && { startAfter: takeTradesAfter }),
      },
      { parent: this },
    );
    new UnaccountedAlarm(
      `${name}-unaccounted`,
      {
        context,
        busName: this.routing.bus.name,
        stateMachineArn: this.workflow.stateMachine.arn,
        topicArn,
      },
      { parent: this },
    );
    this.maintenance = new Maintenance(
      `${name}-maintenance`,
      { ...{ context, keyArn, topicArn }, functions: this.functions, busArn: this.routing.bus.arn },
      { parent: this },
    );
    new Replacements(
      `${name}-replacements`,
      {
        ...{ context, topicArn },
        recorder: this.functions["replacement-recorder"],
        tradesStreamArn: args.tradesStreamArn,
      },
      { parent: this },
    );
    new ReplicationLag(
      `${name}-replication-lag`,
      { ...{ context, topicArn }, receivingRegion: args.otherRegion },
      { parent: this },
    );
    this.health = context.settings.failover.enabled
      ? new RegionHealth(`${name}-health`, { context, topicArn }, { parent: this })
      : undefined;
    this.registerOutputs({ stateMachineArn: this.workflow.stateMachine.arn });
  }
}
