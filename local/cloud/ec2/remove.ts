import type { RegionState } from "../region-state.ts";
import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { chosen, parameters } from "./declare.ts";
import { found, type RegionNetwork, type RouteTable, type Subnet } from "./network.ts";

/** The operations that take apart what is declared, and that show it. */
export function removeOperations(regions: RegionState<RegionNetwork>): Record<string, Operation> {
  const of = (call: Call) => regions.of(call.region);
  const id = (json: Json, member: string) => parameters(json).only([member]).text(member);
  const associated = (network: RegionNetwork, association: string): Subnet => {
    const subnet = [...network.subnets.values()].find(({ associationId }) => associationId === association);
    if (!subnet)
      throw new ServiceError(
        "InvalidAssociationID.NotFound",
        `The association ID '${association}' does not exist`,
      );
    return subnet;
  };
  const routeOf = (json: Json, call: Call) => {
    const input = parameters(json);
    const table = found(of(call).routeTables, input.text("RouteTableId"), "RouteTable");
    const destination = input.text("DestinationCidrBlock");
    if (!table.routes.has(destination))
      throw new ServiceError(
        "InvalidRoute.NotFound",
        `no route with destination-cidr-block ${destination} in route table ${table.id}`,
      );
    return { table, destination, input };
  };

  return {
    DeleteVpc(json, call) {
      const network = of(call);
      const vpc = found(network.vpcs, id(json, "VpcId"), "Vpc");
      const parts = [network.subnets, network.routeTables, network.endpoints];
      if (parts.some((each) => [...each.values()].some(({ vpcId }) => vpcId === vpc.id)))
        throw violation("vpc", vpc.id);
      network.vpcs.delete(vpc.id);
    },
    DeleteSubnet(json, call) {
      const network = of(call);
      const subnet = found(network.subnets, id(json, "SubnetId"), "Subnet");
      const inSubnet = [
        ...[...network.interfaces.values()].map(({ subnetId }) => subnetId),
        ...[...network.natGateways.values()].map(({ given }) => given.SubnetId),
        ...[...network.endpoints.values()].flatMap(({ given }) => given.SubnetIds ?? []),
      ];
      if (inSubnet.includes(subnet.id)) throw violation("subnet", subnet.id);
      network.subnets.delete(subnet.id);
    },
    DeleteRouteTable(json, call) {
      const network = of(call);
      const table = found(network.routeTables, id(json, "RouteTableId"), "RouteTable");
      if ([...network.subnets.values()].some(({ routeTableId }) => routeTableId === table.id))
        throw violation("routeTable", table.id);
      network.routeTables.delete(table.id);
    },
    DisassociateRouteTable(json, call) {
      const subnet = associated(of(call), id(json, "AssociationId"));
      subnet.routeTableId = undefined;
      subnet.associationId = undefined;
    },
    ReplaceRouteTableAssociation(json, call) {
      const input = parameters(json).only(["AssociationId", "RouteTableId"]);
      const network = of(call);
      const subnet = associated(network, input.text("AssociationId"));
      subnet.routeTableId = found(network.routeTables, input.text("RouteTableId"), "RouteTable").id;
      subnet.associationId = network.id("rtbassoc");
      return { NewAssociationId: subnet.associationId };
    },
    DeleteRoute(json, call) {
      const { table, destination, input } = routeOf(json, call);
      input.only(["RouteTableId", "DestinationCidrBlock"]);
      table.routes.delete(destination);
    },
    ReplaceRoute(json, call) {
      const { table, destination, input } = routeOf(json, call);
      input.only(["RouteTableId", "DestinationCidrBlock", "NatGatewayId", "GatewayId"]);
      table.routes.set(destination, json);
    },
    /** At once; on AWS a gateway is `deleting` for some minutes. */
    DeleteNatGateway(json, call) {
      const { natGateways } = of(call);
      const NatGatewayId = id(json, "NatGatewayId");
      if (!natGateways.delete(NatGatewayId))
        throw new ServiceError("NatGatewayNotFound", `NatGateway ${NatGatewayId} was not found`);
      return { NatGatewayId };
    },
    DescribeVpcs: (json, call) => ({
      Vpcs: chosen(of(call).vpcs, parameters(json).only(["VpcIds"]), "VpcIds").map((vpc) => ({
        ...{ VpcId: vpc.id, ...vpc.given, State: "available" },
      })),
    }),
    DescribeNatGateways: (json, call) => ({
      NatGateways: chosen(
        of(call).natGateways,
        parameters(json).only(["NatGatewayIds"]),
        "NatGatewayIds",
      ).map((nat) => ({ NatGatewayId: nat.id, ...nat.given, State: "available" })),
    }),
    DescribeRouteTables: (json, call) => ({
      RouteTables: chosen(
        of(call).routeTables,
        parameters(json).only(["RouteTableIds"]),
        "RouteTableIds",
      ).map((table) => describe(table, of(call))),
    }),
  };
}

function describe({ id, vpcId, routes }: RouteTable, network: RegionNetwork): Json {
  return {
    ...{ RouteTableId: id, VpcId: vpcId, Routes: [...routes.values()] },
    Associations: [...network.subnets.values()]
      .filter(({ routeTableId }) => routeTableId === id)
      .map((subnet) => ({
        ...{ RouteTableAssociationId: subnet.associationId, RouteTableId: id, SubnetId: subnet.id },
      })),
  };
}

function violation(kind: string, id: string): ServiceError {
  return new ServiceError(
    "DependencyViolation",
    `The ${kind} '${id}' has dependencies and cannot be deleted.`,
  );
}
