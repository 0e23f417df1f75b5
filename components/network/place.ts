import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkSettings } from "../settings.ts";

/** Where the functions are put. */
export interface NetworkPlace {
  vpcId: pulumi.Output<string>;
  subnetIds: pulumi.Output<string[]>;
  /** Route tables that lead to the gateway endpoints. */
  routeTableIds: pulumi.Output<string[]>;
  /** The VPC's own default group, which lets nothing through. */
  defaultSecurityGroupId: pulumi.Output<string>;
}

type Created = Extract<NetworkSettings, { mode: "create" }>;
type Existing = Extract<NetworkSettings, { mode: "existing" }>;

/** A VPC of its own. Without NAT its subnets have no way out at all, and nothing in it is public. */
export function createdPlace(
  name: string,
  { cidr, egress }: Created,
  { suffix, zones }: { suffix: string; zones: readonly string[] },
  opts: pulumi.ComponentResourceOptions,
): NetworkPlace {
  const hasNat = egress === "nat";
  const vpc = new awsx.ec2.Vpc(
    `${name}-vpc`,
    {
      cidrBlock: cidr,
      availabilityZoneNames: [...zones],
      enableDnsHostnames: true,
      enableDnsSupport: true,
      subnetStrategy: "Auto",
      subnetSpecs: hasNat ? [{ type: "Private" }, { type: "Public" }] : [{ type: "Isolated" }],
      // One gateway: only enrichment leaves the VPC, and enrichment never decides a trade's fate.
      natGateways: { strategy: hasNat ? "Single" : "None" },
      tags: { Name: `vpc-trade-processing-${suffix}` },
    },
    opts,
  );
  // What AWS puts into every VPC lets its members reach each other; nobody should be a member.
  const defaultGroup = new aws.ec2.DefaultSecurityGroup(
    `${name}-default-group`,
    { vpcId: vpc.vpcId, ingress: [], egress: [] },
    opts,
  );
  return {
    vpcId: vpc.vpcId,
    subnetIds: hasNat ? vpc.privateSubnetIds : vpc.isolatedSubnetIds,
    routeTableIds: vpc.routeTables.apply((tables) => pulumi.all(tables.map((table) => table.id))),
    defaultSecurityGroupId: defaultGroup.id,
  };
}

/** A VPC that is there already. */
export function existingPlace(
  { vpcId, privateSubnetIds, routeTableIds }: Existing,
  opts: pulumi.InvokeOptions,
): NetworkPlace {
  return {
    vpcId: pulumi.output(vpcId),
    subnetIds: pulumi.output(privateSubnetIds),
    routeTableIds: pulumi.output(routeTableIds),
    defaultSecurityGroupId: aws.ec2.getSecurityGroupOutput({ vpcId, name: "default" }, opts).id,
  };
}
