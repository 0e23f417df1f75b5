import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { UNKNOWN } from "../../local/program/wire.ts";
import { evaluate, inRegion, messages } from "./program-support.ts";

describe("an awsx Vpc", () => {
  const vpc = (args: awsx.ec2.VpcArgs, options: { preview?: boolean } = {}) =>
    evaluate(async () => {
      const { provider } = inRegion("eu-west-1");
      const network = new awsx.ec2.Vpc("net", args, { providers: { aws: provider } });
      const tables = network.routeTables.apply((each) => pulumi.all(each.map(({ id }) => id)));
      const { vpcId, publicSubnetIds, privateSubnetIds, isolatedSubnetIds } = network;
      return { vpcId, publicSubnetIds, privateSubnetIds, isolatedSubnetIds, tables };
    }, options);
  const TWO_ZONES = { cidrBlock: "10.7.0.0/16", numberOfAvailabilityZones: 2 };

  it("registers the children of the real component under itself, with the component's providers", async () => {
    const { resources, errors } = await vpc({
      ...TWO_ZONES,
      subnetSpecs: [{ type: "Private" }, { type: "Public" }],
      natGateways: { strategy: "Single" },
    });
    expect(errors).to.deep.equal([]);
    const component = resources.find(({ type }) => type === "awsx:ec2:Vpc");
    const children = resources.filter(({ parent }) => parent === component?.urn);
    const count = (type: string) => children.filter((child) => child.type === type).length;
    expect({
      vpcs: count("aws:ec2/vpc:Vpc"),
      gateways: count("aws:ec2/internetGateway:InternetGateway"),
      subnets: count("aws:ec2/subnet:Subnet"),
      tables: count("aws:ec2/routeTable:RouteTable"),
      associations: count("aws:ec2/routeTableAssociation:RouteTableAssociation"),
      nats: count("aws:ec2/natGateway:NatGateway"),
      routes: count("aws:ec2/route:Route"),
    }).to.deep.equal({ vpcs: 1, gateways: 1, subnets: 4, tables: 4, associations: 4, nats: 1, routes: 4 });
    expect(children.filter(({ provider }) => !provider?.urn.endsWith("::in-eu-west-1"))).to.deep.equal([]);
    const blocks = children
      .filter(({ type }) => type === "aws:ec2/subnet:Subnet")
      .map(({ inputs }) => inputs.cidrBlock);
    expect(blocks).to.deep.equal(["10.7.0.0/20", "10.7.16.0/20", "10.7.32.0/20", "10.7.48.0/20"]);
  });

  it("gives the ids of its subnets by kind, and route tables as resources", async () => {
    const { outputs, resources } = await vpc({
      ...TWO_ZONES,
      subnetSpecs: [{ type: "Isolated" }],
      natGateways: { strategy: "None" },
    });
    const ids = (type: string) => resources.filter((each) => each.type === type).map(({ id }) => id);
    expect(outputs).to.deep.equal({
      vpcId: ids("aws:ec2/vpc:Vpc")[0],
      publicSubnetIds: [],
      privateSubnetIds: [],
      isolatedSubnetIds: ids("aws:ec2/subnet:Subnet"),
      tables: ids("aws:ec2/routeTable:RouteTable"),
    });
    expect(ids("aws:ec2/subnet:Subnet")).to.have.length(2);
    expect(ids("aws:ec2/internetGateway:InternetGateway")).to.deep.equal([]);
  });

  it("knows no ids in a preview", async () => {
    const { outputs, errors } = await vpc(TWO_ZONES, { preview: true });
    expect(errors).to.deep.equal([]);
    expect(outputs.vpcId).to.equal(UNKNOWN);
    expect(JSON.stringify(outputs)).not.to.match(/vpc-|subnet-|rtb-/);
  });

  it("needs its providers handed on: its children have no default one", async () => {
    const evaluation = await evaluate(async () => {
      new awsx.ec2.Vpc("net", TWO_ZONES);
      return {};
    });
    const [message = "", ...more] = messages(evaluation);
    expect(more).to.deep.equal([]);
    expect(message).to.match(
      /^awsx:ec2:Vpc "net": aws:ec2\/vpc:Vpc "net": Default provider for 'aws' disabled/,
    );
  });

  for (const [property, args, allowed] of [
    ["vpcEndpointSpecs", { vpcEndpointSpecs: [{ serviceName: "s3" }] }, "carried out are cidrBlock"],
    ["subnetSpecs.cidrMask", { subnetSpecs: [{ type: "Public", cidrMask: 24 }] }, "carried out are type"],
    ["cidrBlock", { cidrBlock: "10.0.0.0/20" }, "size /16"],
    ["numberOfAvailabilityZones", { numberOfAvailabilityZones: 9 }, "must be 1 to 6"],
  ] as const)
    it(`refuses ${property} that it does not carry out, by name`, async () => {
      const [message = "", ...more] = messages(await vpc(args as unknown as awsx.ec2.VpcArgs));
      expect(more).to.deep.equal([]);
      expect(message).to.include(`awsx:ec2:Vpc "net": ${property}: `).and.include(allowed);
    });
});
