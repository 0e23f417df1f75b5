import type { CreateRequest } from "../program/provider.ts";
import type { ResourceType, ResourceTypes } from "./resource-type.ts";
import { arn, generatedId } from "./resource-type.ts";

const NO_NETWORK = "function processes run on this machine and use its network";

function ec2(
  prefix: string,
  kind: string,
  outputs: (request: CreateRequest, id: string) => object = () => ({}),
) {
  const type: ResourceType = {
    describe(request) {
      const id = generatedId(prefix, request.urn);
      return { id, outputs: { arn: arn(request, "ec2", `${kind}/${id}`), ...outputs(request, id) } };
    },
    inert: NO_NETWORK,
  };
  return type;
}

/** Amazon VPC. */
export const NETWORK_TYPES: ResourceTypes = {
  "aws:ec2/vpc:Vpc": ec2("vpc", "vpc", ({ urn }) => ({
    mainRouteTableId: generatedId("rtb", `${urn}/main`),
    defaultSecurityGroupId: generatedId("sg", `${urn}/default`),
  })),
  "aws:ec2/subnet:Subnet": ec2("subnet", "subnet"),
  "aws:ec2/routeTable:RouteTable": ec2("rtb", "route-table"),
  "aws:ec2/route:Route": ec2("r", "route"),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": ec2("rtbassoc", "route-table-association"),
  "aws:ec2/internetGateway:InternetGateway": ec2("igw", "internet-gateway"),
  "aws:ec2/eip:Eip": ec2("eipalloc", "elastic-ip", (_request, id) => ({ allocationId: id })),
  "aws:ec2/natGateway:NatGateway": ec2("nat", "natgateway"),
  "aws:ec2/vpcEndpoint:VpcEndpoint": ec2("vpce", "vpc-endpoint", ({ urn }) => ({
    prefixListId: generatedId("pl", urn),
    state: "available",
  })),
  "aws:ec2/securityGroup:SecurityGroup": ec2("sg", "security-group"),
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ec2("sg", "security-group"),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ec2("sgr", "security-group-rule"),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ec2("sgr", "security-group-rule"),
  "aws:ec2/securityGroupRule:SecurityGroupRule": ec2("sgrule", "security-group-rule"),
};
