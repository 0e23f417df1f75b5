import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RegionContext } from "../region-context.ts";
import type { Egress } from "../settings.ts";
import type { EndpointService } from "./endpoint-policies.ts";
import {
  CENSUS_ENDPOINTS,
  endpointPolicy,
  GATEWAY_ENDPOINTS,
  INTERFACE_ENDPOINTS,
} from "./endpoint-policies.ts";
import type { NetworkPlace } from "./place.ts";

export interface EndpointsArgs extends NetworkPlace {
  context: RegionContext;
  egress: Egress;
  /** Security group of the interface endpoints. */
  securityGroupId: pulumi.Input<string>;
}

/** Private ways to the services that the functions call, each with a policy for just those calls. */
export class Endpoints extends pulumi.ComponentResource {
  /** Addresses of the gateway endpoints, for security group rules: service and prefix list. */
  readonly prefixListIds: ReadonlyArray<readonly [EndpointService, pulumi.Output<string>]>;

  constructor(name: string, args: EndpointsArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:network:Endpoints", name, {}, opts);
    const { context, vpcId, subnetIds, routeTableIds, egress, securityGroupId } = args;
    const { region, settings, account, arns } = context;
    const suffix = settings.environmentSuffix;
    const common = (service: EndpointService) => ({
      vpcId,
      serviceName: `com.amazonaws.${region}.${service}`,
      policy: pulumi
        .all([account, arns])
        .apply(([id, known]) =>
          JSON.stringify(endpointPolicy(service, { account: id, region, suffix, arns: known })),
        ),
      tags: { Name: `endpoint-${service}-${suffix}` },
    });
    const inSubnets = {
      vpcEndpointType: "Interface",
      subnetIds,
      securityGroupIds: [securityGroupId],
      privateDnsEnabled: true,
    };
    this.prefixListIds = GATEWAY_ENDPOINTS.map((service) => {
      const endpoint = new aws.ec2.VpcEndpoint(
        `${name}-${service}`,
        { ...common(service), vpcEndpointType: "Gateway", routeTableIds },
        { parent: this },
      );
      return [service, endpoint.prefixListId] as const;
    });
    const isCalled = (service: EndpointService) => egress !== "nat" || !CENSUS_ENDPOINTS.includes(service);
    for (const service of INTERFACE_ENDPOINTS.filter(isCalled))
      new aws.ec2.VpcEndpoint(`${name}-${service}`, { ...common(service), ...inSubnets }, { parent: this });
    if (typeof egress === "object")
      new aws.ec2.VpcEndpoint(
        `${name}-market-data`,
        {
          vpcId,
          serviceName: egress.privateLink.serviceName,
          ...inSubnets,
          privateDnsEnabled: egress.privateLink.privateDns,
          tags: { Name: `endpoint-market-data-${suffix}` },
        },
        { parent: this },
      );
    this.registerOutputs({});
  }
}
