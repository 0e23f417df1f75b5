import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../../functions/contract.ts";
import type { RegionContext } from "../region-context.ts";
import { Endpoints } from "./endpoints.ts";
import { createdPlace, existingPlace } from "./place.ts";
import { SecurityGroups } from "./security-groups.ts";

/** Functions that call the market data service. */
const BEYOND_ENDPOINTS: readonly FunctionName[] = ["metadata-enricher"];

export interface NetworkArgs {
  context: RegionContext;
}

/**
 * The network of a region's functions: private subnets in two or more zones, endpoints for what they call, and
 * security groups that let HTTPS out to just those; with NAT, the enricher alone also reaches the Internet.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly subnetIds: pulumi.Output<string[]>;
  readonly #groups: SecurityGroups;
  /** The VPC's default group, which a function is moved to while it is destroyed. */
  readonly defaultSecurityGroupId: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:network:Network", name, {}, opts);
    const { context } = args;
    const settings = context.settings.network[context.role];
    const place =
      settings.mode === "create"
        ? createdPlace(
            name,
            settings,
            { suffix: context.settings.environmentSuffix, zones: context.zones },
            { parent: this },
          )
        : existingPlace(settings, { parent: this });
    const groups = new SecurityGroups(
      name,
      { context, vpcId: place.vpcId, egress: settings.egress },
      { parent: this },
    );
    const endpoints = new Endpoints(
      `${name}-endpoints`,
      { context, ...place, egress: settings.egress, securityGroupId: groups.endpoints.id },
      { parent: this },
    );
    groups.allowToGateways(endpoints.prefixListIds);
    this.vpcId = place.vpcId;
    this.subnetIds = place.subnetIds;
    this.defaultSecurityGroupId = place.defaultSecurityGroupId;
    this.#groups = groups;
    this.registerOutputs({ vpcId: this.vpcId, subnetIds: this.subnetIds });
  }

  /** Security groups of a function: the way to the endpoints, and beyond them only for those that have to go there. */
  securityGroupIds(functionName: FunctionName): pulumi.Output<string>[] {
    const { functions, marketData } = this.#groups;
    const goesOut = marketData !== undefined && BEYOND_ENDPOINTS.includes(functionName);
    return goesOut ? [functions.id, marketData.id] : [functions.id];
  }
}
