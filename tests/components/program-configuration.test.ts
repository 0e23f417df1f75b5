import { expect } from "chai";
import type { StackName } from "./support/stacks.ts";
import { evaluatedStack, evaluateOffline, ofType, one } from "./support/stacks.ts";

describe("configuration alone", () => {
  it("adds a source: its rule, and its place in the complement", async () => {
    const sources = ["system1", "system4"].map((name) => ({ name, source: `trading.${name}` }));
    const evaluation = await evaluateOffline("dev", { sources: JSON.stringify(sources) });
    const rule = one(evaluation, "aws:cloudwatch/eventRule:EventRule", "replica-routing-system4-rule");
    expect(rule.inputs.name).to.equal("trades-system4-dev");
    const unmatched = one(
      evaluation,
      "aws:cloudwatch/eventRule:EventRule",
      "primary-routing-unmatched-events-rule",
    );
    expect(String(unmatched.inputs.eventPattern)).to.include(
      '"anything-but":["trading.system1","trading.system4","trading.heartbeat"]',
    );
    const census = one(evaluation, "aws:cloudwatch/eventRule:EventRule", "replica-routing-census-rule");
    expect(String(census.inputs.eventPattern)).to.include('"source":["trading.system1","trading.system4"]');
  });

  it("forwards the default bus in dev and not in prod", async () => {
    const rules = async (stack: StackName) =>
      ofType(await evaluatedStack(stack), "aws:cloudwatch/eventRule:EventRule")
        .filter(({ inputs }) => inputs.eventBusName === undefined)
        .map(({ inputs }) => inputs.name);
    // The other rule of that bus reports executions that died, of which only STANDARD workflows tell.
    const perRegion = ["execution-status-dev", "trades-forwarding-dev"];
    expect((await rules("dev")).sort()).to.deep.equal([...perRegion, ...perRegion].sort());
    expect(await rules("prod")).to.deep.equal([]);
  });

  it("owns the registry's replication in dev and not in prod", async () => {
    const type = "aws:ecr/replicationConfiguration:ReplicationConfiguration";
    expect(ofType(await evaluatedStack("dev"), type)).to.have.length(1);
    expect(ofType(await evaluatedStack("prod"), type)).to.have.length(0);
  });

  it("puts the functions into a network that is there already", async () => {
    const existing = {
      mode: "existing",
      vpcId: "vpc-0a1b2c3d",
      privateSubnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
      routeTableIds: ["rtb-0a1b2c3d"],
    };
    const evaluation = await evaluateOffline("dev", { network: JSON.stringify({ primary: existing }) });
    const { inputs } = one(evaluation, "aws:lambda/function:Function", "primary-trade-validator-function");
    expect(inputs.vpcConfig).to.deep.include({ subnetIds: existing.privateSubnetIds });
    const gateway = one(evaluation, "aws:ec2/vpcEndpoint:VpcEndpoint", "primary-network-endpoints-dynamodb");
    expect(gateway.inputs.routeTableIds).to.deep.equal(existing.routeTableIds);
    expect(ofType(evaluation, "awsx:ec2:Vpc").map(({ name }) => name)).to.deep.equal(["replica-network-vpc"]);
  });

  it("closes the network: no gateway to the Internet, and nothing that leads there", async () => {
    const evaluation = await evaluateOffline("dev", {
      network: JSON.stringify({ primary: { egress: "none" }, replica: { egress: "none" } }),
      enrichment: JSON.stringify({ apiEndpoint: "https://market.example.internal" }),
    });
    for (const type of ["internetGateway:InternetGateway", "natGateway:NatGateway", "route:Route"])
      expect(ofType(evaluation, `aws:ec2/${type}`), type).to.have.length(0);
    const rules = ofType(evaluation, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule");
    // What calls it alone may reach private networks, where the market data service then is.
    const ranges = rules.filter(({ inputs }) => inputs.cidrIpv4 !== undefined);
    expect(new Set(ranges.map(({ inputs }) => inputs.cidrIpv4))).to.deep.equal(
      new Set(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]),
    );
    const groups = ofType(evaluation, "aws:ec2/securityGroup:SecurityGroup").filter(({ name }) =>
      name.endsWith("-market-data"),
    );
    expect(new Set(ranges.map(({ inputs }) => inputs.securityGroupId))).to.deep.equal(
      new Set(groups.map(({ id }) => id)),
    );
    const usersOf = (id: unknown) =>
      ofType(evaluation, "aws:lambda/function:Function")
        .filter(({ inputs }) => JSON.stringify(inputs.vpcConfig).includes(String(id)))
        .map(({ name }) => name.replace(/^(primary|replica)-/, ""));
    for (const { id } of groups)
      expect(usersOf(id)).to.have.members(["metadata-enricher-function", "enrichment-completer-function"]);
    // The census, which has no other way out now, gets endpoints of its own.
    for (const service of ["events", "sqs"])
      expect(
        one(evaluation, "aws:ec2/vpcEndpoint:VpcEndpoint", `replica-network-endpoints-${service}`).inputs,
      ).to.include({ serviceName: `com.amazonaws.eu-west-1.${service}`, vpcEndpointType: "Interface" });
  });

  it("reaches market data by a private link", async () => {
    const serviceName = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    const evaluation = await evaluateOffline("dev", {
      network: JSON.stringify({ primary: { egress: { privateLink: { serviceName } } } }),
    });
    const endpoint = one(
      evaluation,
      "aws:ec2/vpcEndpoint:VpcEndpoint",
      "primary-network-endpoints-market-data",
    );
    expect(endpoint.inputs).to.include({ serviceName, vpcEndpointType: "Interface" });
    const interfaces = ofType(evaluation, "aws:ec2/vpcEndpoint:VpcEndpoint")
      .filter(({ inputs }) => inputs.vpcEndpointType === "Interface")
      .map(({ name }) => name.replace("-network-endpoints-", " "));
    // The replica's network has NAT still.
    expect(interfaces).to.have.members([
      ...["logs", "ssm", "events", "sqs", "market-data"].map((service) => `primary ${service}`),
      ...["logs", "ssm"].map((service) => `replica ${service}`),
    ]);
  });

  it("sends alarms to an address, and keeps versions warm", async () => {
    const evaluation = await evaluateOffline("dev", {
      alertEmail: "desk@example.com",
      functions: JSON.stringify({ overrides: { "trade-validator": { provisionedConcurrency: 2 } } }),
    });
    const subscriptions = ofType(evaluation, "aws:sns/topicSubscription:TopicSubscription");
    expect(subscriptions.map(({ inputs }) => inputs.endpoint)).to.deep.equal([
      "desk@example.com",
      "desk@example.com",
    ]);
    const provisioned = ofType(
      evaluation,
      "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
    );
    expect(
      provisioned.map(({ inputs }) => [inputs.qualifier, inputs.provisionedConcurrentExecutions]),
    ).to.deep.equal([
      ["live", 2],
      ["live", 2],
    ]);
  });
});
