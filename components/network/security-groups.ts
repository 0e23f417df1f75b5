import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RegionContext } from "../region-context.ts";
import type { Egress } from "../settings.ts";
import type { EndpointService } from "./endpoint-policies.ts";

/** Where market data may be, by how the network is left: anywhere, or in networks that are joined to this one (RFC 1918). */
const MARKET_DATA_RANGES = {
  nat: ["0.0.0.0/0"],
  none: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
} as const;

const HTTPS = { ipProtocol: "tcp", fromPort: 443, toPort: 443 };

export interface SecurityGroupsArgs {
  context: RegionContext;
  vpcId: pulumi.Input<string>;
  egress: Egress;
}

/** Who may talk to whom in the VPC: functions to endpoints, over HTTPS; nobody to functions. */
export class SecurityGroups extends pulumi.ComponentResource {
  readonly functions: aws.ec2.SecurityGroup;
  readonly endpoints: aws.ec2.SecurityGroup;
  /** Way beyond the endpoints, above all to market data: to the Internet with NAT, to private networks without; none with a link. */
  readonly marketData: aws.ec2.SecurityGroup | undefined;
  readonly #name: string;

  constructor(name: string, args: SecurityGroupsArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:network:SecurityGroups", `${name}-groups`, {}, opts);
    this.#name = name;
    const { names } = args.context;
    const group = (purpose: string, groupName: string, description: string) =>
      new aws.ec2.SecurityGroup(
        `${name}-${purpose}`,
        { name: groupName, description, vpcId: args.vpcId, tags: { Name: groupName } },
        { parent: this },
      );
    this.functions = group("functions", names.functionSecurityGroup, "Functions: HTTPS to endpoints only");
    this.endpoints = group("endpoints", names.endpointSecurityGroup, "Endpoints: HTTPS from functions only");
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-functions-to-endpoints`,
      {
        securityGroupId: this.functions.id,
        referencedSecurityGroupId: this.endpoints.id,
        ...HTTPS,
        description: "Interface endpoints",
      },
      { parent: this },
    );
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-endpoints-from-functions`,
      {
        securityGroupId: this.endpoints.id,
        referencedSecurityGroupId: this.functions.id,
        ...HTTPS,
        description: "Functions",
      },
      { parent: this },
    );
    if (args.egress === "nat" || args.egress === "none") {
      this.marketData = group("market-data", names.marketDataSecurityGroup, "Enricher: HTTPS to market data");
      for (const [index, cidrIpv4] of MARKET_DATA_RANGES[args.egress].entries())
        new aws.vpc.SecurityGroupEgressRule(
          index === 0 ? `${name}-market-data-out` : `${name}-market-data-out-${index + 1}`,
          {
            securityGroupId: this.marketData.id,
            cidrIpv4,
            ...HTTPS,
            description: "Market data service, whose addresses are not known",
          },
          { parent: this },
        );
    }
    this.registerOutputs({});
  }

  /** Lets the functions reach the gateway endpoints, which are known by their prefix lists. */
  allowToGateways(prefixLists: ReadonlyArray<readonly [EndpointService, pulumi.Input<string>]>): void {
    for (const [service, prefixListId] of prefixLists)
      new aws.vpc.SecurityGroupEgressRule(
        `${this.#name}-functions-to-${service}`,
        {
          securityGroupId: this.functions.id,
          prefixListId,
          ...HTTPS,
          description: `Gateway endpoint of ${service}`,
        },
        { parent: this },
      );
  }
}
