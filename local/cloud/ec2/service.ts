import { RegionState } from "../region-state.ts";
import type { Call, Operation, Service, Surroundings } from "../service.ts";
import { chosen, declareOperations, parameters } from "./declare.ts";
import { found, type NetworkInterface, RegionNetwork } from "./network.ts";
import { removeOperations } from "./remove.ts";

/** EC2, of which only networks exist: what is declared, and the network interfaces that Lambda makes in it. */
export interface Ec2Service extends Service {
  /** A region's networks, for whoever decides about a way out. */
  network(region: string): RegionNetwork;
  /** Ids of everything that there is, `<region>|<id>`: no client can list it, for EC2's protocol is not spoken. */
  readonly ids: readonly string[];
}

export function createEc2(_surroundings: Surroundings): Ec2Service {
  const regions = new RegionState((region) => new RegionNetwork(region));
  return {
    name: "ec2",
    network: (region) => regions.of(region),
    get ids() {
      return [...regions.entries()].flatMap(([region, network]) =>
        network.ids.map((id) => `${region}|${id}`),
      );
    },
    operations: {
      ...counted({ ...declareOperations(regions), ...removeOperations(regions) }, regions),
      ...interfaceOperations(regions),
    },
  };
}

/** The operations, of which each that changes something raises the region's version. */
function counted(
  operations: Record<string, Operation>,
  regions: RegionState<RegionNetwork>,
): Record<string, Operation> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, carryOut]): [string, Operation] => [
      name,
      (json, call) => {
        if (!name.startsWith("Describe")) regions.of(call.region).version += 1;
        return carryOut(json, call);
      },
    ]),
  );
}

function interfaceOperations(regions: RegionState<RegionNetwork>): Record<string, Operation> {
  const of = (call: Call) => regions.of(call.region);
  const show = ({ id, subnetId, groups, description, addresses }: NetworkInterface) => ({
    ...{ NetworkInterfaceId: id, SubnetId: subnetId, Description: description, Status: "available" },
    ...{ InterfaceType: "interface", PrivateIpAddress: addresses[0] },
    Groups: groups.map((GroupId) => ({ GroupId })),
    PrivateIpAddresses: addresses.map((address, index) => ({
      PrivateIpAddress: address,
      Primary: index === 0,
    })),
  });
  return {
    CreateNetworkInterface(json, call) {
      const input = parameters(json).only(["SubnetId", "Groups", "Description"]);
      const network = of(call);
      const subnet = found(network.subnets, input.text("SubnetId"), "Subnet");
      const made: NetworkInterface = {
        ...{ id: network.id("eni"), given: json, subnetId: subnet.id, groups: input.texts("Groups") },
        description: input.optionalText("Description") ?? "",
        addresses: [network.address()],
      };
      network.interfaces.set(made.id, made);
      return { NetworkInterface: { ...show(made), VpcId: subnet.vpcId } };
    },
    DescribeNetworkInterfaces: (json, call) => ({
      NetworkInterfaces: chosen(
        of(call).interfaces,
        parameters(json).only(["NetworkInterfaceIds"]),
        "NetworkInterfaceIds",
      ).map(show),
    }),
    DeleteNetworkInterface(json, call) {
      const id = parameters(json).only(["NetworkInterfaceId"]).text("NetworkInterfaceId");
      of(call).interfaces.delete(found(of(call).interfaces, id, "NetworkInterface").id);
    },
    AssignPrivateIpAddresses(json, call) {
      const input = parameters(json).only(["NetworkInterfaceId", "SecondaryPrivateIpAddressCount"]);
      const made = found(of(call).interfaces, input.text("NetworkInterfaceId"), "NetworkInterface");
      const count = input.integer("SecondaryPrivateIpAddressCount", { minimum: 1, maximum: 50 });
      const added = Array.from({ length: count }, () => of(call).address());
      made.addresses.push(...added);
      return {
        NetworkInterfaceId: made.id,
        AssignedPrivateIpAddresses: added.map((PrivateIpAddress) => ({ PrivateIpAddress })),
      };
    },
    UnassignPrivateIpAddresses(json, call) {
      const input = parameters(json).only(["NetworkInterfaceId", "PrivateIpAddresses"]);
      const made = found(of(call).interfaces, input.text("NetworkInterfaceId"), "NetworkInterface");
      for (const address of input.texts("PrivateIpAddresses")) {
        const index = made.addresses.indexOf(address);
        // The first is the interface's own and stays.
        if (index > 0) made.addresses.splice(index, 1);
      }
    },
  };
}
