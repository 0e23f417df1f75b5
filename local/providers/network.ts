import { isJson } from "../cloud/input.ts";
import type { Json } from "../cloud/service.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isKnown, matching, oneOf, refused } from "./checks.ts";
import { drift, sameSet, taken } from "./drift.ts";
import { ec2, made, type Step } from "./network-parts.ts";
import type { ExistingRequest, ResourceType, ResourceTypes, UpdateRequest } from "./resource-type.ts";
import { generatedId, given, text, texts } from "./resource-type.ts";

const BLOCK = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

function elements(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

const ROUTE_TARGETS = { natGatewayId: "NatGatewayId", gatewayId: "GatewayId" } as const;
const ROUTE = { routeTableId: "RouteTableId", destinationCidrBlock: "DestinationCidrBlock" } as const;
const ENDPOINT = {
  ...{ vpcId: "VpcId", serviceName: "ServiceName", vpcEndpointType: "VpcEndpointType" },
  ...{ policy: "PolicyDocument", privateDnsEnabled: "PrivateDnsEnabled" },
} as const;
const ENDPOINT_LISTS = {
  ...{ routeTableIds: "RouteTableIds", subnetIds: "SubnetIds", securityGroupIds: "SecurityGroupIds" },
} as const;

function blocks(...names: string[]): ResourceType["check"] {
  return (inputs) => refused(inputs, Object.fromEntries(names.map((name) => [name, matching(BLOCK)])));
}

/** ModifyVpcEndpoint's input for what changed. */
function endpointChange({ id, inputs, before, changed }: UpdateRequest): Step[] {
  const lists = Object.entries(ENDPOINT_LISTS).flatMap(([input, member]) => {
    const [then, now] = [texts(before[input]), texts(inputs[input])];
    return [
      [`Add${member}`, now.filter((each) => !then.includes(each))],
      [`Remove${member}`, then.filter((each) => !now.includes(each))],
    ] as const;
  });
  const policy = inputs.policy ? { PolicyDocument: inputs.policy } : { ResetPolicy: true };
  return [
    [
      "ModifyVpcEndpoint",
      {
        VpcEndpointId: id,
        ...Object.fromEntries(lists.filter(([, ids]) => ids.length > 0)),
        ...(changed.includes("policy") ? policy : {}),
        ...(changed.includes("privateDnsEnabled")
          ? { PrivateDnsEnabled: inputs.privateDnsEnabled === true }
          : {}),
      },
    ],
  ];
}

function endpointStated(found: Json, { inputs }: ExistingRequest): Properties {
  const lists = Object.entries(ENDPOINT_LISTS).map(([input, member]): [string, Value] => [
    input,
    sameSet(inputs[input], found[member]),
  ]);
  const { policy, privateDnsEnabled } = taken(found, ENDPOINT);
  const now = { ...Object.fromEntries(lists), policy, privateDnsEnabled };
  return drift(inputs, now, { privateDnsEnabled: false });
}

/** Amazon VPC. */
export const NETWORK_TYPES: ResourceTypes = {
  "aws:ec2/vpc:Vpc": made(
    "vpc",
    "vpc",
    {
      operation: "CreateVpc",
      input: (inputs) => ({ CidrBlock: text(inputs, "cidrBlock") }),
      id: ["Vpc", "VpcId"],
      replacedBy: ["cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"],
      remove: ({ id }) => ["DeleteVpc", { VpcId: id }],
      list: ["DescribeVpcs", "VpcIds", "Vpcs"],
      check: blocks("cidrBlock"),
    },
    ({ urn }) => ({
      mainRouteTableId: generatedId("rtb", `${urn}/main`),
      defaultSecurityGroupId: generatedId("sg", `${urn}/default`),
    }),
  ),
  "aws:ec2/subnet:Subnet": made("subnet", "subnet", {
    operation: "CreateSubnet",
    input: (inputs) =>
      given(inputs, { vpcId: "VpcId", cidrBlock: "CidrBlock", availabilityZone: "AvailabilityZone" }),
    id: ["Subnet", "SubnetId"],
    replacedBy: ["vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"],
    remove: ({ id }) => ["DeleteSubnet", { SubnetId: id }],
    list: ["DescribeSubnets", "SubnetIds", "Subnets"],
    check: blocks("cidrBlock"),
  }),
  "aws:ec2/routeTable:RouteTable": made("rtb", "route-table", {
    operation: "CreateRouteTable",
    input: (inputs) => ({ VpcId: text(inputs, "vpcId") }),
    id: ["RouteTable", "RouteTableId"],
    replacedBy: ["vpcId"],
    remove: ({ id }) => ["DeleteRouteTable", { RouteTableId: id }],
    list: ["DescribeRouteTables", "RouteTableIds", "RouteTables"],
  }),
  "aws:ec2/route:Route": made("r", "route", {
    operation: "CreateRoute",
    input: (inputs) => given(inputs, { ...ROUTE, ...ROUTE_TARGETS }),
    id: [],
    replacedBy: Object.keys(ROUTE),
    change: ({ inputs }) => [["ReplaceRoute", given(inputs, { ...ROUTE, ...ROUTE_TARGETS })]],
    remove: ({ inputs }) => ["DeleteRoute", given(inputs, ROUTE)],
    list: ["DescribeRouteTables", "RouteTableIds", "RouteTables"],
    listedUnder: ({ inputs }) => text(inputs, "routeTableId"),
    stated: ({ Routes }, { inputs }) => {
      const route = elements(Routes).find(
        (each) => each.DestinationCidrBlock === inputs.destinationCidrBlock,
      );
      const none = { natGatewayId: undefined, gatewayId: undefined };
      return route && drift(inputs, { ...none, ...taken(route, ROUTE_TARGETS) });
    },
    check: blocks("destinationCidrBlock"),
    except: "decides whether a function's calls to AWS can leave its VPC",
  }),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": made("rtbassoc", "route-table-association", {
    operation: "AssociateRouteTable",
    input: (inputs) => given(inputs, { subnetId: "SubnetId", routeTableId: "RouteTableId" }),
    id: ["AssociationId"],
    // In place the association would get another id, which an engine's update cannot give a resource.
    replacedBy: ["subnetId", "gatewayId", "routeTableId"],
    remove: ({ id }) => ["DisassociateRouteTable", { AssociationId: id }],
    list: ["DescribeRouteTables", "RouteTableIds", "RouteTables"],
    listedUnder: ({ inputs }) => text(inputs, "routeTableId"),
    stated: ({ Associations }, { id }) =>
      elements(Associations).some((each) => each.RouteTableAssociationId === id) ? {} : undefined,
  }),
  "aws:ec2/internetGateway:InternetGateway": ec2("igw", "internet-gateway", []),
  "aws:ec2/eip:Eip": ec2(
    "eipalloc",
    "elastic-ip",
    ["domain", "publicIpv4Pool", "networkBorderGroup", "customerOwnedIpv4Pool"],
    (_request, id) => ({ allocationId: id }),
  ),
  "aws:ec2/natGateway:NatGateway": made("nat", "natgateway", {
    operation: "CreateNatGateway",
    input: (inputs) => given(inputs, { subnetId: "SubnetId", allocationId: "AllocationId" }),
    id: ["NatGateway", "NatGatewayId"],
    replacedBy: ["subnetId", "allocationId", "connectivityType", "privateIp"],
    remove: ({ id }) => ["DeleteNatGateway", { NatGatewayId: id }],
    list: ["DescribeNatGateways", "NatGatewayIds", "NatGateways"],
    except: "functions behind it reach what this machine reaches",
  }),
  "aws:ec2/vpcEndpoint:VpcEndpoint": made(
    "vpce",
    "vpc-endpoint",
    {
      operation: "CreateVpcEndpoint",
      input: (inputs) => ({
        ...given(inputs, ENDPOINT),
        ...Object.fromEntries(
          Object.entries(ENDPOINT_LISTS).map(([input, member]) => [member, texts(inputs[input])]),
        ),
      }),
      id: ["VpcEndpoint", "VpcEndpointId"],
      replacedBy: ["vpcId", "serviceName", "vpcEndpointType", "serviceRegion"],
      change: endpointChange,
      remove: ({ id }) => ["DeleteVpcEndpoints", { VpcEndpointIds: [id] }],
      list: ["DescribeVpcEndpoints", "VpcEndpointIds", "VpcEndpoints"],
      stated: endpointStated,
      check: (inputs) =>
        refused(inputs, {
          vpcEndpointType: oneOf(["Gateway", "Interface"]),
          policy: (policy) => isKnown(policy) && JSON.parse(String(policy)),
        }),
      except: "its policy decides about the functions' calls; its security groups do not",
    },
    ({ urn }) => ({ prefixListId: generatedId("pl", urn), state: "available" }),
  ),
  "aws:ec2/securityGroup:SecurityGroup": {
    ...ec2("sg", "security-group", ["name", "namePrefix", "description", "vpcId"]),
    autoname: "name",
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ec2("sg", "security-group", ["vpcId"]),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ec2("sgr", "security-group-rule", [
    "securityGroupId",
  ]),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ec2("sgr", "security-group-rule", [
    "securityGroupId",
  ]),
  "aws:ec2/securityGroupRule:SecurityGroupRule": ec2("sgrule", "security-group-rule", [
    ...["type", "protocol", "fromPort", "toPort", "securityGroupId", "cidrBlocks", "ipv6CidrBlocks"],
    ...["prefixListIds", "self", "sourceSecurityGroupId"],
  ]),
};
