import * as pulumi from "@pulumi/pulumi";
import type { FunctionName } from "../../functions/contract.ts";
import type { RegionContext } from "../region-context.ts";
import { Endpoints } from "./endpoints.ts";
import { createdPlace, existingPlace } from "./place.ts";
import { SecurityGroups } from "./security-groups.ts";

/** Functions that call the market data service. */
const MARKET_DATA_CALLERS: readonly FunctionName[] = ["metadata-enricher", "enrichment-completer"];

/**
 * Calls EventBridge and SQS: two more interface endpoints would cost more than all that it does, so that it uses NAT where
 * there is one.
 */
const NAT_USERS: readonly FunctionName[] = ["trade-census"];

export interface NetworkArgs {
  context: RegionContext;
}

/**
 * The network of a region's functions: private subnets in two or more zones, endpoints for what they call, and
 * security groups that let HTTPS out to just those; with NAT, what calls market data and the census reach the Internet too.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly subnetIds: pulumi.Output<string[]>;
  readonly #groups: SecurityGroups;
  readonly #hasNat: boolean;
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
    this.#hasNat = settings.egress === "nat";
    this.registerOutputs({ vpcId: this.vpcId, subnetIds: this.subnetIds });
  }

  /** Security groups of a function: the way to the endpoints, and beyond them only for those that have to go there. */
  securityGroupIds(functionName: FunctionName): pulumi.Output<string>[] {
    const { functions, marketData } = this.#groups;
    const goesOut =
      MARKET_DATA_CALLERS.includes(functionName) || (this.#hasNat && NAT_USERS.includes(functionName));
    return goesOut && marketData !== undefined ? [functions.id, marketData.id] : [functions.id];
  }
}
