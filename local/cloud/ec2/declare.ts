import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Call, Json, Operation } from "../service.ts";
import type { RegionNetwork } from "./network.ts";
import { found } from "./network.ts";

/** The operations that declare networks: what the program makes, and what decides about a function's way out. */
export function declareOperations(regions: RegionState<RegionNetwork>): Record<string, Operation> {
  const of = (call: Call) => regions.of(call.region);
  return {
    CreateVpc(json, call) {
      const CidrBlock = parameters(json).only(["CidrBlock"]).text("CidrBlock");
      const network = of(call);
      const id = network.id("vpc");
      network.vpcs.set(id, { id, given: json });
      return { Vpc: { VpcId: id, CidrBlock, State: "available" } };
    },
    CreateSubnet(json, call) {
      const input = parameters(json).only(["VpcId", "CidrBlock", "AvailabilityZone"]);
      const network = of(call);
      const vpcId = found(network.vpcs, input.text("VpcId"), "Vpc").id;
      const id = network.id("subnet");
      network.subnets.set(id, { id, given: json, vpcId, routeTableId: undefined });
      return { Subnet: { SubnetId: id, ...json, State: "available" } };
    },
    CreateRouteTable(json, call) {
      const network = of(call);
      const vpcId = found(network.vpcs, parameters(json).only(["VpcId"]).text("VpcId"), "Vpc").id;
      const id = network.id("rtb");
      network.routeTables.set(id, { id, given: json, vpcId, routes: new Map() });
      return { RouteTable: { RouteTableId: id, VpcId: vpcId } };
    },
    AssociateRouteTable(json, call) {
      const input = parameters(json).only(["SubnetId", "RouteTableId"]);
      const network = of(call);
      const table = found(network.routeTables, input.text("RouteTableId"), "RouteTable");
      const subnet = found(network.subnets, input.text("SubnetId"), "Subnet");
      subnet.routeTableId = table.id;
      subnet.associationId = network.id("rtbassoc");
      return { AssociationId: subnet.associationId };
    },
    CreateNatGateway(json, call) {
      const input = parameters(json).only(["SubnetId", "AllocationId"]);
      const network = of(call);
      found(network.subnets, input.text("SubnetId"), "Subnet");
      const id = network.id("nat");
      network.natGateways.set(id, { id, given: json });
      return { NatGateway: { NatGatewayId: id, ...json, State: "available" } };
    },
    CreateRoute(json, call) {
      const input = parameters(json).only([
        ...["RouteTableId", "DestinationCidrBlock", "NatGatewayId", "GatewayId"],
      ]);
      const network = of(call);
      const table = found(network.routeTables, input.text("RouteTableId"), "RouteTable");
      const nat = input.optionalText("NatGatewayId");
      if (nat !== undefined) found(network.natGateways, nat, "NatGateway");
      table.routes.set(input.text("DestinationCidrBlock"), json);
      return { Return: true };
    },
    CreateVpcEndpoint(json, call) {
      const input = parameters(json).only([
        ...["VpcId", "ServiceName", "VpcEndpointType", "PolicyDocument", "RouteTableIds", "SubnetIds"],
        ...["SecurityGroupIds", "PrivateDnsEnabled"],
      ]);
      const network = of(call);
      const vpcId = found(network.vpcs, input.text("VpcId"), "Vpc").id;
      const serviceName = input.text("ServiceName");
      const type = input.optionalText("VpcEndpointType", { oneOf: ["Gateway", "Interface"] }) ?? "Gateway";
      const id = network.id("vpce");
      network.endpoints.set(id, {
        ...{ id, given: json, vpcId },
        service: serviceName.replace(`com.amazonaws.${call.region}.`, ""),
        type: type === "Gateway" ? "Gateway" : "Interface",
        routeTableIds: input.texts("RouteTableIds"),
        policy: input.optionalText("PolicyDocument"),
      });
      return {
        VpcEndpoint: { VpcEndpointId: id, VpcId: vpcId, ServiceName: serviceName, State: "available" },
      };
    },
    ModifyVpcEndpoint(json, call) {
      const lists = ["RouteTableIds", "SubnetIds", "SecurityGroupIds"] as const;
      const input = parameters(json).only([
        ...["VpcEndpointId", "PolicyDocument", "ResetPolicy", "PrivateDnsEnabled"],
        ...lists.flatMap((list) => [`Add${list}`, `Remove${list}`]),
      ]);
      const endpoint = found(of(call).endpoints, input.text("VpcEndpointId"), "VpcEndpoint");
      if (input.has("PolicyDocument") || input.has("ResetPolicy"))
        endpoint.policy = input.flag("ResetPolicy") ? undefined : input.text("PolicyDocument");
      const changed = lists.map((list) => {
        const gone = input.texts(`Remove${list}`);
        const before = new Input(endpoint.given).texts(list);
        return [list, [...before.filter((id) => !gone.includes(id)), ...input.texts(`Add${list}`)]] as const;
      });
      const dns = input.has("PrivateDnsEnabled")
        ? { PrivateDnsEnabled: input.flag("PrivateDnsEnabled") }
        : {};
      endpoint.given = { ...endpoint.given, ...Object.fromEntries(changed), ...dns };
      endpoint.routeTableIds = changed[0]?.[1] ?? [];
      return { Return: true };
    },
    DeleteVpcEndpoints(json, call) {
      for (const id of parameters(json).only(["VpcEndpointIds"]).texts("VpcEndpointIds"))
        of(call).endpoints.delete(id);
      return { Unsuccessful: [] };
    },
    DescribeVpcEndpoints: (json, call) => ({
      VpcEndpoints: chosen(
        of(call).endpoints,
        parameters(json).only(["VpcEndpointIds"]),
        "VpcEndpointIds",
      ).map((endpoint) => ({
        ...endpoint.given,
        VpcEndpointId: endpoint.id,
        ...(endpoint.policy === undefined ? {} : { PolicyDocument: endpoint.policy }),
      })),
    }),
    DescribeSubnets: (json, call) => ({
      Subnets: chosen(of(call).subnets, parameters(json).only(["SubnetIds"]), "SubnetIds").map(
        ({ id, given }) => ({ SubnetId: id, ...given, State: "available" }),
      ),
    }),
  };
}

/** Those that are asked for by id, or all. */
export function chosen<P>(parts: ReadonlyMap<string, P>, input: Input, member: string): P[] {
  const ids = input.texts(member);
  return ids.length === 0
    ? [...parts.values()]
    : ids.flatMap((id) => {
        const part = parts.get(id);
        return part === undefined ? [] : [part];
      });
}

export function parameters(json: Json): Input {
  return new Input(json, "InvalidParameterValue");
}
