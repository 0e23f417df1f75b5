import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../functions/contract.ts";
import { FUNCTION_IMAGES, FUNCTION_NAMES } from "../functions/contract.ts";
import type { ImageDigests } from "./functions/function-images.ts";
import { TradeFunction } from "./functions/trade-function.ts";
import { AlarmTopic } from "./monitoring/alarm-topic.ts";
import { Network } from "./network/network.ts";
import type { RegionContext } from "./region-context.ts";
import { Routing } from "./routing/routing.ts";
import { Parameters } from "./storage/parameters.ts";
import { Workflow } from "./workflow/workflow.ts";

export interface RegionalStackArgs {
  context: RegionContext;
  /** Customer key of the region. */
  keyArn: pulumi.Input<string>;
  /** The region's own image repository. */
  repositoryUrl: pulumi.Input<string>;
  digests: ImageDigests;
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

  constructor(name: string, args: RegionalStackArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:index:RegionalStack", name, {}, opts);
    const { context, keyArn, repositoryUrl, digests, takeTradesAfter } = args;
    const { topicArn } = new AlarmTopic(`${name}-alarms`, { context, keyArn }, { parent: this });
    this.topicArn = topicArn;
    this.parameters = new Parameters(`${name}-parameters`, { context }, { parent: this });
    this.network = new Network(`${name}-network`, { context }, { parent: this });
    const entries = FUNCTION_NAMES.map((functionName) => {
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
        },
        { parent: this },
      );
      return [functionName, tradeFunction] as const;
    });
    this.functions = Object.fromEntries(entries) as Record<FunctionName, TradeFunction>;
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
    this.registerOutputs({ stateMachineArn: this.workflow.stateMachine.arn });
  }
}
