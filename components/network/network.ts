import * as pulumi from "@pulumi/pulumi";
import type { RegionContext } from "../region-context.ts";
import { Endpoints } from "./endpoints.ts";
import { createdPlace, existingPlace } from "./place.ts";
import { SecurityGroups } from "./security-groups.ts";

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
  /** For functions that call AWS only. */
  readonly securityGroupIds: pulumi.Output<string>[];
  /** For the function that also calls the market data service. */
  readonly marketDataSecurityGroupIds: pulumi.Output<string>[];
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
    this.securityGroupIds = [groups.functions.id];
    this.marketDataSecurityGroupIds = [
      groups.functions.id,
      ...(groups.marketData === undefined ? [] : [groups.marketData.id]),
    ];
    this.registerOutputs({ vpcId: this.vpcId, subnetIds: this.subnetIds });
  }
}
