import type { Json } from "../../service.ts";
import type { Place } from "./table.ts";
import { type ActionTable, anything, member, need, regional, rows, texts } from "./table.ts";

const part = (kind: string, name: string) => (input: Json, at: Place) =>
  regional("ec2", at, `${kind}/${member(input, name) || "*"}`);
const made = (kind: string) => (_input: Json, at: Place) => regional("ec2", at, `${kind}/*`);
const networkInterface = part("network-interface", "NetworkInterfaceId");

/** Amazon EC2. What is being made has no id yet, so that its ARN ends in `*`. */
export const EC2_ACTIONS: ActionTable = {
  CreateNetworkInterface: (input, at) =>
    [
      made("network-interface")(input, at),
      part("subnet", "SubnetId")(input, at),
      ...texts(input.Groups).map((id) => regional("ec2", at, `security-group/${id}`)),
    ].map((resource) => ({ action: "ec2:CreateNetworkInterface", resource })),
  ...rows("ec2", networkInterface, "DeleteNetworkInterface", "AssignPrivateIpAddresses"),
  ...rows("ec2", networkInterface, "UnassignPrivateIpAddresses"),
  ...rows("ec2", anything, "DescribeNetworkInterfaces", "DescribeSubnets", "DescribeVpcEndpoints"),
  ...rows("ec2", made("vpc"), "CreateVpc"),
  ...rows("ec2", made("subnet"), "CreateSubnet"),
  ...rows("ec2", made("route-table"), "CreateRouteTable"),
  ...rows("ec2", made("natgateway"), "CreateNatGateway"),
  ...rows("ec2", made("vpc-endpoint"), "CreateVpcEndpoint"),
  ...rows("ec2", part("route-table", "RouteTableId"), "AssociateRouteTable", "CreateRoute"),
  ...rows("ec2", part("vpc-endpoint", "VpcEndpointId"), "ModifyVpcEndpoint"),
  ...rows("ec2", part("vpc", "VpcId"), "DeleteVpc"),
  ...rows("ec2", part("subnet", "SubnetId"), "DeleteSubnet"),
  ...rows("ec2", part("natgateway", "NatGatewayId"), "DeleteNatGateway"),
  ...rows("ec2", part("route-table", "RouteTableId"), "DeleteRouteTable", "DeleteRoute", "ReplaceRoute"),
  ...rows("ec2", part("route-table", "RouteTableId"), "DisassociateRouteTable"),
  ...rows("ec2", part("route-table", "RouteTableId"), "ReplaceRouteTableAssociation"),
  ...rows("ec2", anything, "DescribeVpcs", "DescribeNatGateways", "DescribeRouteTables"),
  DeleteVpcEndpoints: need("ec2:DeleteVpcEndpoints", made("vpc-endpoint")),
};

/** AWS X-Ray: no resources for what is carried out here. */
export const XRAY_ACTIONS: ActionTable = rows(
  ...(["xray", anything, "PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules"] as const),
  ...["GetSamplingTargets", "BatchGetTraces", "GetTraceSummaries"],
);
