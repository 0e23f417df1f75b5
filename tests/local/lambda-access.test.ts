import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import type { Call, Json, Operation } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { LambdaBench, REGION, ROLE } from "./lambda-support.ts";
import { refusal } from "./states-support.ts";

const TRACE = "export const handler = async () => process.env._X_AMZN_TRACE_ID;";
const IMAGE = `000000000000.dkr.ecr.${REGION}.amazonaws.com/repository@sha256:${"a".repeat(64)}`;
const KEY = `arn:aws:kms:${REGION}:000000000000:key/1`;
const arn = (name: string) => `arn:aws:lambda:${REGION}:000000000000:function:${name}`;

/** What Lambda asks of other services for a function, and what it answers if they refuse. */
describe("Lambda's own calls, locally", function () {
  this.timeout(15_000);
  let bench: LambdaBench;
  let calls: { operation: string; input: Json; call: Call }[];
  let refused: Record<string, string>;
  let chance: number;
  beforeEach(() => {
    calls = [];
    refused = {};
    chance = 0.05;
    let interfaces = 0;
    const answers: Record<string, Record<string, () => Json>> = {
      sts: { AssumeRole: () => ({}) },
      ecr: {
        BatchGetImage: () => ({ images: [{ imageManifest: '{"layers":[{"digest":"sha256:b"}]}' }] }),
        GetDownloadUrlForLayer: () => ({}),
      },
      ec2: {
        DescribeSubnets: () => ({}),
        CreateNetworkInterface: () => {
          interfaces += 1;
          return { NetworkInterface: { NetworkInterfaceId: `eni-${interfaces}` } };
        },
        DescribeNetworkInterfaces: () => ({}),
        AssignPrivateIpAddresses: () => ({ AssignedPrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.9" }] }),
        UnassignPrivateIpAddresses: () => ({}),
        DeleteNetworkInterface: () => ({}),
      },
      kms: {
        DescribeKey: () => ({}),
        Encrypt: () => ({ CiphertextBlob: "c2VhbGVk" }),
        Decrypt: () => ({}),
      },
      xray: { PutTraceSegments: () => ({}), PutTelemetryRecords: () => ({}) },
    };
    const operation =
      (name: string, answer: () => Json): Operation =>
      (input, call) => {
        calls.push({ operation: name, input, call });
        if (refused[name] !== undefined) throw new ServiceError(refused[name], "refused");
        return answer();
      };
    const services = Object.fromEntries(
      Object.entries(answers).map(([service, operations]) => [
        service,
        Object.fromEntries(
          Object.entries(operations).map(([name, answer]) => [name, operation(name, answer)]),
        ),
      ]),
    );
    bench = new LambdaBench({ clock: new DrivenClock(), random: () => chance }, services);
  });
  afterEach(() => bench.close());
  const named = (...names: string[]) => calls.filter(({ operation }) => names.includes(operation));

  it("assumes the role in its own name for the function, and refuses one that it cannot have", async () => {
    await bench.create("f", TRACE);
    const [{ input, call } = {}] = named("AssumeRole");
    expect(input).to.include({ RoleArn: ROLE });
    expect(call).to.include({ principal: "lambda.amazonaws.com", sourceArn: arn("f") });
    refused.AssumeRole = "AccessDenied";
    const error = await refusal(bench.create("g", TRACE));
    expect(error).to.include({
      code: "InvalidParameterValueException",
      message: "The role defined for the function cannot be assumed by Lambda.",
    });
    await bench.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 5 });
    const Role = `${ROLE}-other`;
    expect(
      (await refusal(bench.call("UpdateFunctionConfiguration", { FunctionName: "f", Role }))).code,
    ).to.equal("InvalidParameterValueException");
  });

  it("reads the image and its layers in its own name, and refuses one that it may not read", async () => {
    const pull = () => bench.create("f", TRACE, { Code: { ImageUri: IMAGE } });
    refused.GetDownloadUrlForLayer = "AccessDeniedException";
    expect(await refusal(pull())).to.include({
      code: "AccessDeniedException",
      status: 403,
      message: "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
    });
    expect(named("BatchGetImage")[0]?.input).to.deep.equal({
      repositoryName: "repository",
      imageIds: [{ imageDigest: `sha256:${"a".repeat(64)}` }],
    });
    expect(named("GetDownloadUrlForLayer")[0]?.call).to.include({
      ...{ principal: "lambda.amazonaws.com", sourceArn: arn("f") },
    });
    delete refused.GetDownloadUrlForLayer;
    await pull();
  });

  it("makes an interface for each subnet and set of groups as the role, which functions share until the last goes", async () => {
    const VpcConfig = { SubnetIds: ["subnet-1", "subnet-2"], SecurityGroupIds: ["sg-1"] };
    await bench.create("f", TRACE, { VpcConfig, Publish: true });
    await bench.create("g", TRACE, { VpcConfig });
    expect(named("CreateNetworkInterface").map(({ input }) => [input.SubnetId, input.Groups])).to.deep.equal([
      ["subnet-1", ["sg-1"]],
      ["subnet-2", ["sg-1"]],
    ]);
    expect(named("CreateNetworkInterface").every(({ call }) => call.principal === ROLE)).to.equal(true);
    await bench.call("DeleteFunction", { FunctionName: "f" });
    expect(named("DeleteNetworkInterface")).to.deep.equal([]);
    await bench.call("DeleteFunction", { FunctionName: "g" });
    expect(named("UnassignPrivateIpAddresses")).to.have.length(2);
    expect(named("DeleteNetworkInterface").map(({ input }) => input.NetworkInterfaceId)).to.deep.equal([
      ...["eni-1", "eni-2"],
    ]);
  });

  it("refuses a role that may not make interfaces", async () => {
    refused.CreateNetworkInterface = "UnauthorizedOperation";
    const VpcConfig = { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] };
    expect((await refusal(bench.create("f", TRACE, { VpcConfig }))).message).to.equal(
      "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
    );
    delete refused.CreateNetworkInterface;
    await bench.create("f", TRACE, { VpcConfig });
  });

  it("seals the environment as who sets it, and cannot start the function if the role may not decrypt", async () => {
    const Environment = { Variables: { VALUE: "1" } };
    await bench.create("f", TRACE, { KMSKeyArn: KEY, Environment });
    const EncryptionContext = { "aws:lambda:FunctionArn": arn("f") };
    const [{ input, call } = {}] = named("Encrypt");
    expect(input).to.deep.include({ KeyId: KEY, EncryptionContext });
    expect(call).to.include({ principal: "tester", viaService: `lambda.${REGION}.amazonaws.com` });
    refused.Decrypt = "AccessDeniedException";
    const error = await refusal(bench.invoke("f"));
    expect(error).to.include({ code: "KMSAccessDeniedException", status: 502 });
    delete refused.Decrypt;
    await bench.invoke("f");
    const decrypt = named("Decrypt").at(-1);
    expect(decrypt?.input).to.deep.equal({ KeyId: KEY, CiphertextBlob: "c2VhbGVk", EncryptionContext });
    expect(decrypt?.call).to.include({ principal: ROLE, viaService: `lambda.${REGION}.amazonaws.com` });
    await bench.create("plain", TRACE, { KMSKeyArn: KEY });
    expect(named("Encrypt")).to.have.length(1);
  });

  it("traces the first invocation of a second, and of the others as many as the rate says", async () => {
    await bench.create("f", TRACE, { TracingConfig: { Mode: "Active" } });
    const sampled = async () => /Sampled=(\d)$/.exec(String((await bench.invoke("f")).Payload))?.[1];
    expect([await sampled(), await sampled(), await sampled()]).to.deep.equal(["1", "0", "0"]);
    expect(named("PutTraceSegments")).to.have.length(1);
    chance = 0.049;
    expect(await sampled()).to.equal("1");
    const [{ input, call } = {}] = named("PutTraceSegments");
    expect(call?.principal).to.equal(ROLE);
    const [service, function_] = ((input?.TraceSegmentDocuments ?? []) as string[]).map((text) =>
      JSON.parse(text),
    );
    expect(service).to.include({ name: "f", origin: "AWS::Lambda", resource_arn: arn("f") });
    expect(function_).to.include({ origin: "AWS::Lambda::Function", parent_id: service.id });
    expect(function_.trace_id).to.match(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    refused.PutTraceSegments = "AccessDeniedException";
    expect(await bench.invoke("f")).to.not.have.property("FunctionError");
    await bench.create("untraced", TRACE);
    expect(String((await bench.invoke("untraced")).Payload)).to.contain("Sampled=0");
  });

  it("writes a performance event for each invocation if the image carries the Insights agent", async () => {
    await bench.create("insights", "export const handler = async () => 1;");
    await bench.invoke("insights");
    await bench.invoke("insights");
    await bench.clock.advance(1_000);
    const events = bench.logged
      .filter(({ group }) => group === "/aws/lambda-insights")
      .map(({ message }) => JSON.parse(message));
    expect(events).to.have.length(2);
    expect(events[0]).to.include({ function_name: "insights", total_memory: 256, cold_start: true });
    expect(events[0].used_memory_max).to.be.within(10, 256);
    expect(events[0]._aws.CloudWatchMetrics[0]).to.deep.include({
      Namespace: "LambdaInsights",
      Dimensions: [["function_name"], ["function_name", "version"]],
    });
    expect(events[1]).to.include({ cold_start: false }).and.not.have.property("init_duration");
  });
});
