import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { networkPaths } from "../../local/cloud/ec2/paths.ts";
import { type Endpoint, startEndpoint } from "../../local/cloud/endpoint/server.ts";
import type { Json } from "../../local/cloud/service.ts";
import { ACCOUNT, AuthorizationBench, allow, policy, REGION, ROLE } from "./authorization-support.ts";

const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:worker`;
const AS_FUNCTION = { principal: ROLE, sourceFunctionArn: FUNCTION };
const READ = { Name: "/app/url" };

describe("the way of a function's calls out of its VPC", () => {
  let bench: AuthorizationBench;
  let vpcId: string;
  let subnetId: string;
  let tableId: string;
  let subnets: string[];

  const ec2 = async (operation: string, input: Json, ...path: string[]): Promise<string> => {
    const answer: unknown = await bench.call("ec2", operation, input);
    return String(path.reduce((part, name) => (part as Json)[name], answer));
  };

  beforeEach(async () => {
    subnets = [];
    bench = new AuthorizationBench((self) =>
      networkPaths({ network: self.ec2.network, subnetsOf: (arn) => (arn === FUNCTION ? subnets : []) }),
    );
    await bench.role("lambda.amazonaws.com");
    await bench.permit(allow("ssm:*", "*"));
    await bench.call("ssm", "PutParameter", { ...READ, Type: "String", Value: "https://example.com" });
    vpcId = await ec2("CreateVpc", { CidrBlock: "10.0.0.0/16" }, "Vpc", "VpcId");
    subnetId = await ec2(
      ...(["CreateSubnet", { VpcId: vpcId, CidrBlock: "10.0.0.0/20" }, "Subnet", "SubnetId"] as const),
    );
    tableId = await ec2("CreateRouteTable", { VpcId: vpcId }, "RouteTable", "RouteTableId");
    await bench.call("ec2", "AssociateRouteTable", { SubnetId: subnetId, RouteTableId: tableId });
    subnets = [subnetId];
  });

  const endpoint = (service: string, more: Json = {}) =>
    ec2(
      "CreateVpcEndpoint",
      { VpcId: vpcId, ServiceName: `com.amazonaws.${REGION}.${service}`, ...more },
      ...["VpcEndpoint", "VpcEndpointId"],
    );
  const read = (from = AS_FUNCTION) => bench.call("ssm", "GetParameter", READ, from);
  const refusal = () => bench.refusal("ssm", "GetParameter", READ, AS_FUNCTION);

  it("is open to a function that is in no VPC", async () => {
    subnets = [];
    await read();
  });

  it("ends where there is neither endpoint nor NAT gateway", async () => {
    expect((await refusal()).code).to.equal("Unreachable");
  });

  it("does not concern Lambda itself, which calls with the same role from outside", async () => {
    await bench.call("ssm", "GetParameter", READ, { principal: ROLE });
  });

  it("leads through a NAT gateway that the subnet's routes name", async () => {
    const NatGatewayId = await ec2(
      ...(["CreateNatGateway", { SubnetId: subnetId }, "NatGateway", "NatGatewayId"] as const),
    );
    expect((await refusal()).code).to.equal("Unreachable");
    const route = { RouteTableId: tableId, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId };
    await bench.call("ec2", "CreateRoute", route);
    await read();
  });

  it("leads through an interface endpoint of the service, and not through another service's", async () => {
    await endpoint("logs", { VpcEndpointType: "Interface" });
    expect((await refusal()).code).to.equal("Unreachable");
    await endpoint("ssm", { VpcEndpointType: "Interface" });
    await read();
  });

  it("leads through a gateway endpoint only from subnets whose route table it is in", async () => {
    await endpoint("ssm", { VpcEndpointType: "Gateway", RouteTableIds: [] });
    expect((await refusal()).code).to.equal("Unreachable");
    await endpoint("ssm", { VpcEndpointType: "Gateway", RouteTableIds: [tableId] });
    await read();
  });

  it("does not lead to another region through an endpoint", async () => {
    await endpoint("ssm", { VpcEndpointType: "Interface" });
    const elsewhere = { ...AS_FUNCTION, region: "eu-west-1" };
    expect((await bench.refusal("ssm", "GetParameter", READ, elsewhere)).code).to.equal("Unreachable");
  });

  it("is closed by an endpoint's policy that does not allow the call, whatever the role may", async () => {
    // AWS PrivateLink, "Control access to VPC endpoints using endpoint policies".
    const other = policy(allow("ssm:GetParameters", "*", { Principal: "*" }));
    const VpcEndpointId = await endpoint("ssm", { VpcEndpointType: "Interface", PolicyDocument: other });
    const { code, message } = await refusal();
    expect(code).to.equal("AccessDeniedException");
    expect(message).to.match(/because no VPC endpoint policy allows the ssm:GetParameter action$/);
    const PolicyDocument = policy(allow("ssm:GetParameter", "*", { Principal: "*" }));
    await bench.call("ec2", "ModifyVpcEndpoint", { VpcEndpointId, PolicyDocument });
    await read();
    await bench.permit(allow("ssm:PutParameter", "*"));
    expect((await refusal()).message).to.include("no identity-based policy");
  });

  it("tells policies the VPC and the endpoint", async () => {
    const VpcEndpointId = await endpoint("ssm", { VpcEndpointType: "Interface" });
    const through = (id: string) => ({
      Condition: { StringEquals: { "aws:SourceVpce": id, "aws:SourceVpc": vpcId } },
    });
    await bench.permit(allow("ssm:GetParameter", "*", through(VpcEndpointId)));
    await read();
    await bench.permit(allow("ssm:GetParameter", "*", through("vpce-other")));
    expect((await refusal()).code).to.equal("AccessDeniedException");
  });

  describe("over the wire", () => {
    let served: Endpoint;
    afterEach(() => served.close());

    it("leaves a client without an answer where there is none", async () => {
      served = await startEndpoint(bench.cloud);
      served.sessions.set("AKIAFUNCTION", AS_FUNCTION);
      const ssm = new SSMClient({
        ...{ region: REGION, endpoint: served.url, maxAttempts: 1 },
        credentials: { accessKeyId: "AKIAFUNCTION", secretAccessKey: "any" },
      });
      const error = await ssm.send(new GetParameterCommand(READ)).then(
        () => undefined,
        (reason) => reason as { code?: string; $response?: unknown },
      );
      ssm.destroy();
      expect(error).to.include({ code: "ECONNRESET" });
    });
  });
});
