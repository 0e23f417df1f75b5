import type { ConstructRequest } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import { resourceReference, UNKNOWN } from "../program/wire.ts";
import { list, optionalText, record, texts } from "./resource-type.ts";

type Child = Awaited<ReturnType<ConstructRequest["child"]>>;

const DEFAULT_CIDR = "10.0.0.0/16";
const DEFAULT_SUBNETS: Properties[] = [{ type: "Public" }, { type: "Private" }];
const ZONES = ["a", "b", "c", "d", "e", "f"];

/** The nth block of /20 within a /16, as text. */
function subnetBlock(cidr: string, index: number): string {
  const [first, second] = cidr.split(".");
  return `${first}.${second}.${index * 16}.0/20`;
}

/** What is carried out, by property; whatever else the component takes is refused, never ignored. */
const PROPERTIES = {
  "": [
    ...["cidrBlock", "availabilityZoneNames", "numberOfAvailabilityZones"],
    ...["enableDnsHostnames", "enableDnsSupport"],
    ...["subnetStrategy", "subnetSpecs", "natGateways", "tags"],
  ],
  "subnetSpecs.": ["type"],
  "natGateways.": ["strategy"],
} as const;
const SUBNET_TYPES = ["Public", "Private", "Isolated"];
const STRATEGIES = ["None", "Single", "OnePerAz"];
/** As many /20 blocks as a /16 has. */
const MAXIMUM_SUBNETS = 16;

function refuseOthers(properties: Properties, path: keyof typeof PROPERTIES): void {
  const known: readonly string[] = PROPERTIES[path];
  for (const property of Object.keys(properties))
    if (!known.includes(property))
      throw new Error(`${path}${property}: is not carried out; carried out are ${known.join(", ")}`);
}

function oneOf(allowed: readonly string[], value: string, property: string): string {
  if (!allowed.includes(value))
    throw new Error(`${property}: must be one of ${allowed.join(", ")}, got ${JSON.stringify(value)}`);
  return value;
}

/** The layout that the inputs ask for. Throws naming the property, its value and what is allowed. */
function layoutOf(inputs: Properties) {
  refuseOthers(inputs, "");
  const cidrBlock = optionalText(inputs.cidrBlock) ?? DEFAULT_CIDR;
  if (!/^\d+\.\d+\.0\.0\/16$/.test(cidrBlock))
    throw new Error(`cidrBlock: must be a block of size /16 here, got "${cidrBlock}"`);
  oneOf(["Auto", "Legacy"], optionalText(inputs.subnetStrategy) ?? "Legacy", "subnetStrategy");
  const count = Number(inputs.numberOfAvailabilityZones ?? 3);
  const named = texts(inputs.availabilityZoneNames);
  const zones = named.length > 0 ? named : ZONES.slice(0, count >= 1 ? count : 0);
  const specs = list(inputs.subnetSpecs).length > 0 ? list(inputs.subnetSpecs).map(record) : DEFAULT_SUBNETS;
  for (const spec of specs) refuseOthers(spec, "subnetSpecs.");
  const types = specs.map(({ type }) => oneOf(SUBNET_TYPES, String(type), "subnetSpecs.type"));
  const isCounted = named.length > 0 || (count >= 1 && count <= ZONES.length);
  if (!isCounted || zones.length * types.length > MAXIMUM_SUBNETS)
    throw new Error(
      `numberOfAvailabilityZones: must be 1 to ${ZONES.length}, with at most ${MAXIMUM_SUBNETS} subnets in all, ` +
        `got ${named.length > 0 ? zones.length : count} with ${types.length} subnets a zone`,
    );
  const nat = record(inputs.natGateways);
  refuseOthers(nat, "natGateways.");
  const strategy = oneOf(STRATEGIES, optionalText(nat.strategy) ?? "OnePerAz", "natGateways.strategy");
  return { cidrBlock, zones, types, strategy, tags: record(inputs.tags) };
}

const idOf = (child: Child): Value => child.id || UNKNOWN;

/**
 * Carries out `awsx:ec2:Vpc`: registers the same kinds of children as the component of pulumi-awsx
 * (VPC, internet gateway, a subnet, route table and association a zone and kind, NAT gateways by strategy, routes).
 * Subnet sizes are simpler than there: /20 blocks in order. Throws for inputs that are not carried out.
 */
export async function constructVpc(request: ConstructRequest): Promise<Properties> {
  const { name, inputs, child } = request;
  const { cidrBlock, zones, types, strategy, tags } = layoutOf(inputs);
  const tagged = (suffix: string) => ({ ...tags, Name: `${name}${suffix}` });

  const vpc = await child({
    type: "aws:ec2/vpc:Vpc",
    name,
    inputs: {
      cidrBlock,
      enableDnsHostnames: inputs.enableDnsHostnames ?? true,
      enableDnsSupport: inputs.enableDnsSupport ?? true,
      tags: tagged(""),
    },
  });
  const vpcId = idOf(vpc);
  // Whoever is made from another's id is made after it, and deleted before it.
  const after = (...children: Child[]) => ({ dependencies: children.map(({ urn }) => urn) });
  const within = after(vpc);
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
    for (const [zone, zoneName] of zones.entries()) {
      const label = `${name}-${type.toLowerCase()}-${zone + 1}`;
      const subnet = await child({
        type: "aws:ec2/subnet:Subnet",
        name: label,
        inputs: {
          vpcId,
          cidrBlock: subnetBlock(cidrBlock, index),
          availabilityZone: zoneName,
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
        ...after(subnet, table),
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
    const type = "aws:ec2/natGateway:NatGateway";
    nats.push(await child({ type, name: label, inputs: natInputs, ...after(subnet, address) }));
  }
  for (const { type, zone, table } of subnets) {
    const nat = nats[zone] ?? nats[0];
    const target =
      type === "Public" && gateway
        ? { inputs: { gatewayId: idOf(gateway) }, of: gateway }
        : type === "Private" && nat
          ? { inputs: { natGatewayId: idOf(nat) }, of: nat }
          : undefined;
    if (target)
      await child({
        type: "aws:ec2/route:Route",
        name: `${name}-${type.toLowerCase()}-${zone + 1}`,
        inputs: { routeTableId: idOf(table), destinationCidrBlock: "0.0.0.0/0", ...target.inputs },
        ...after(table, target.of),
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
