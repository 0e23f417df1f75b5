import { expect } from "chai";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createEc2, type Ec2Service } from "../../local/cloud/ec2/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import { refusal } from "./endpoint-support.ts";

// Expectations: Amazon EC2 API Reference, DeleteVpc, DeleteSubnet, DeleteRouteTable, ModifyVpcEndpoint, "Error codes".
describe("the local EC2", () => {
  let ec2: Ec2Service;
  let call: (operation: string, input: Json) => Promise<Json>;

  beforeEach(() => {
    const cloud = new Cloud();
    ec2 = cloud.add(createEc2);
    call = (operation, input) =>
      cloud.call({ service: "ec2", operation, region: "us-east-1", principal: "test" }, input);
  });

  const made = async (operation: string, input: Json, part: string, id: string): Promise<string> =>
    String(((await call(operation, input))[part] as Json)[id]);
  const network = async () => {
    const VpcId = await made("CreateVpc", { CidrBlock: "10.0.0.0/16" }, "Vpc", "VpcId");
    const subnet = { VpcId, CidrBlock: "10.0.0.0/20" };
    const SubnetId = await made("CreateSubnet", subnet, "Subnet", "SubnetId");
    const RouteTableId = await made("CreateRouteTable", { VpcId }, "RouteTable", "RouteTableId");
    const { AssociationId } = await call("AssociateRouteTable", { SubnetId, RouteTableId });
    return { VpcId, SubnetId, RouteTableId, AssociationId };
  };
  const codeOf = async (operation: string, input: Json) => (await refusal(call(operation, input))).code;

  it("deletes nothing that something else is in, and all of it in the right order", async () => {
    const { VpcId, SubnetId, RouteTableId, AssociationId } = await network();
    const NatGatewayId = await made("CreateNatGateway", { SubnetId }, "NatGateway", "NatGatewayId");
    expect(await codeOf("DeleteVpc", { VpcId })).to.equal("DependencyViolation");
    expect(await codeOf("DeleteSubnet", { SubnetId })).to.equal("DependencyViolation");
    expect(await codeOf("DeleteRouteTable", { RouteTableId })).to.equal("DependencyViolation");
    await call("DeleteNatGateway", { NatGatewayId });
    await call("DisassociateRouteTable", { AssociationId });
    await call("DeleteRouteTable", { RouteTableId });
    await call("DeleteSubnet", { SubnetId });
    await call("DeleteVpc", { VpcId });
    expect(ec2.ids).to.deep.equal([]);
    expect(await codeOf("DeleteVpc", { VpcId })).to.equal("InvalidVpcID.NotFound");
    expect(await codeOf("DeleteNatGateway", { NatGatewayId })).to.equal("NatGatewayNotFound");
  });

  it("keeps a subnet in which there is a network interface or an endpoint", async () => {
    const { VpcId, SubnetId } = await network();
    const description = { SubnetId, Groups: [] };
    const NetworkInterfaceId = await made(
      ...(["CreateNetworkInterface", description, "NetworkInterface", "NetworkInterfaceId"] as const),
    );
    expect(await codeOf("DeleteSubnet", { SubnetId })).to.equal("DependencyViolation");
    await call("DeleteNetworkInterface", { NetworkInterfaceId });
    const endpoint = { VpcId, ServiceName: "com.amazonaws.us-east-1.logs", VpcEndpointType: "Interface" };
    const input = { ...endpoint, SubnetIds: [SubnetId] };
    const id = await made("CreateVpcEndpoint", input, "VpcEndpoint", "VpcEndpointId");
    expect(await codeOf("DeleteSubnet", { SubnetId })).to.equal("DependencyViolation");
    await call("ModifyVpcEndpoint", { VpcEndpointId: id, RemoveSubnetIds: [SubnetId] });
    await call("DeleteSubnet", { SubnetId });
  });

  it("shows a route table's routes and associations as they are now", async () => {
    const { VpcId, SubnetId, RouteTableId, AssociationId } = await network();
    const other = await made("CreateRouteTable", { VpcId }, "RouteTable", "RouteTableId");
    const DestinationCidrBlock = "0.0.0.0/0";
    const tables = async () => (await call("DescribeRouteTables", {})).RouteTables as Json[];
    await call("CreateRoute", { RouteTableId, DestinationCidrBlock, GatewayId: "igw-1" });
    await call("ReplaceRoute", { RouteTableId, DestinationCidrBlock, GatewayId: "igw-2" });
    expect(await tables()).to.deep.include({
      ...{ RouteTableId, VpcId, Routes: [{ RouteTableId, DestinationCidrBlock, GatewayId: "igw-2" }] },
      Associations: [{ RouteTableAssociationId: AssociationId, RouteTableId, SubnetId }],
    });
    await call("DeleteRoute", { RouteTableId, DestinationCidrBlock });
    expect(await codeOf("DeleteRoute", { RouteTableId, DestinationCidrBlock })).to.equal(
      "InvalidRoute.NotFound",
    );
    const moved = await call("ReplaceRouteTableAssociation", { AssociationId, RouteTableId: other });
    expect(moved.NewAssociationId).to.not.equal(AssociationId);
    const [first, second] = await tables();
    expect(first).to.deep.include({ Routes: [], Associations: [] });
    expect(second?.Associations).to.have.length(1);
    expect(await codeOf("DisassociateRouteTable", { AssociationId })).to.equal(
      "InvalidAssociationID.NotFound",
    );
  });
});
