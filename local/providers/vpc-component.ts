import type { ConstructRequest } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import { resourceReference, UNKNOWN } from "../program/wire.ts";
import { list, optionalText, record } from "./resource-type.ts";

type Child = Awaited<ReturnType<ConstructRequest["child"]>>;

const DEFAULT_CIDR = "10.0.0.0/16";
const DEFAULT_SUBNETS: Properties[] = [{ type: "Public" }, { type: "Private" }];
const ZONES = ["a", "b", "c", "d", "e", "f"];

/** The nth block of /20 within a /16, as text. */
function subnetBlock(cidr: string, index: number): string {
  const [first, second] = cidr.split(".");
  return `${first}.${second}.${index * 16}.0/20`;
}

const idOf = (child: Child): Value => child.id || UNKNOWN;

/**
 * Carries out `awsx:ec2:Vpc`: registers the same kinds of children as the component of pulumi-awsx
 * (VPC, internet gateway, a subnet, route table and association a zone and kind, NAT gateways by strategy, routes).
 * Subnet sizes are simpler than there: /20 blocks in order.
 */
export async function constructVpc(request: ConstructRequest): Promise<Properties> {
  const { name, inputs, child } = request;
  const cidrBlock = optionalText(inputs.cidrBlock) ?? DEFAULT_CIDR;
  const zones = Number(inputs.numberOfAvailabilityZones ?? list(inputs.availabilityZoneNames).length) || 3;
  const specs = list(inputs.subnetSpecs).length > 0 ? list(inputs.subnetSpecs).map(record) : DEFAULT_SUBNETS;
  const strategy = optionalText(record(inputs.natGateways).strategy) ?? "OnePerAz";
  const tags = record(inputs.tags);
  const tagged = (suffix: string) => ({ ...tags, Name: `${name}${suffix}` });

  const vpc = await child({
    type: "aws:ec2/vpc:Vpc",
    name,
    inputs: { cidrBlock, enableDnsHostnames: true, enableDnsSupport: true, tags: tagged("") },
  });
  const vpcId = idOf(vpc);
  const within = { dependencies: [vpc.urn] };
  const types = specs.map((spec) => String(spec.type));
  const gateway = types.includes("Public")
    ? await child({
        type: "aws:ec2/internetGateway:InternetGateway",
        name,
        inputs: { vpcId, tags: tagged("") },
        ...within,
      })
    : undefined;

  const subnets: { type: string; zone: number; subnet: Child; table: Child }[] = [];
  let index = 0;
  for (const type of types)
    for (let zone = 0; zone < zones; zone += 1) {
      const label = `${name}-${type.toLowerCase()}-${zone + 1}`;
      const subnet = await child({
        type: "aws:ec2/subnet:Subnet",
        name: label,
        inputs: {
          vpcId,
          cidrBlock: subnetBlock(cidrBlock, index),
          availabilityZone: ZONES[zone] ?? "a",
          mapPublicIpOnLaunch: type === "Public",
          tags: { ...tagged(`-${type.toLowerCase()}-${zone + 1}`), SubnetType: type },
        },
        ...within,
      });
      const table = await child({
        type: "aws:ec2/routeTable:RouteTable",
        name: label,
        inputs: { vpcId, tags: { ...tagged(""), SubnetType: type } },
        ...within,
      });
      await child({
        type: "aws:ec2/routeTableAssociation:RouteTableAssociation",
        name: label,
        inputs: { subnetId: idOf(subnet), routeTableId: idOf(table) },
      });
      subnets.push({ type, zone, subnet, table });
      index += 1;
    }

  const nats: Child[] = [];
  const publicSubnets = subnets.filter((each) => each.type === "Public");
  const natCount = strategy === "None" ? 0 : strategy === "Single" ? 1 : publicSubnets.length;
  for (const { zone, subnet } of publicSubnets.slice(0, natCount)) {
    const label = `${name}-${zone + 1}`;
    const address = await child({ type: "aws:ec2/eip:Eip", name: label, inputs: { tags: tagged("") } });
    const natInputs = { subnetId: idOf(subnet), allocationId: idOf(address), tags: tagged("") };
    nats.push(await child({ type: "aws:ec2/natGateway:NatGateway", name: label, inputs: natInputs }));
  }
  for (const { type, zone, table } of subnets) {
    const nat = nats[zone] ?? nats[0];
    const target =
      type === "Public" && gateway
        ? { gatewayId: idOf(gateway) }
        : type === "Private" && nat
          ? { natGatewayId: idOf(nat) }
          : undefined;
    if (target)
      await child({
        type: "aws:ec2/route:Route",
        name: `${name}-${type.toLowerCase()}-${zone + 1}`,
        inputs: { routeTableId: idOf(table), destinationCidrBlock: "0.0.0.0/0", ...target },
      });
  }

  const idsOf = (type: string) =>
    subnets.filter((each) => each.type === type).map((each) => idOf(each.subnet));
  return {
    vpcId,
    vpc: resourceReference(vpc.urn, vpc.id),
    publicSubnetIds: idsOf("Public"),
    privateSubnetIds: idsOf("Private"),
    isolatedSubnetIds: idsOf("Isolated"),
    routeTables: subnets.map(({ table }) => resourceReference(table.urn, table.id)),
    natGateways: nats.map((nat) => resourceReference(nat.urn, nat.id)),
  };
}
