import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { createSsm } from "../../local/cloud/ssm/service.ts";
import { clientSettings, refusal, serve } from "./endpoint-support.ts";

// Expectations: AWS Systems Manager API Reference and User Guide ("Managing parameter tiers").
describe("the local parameter store over the wire", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  let ssm: SSMClient;

  beforeEach(async () => {
    served = await serve([createSsm]);
    ssm = new SSMClient(clientSettings(served.endpoint));
  });
  afterEach(async () => {
    ssm.destroy();
    await served.close();
  });

  const put = (Name: string, Value: string, more: object = {}) =>
    ssm.send(new PutParameterCommand({ Name, Value, Type: "String", ...more }));

  it("keeps a parameter with its ARN, version and time", async () => {
    expect((await put("/trade-processing/dev/max-retries", "3")).Version).to.equal(1);
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: "/trade-processing/dev/max-retries" }),
    );
    expect(Parameter).to.include({
      Name: "/trade-processing/dev/max-retries",
      Value: "3",
      Type: "String",
      Version: 1,
      ARN: "arn:aws:ssm:us-east-1:000000000000:parameter/trade-processing/dev/max-retries",
      DataType: "text",
    });
    expect(Parameter?.LastModifiedDate).to.be.instanceOf(Date);
  });

  it("finds a parameter by its ARN and by its version", async () => {
    await put("/a/b", "1");
    for (const Name of ["arn:aws:ssm:us-east-1:000000000000:parameter/a/b", "/a/b:1"])
      expect((await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value).to.equal("1");
    const error = await refusal(ssm.send(new GetParameterCommand({ Name: "/a/b:2" })));
    expect(error.name).to.equal("ParameterVersionNotFound");
  });

  // AWS Systems Manager User Guide, "Working with parameter versions".
  it("keeps the last hundred versions with who set them, and gives each by its number", async () => {
    for (let version = 1; version <= 102; version += 1)
      await put("/versions", `value ${version}`, { Overwrite: true });
    const history: number[] = [];
    for (let NextToken: string | undefined, first = true; first || NextToken; first = false) {
      const page = await ssm.send(
        new GetParameterHistoryCommand({ Name: "/versions", MaxResults: 50, NextToken }),
      );
      history.push(...(page.Parameters ?? []).map(({ Version = 0 }) => Version));
      expect(page.Parameters?.[0]).to.include({
        Value: `value ${page.Parameters?.[0]?.Version}`,
        LastModifiedUser: "arn:aws:iam::000000000000:root",
      });
      NextToken = page.NextToken;
    }
    expect(history).to.deep.equal(Array.from({ length: 100 }, (_, index) => index + 3));
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "/versions:50" }));
    expect(Parameter).to.include({ Name: "/versions", Value: "value 50", Selector: ":50" });
    const { Parameters, InvalidParameters } = await ssm.send(
      new GetParametersCommand({ Names: ["/versions:102", "/versions:2"] }),
    );
    expect(Parameters?.map(({ Value }) => Value)).to.deep.equal(["value 102"]);
    expect(InvalidParameters).to.deep.equal(["/versions:2"]);
    await ssm.send(new DeleteParameterCommand({ Name: "/versions" }));
    await put("/versions", "again");
    const anew = await ssm.send(new GetParameterHistoryCommand({ Name: "/versions" }));
    expect(anew.Parameters?.map(({ Version }) => Version)).to.deep.equal([1]);
  });

  it("overwrites only when told to, and counts versions", async () => {
    await put("/x", "1");
    expect((await refusal(put("/x", "2"))).name).to.equal("ParameterAlreadyExists");
    expect((await put("/x", "2", { Overwrite: true })).Version).to.equal(2);
    expect((await ssm.send(new GetParameterCommand({ Name: "/x" }))).Parameter?.Value).to.equal("2");
  });

  it("limits standard parameters to 4 KB and advanced ones to 8 KB", async () => {
    await put("/size", "x".repeat(4096));
    expect((await refusal(put("/size2", "x".repeat(4097)))).message).to.match(
      /maximum parameter value of 4096/,
    );
    expect((await put("/size3", "x".repeat(8192), { Tier: "Advanced" })).Tier).to.equal("Advanced");
    expect((await refusal(put("/size4", "x".repeat(8193), { Tier: "Advanced" }))).message).to.match(/8192/);
  });

  it("refuses names that the service refuses, secrets, and values that miss the allowed pattern", async () => {
    for (const name of ["no/slash", "/ends/", "/aws/reserved", "/with space"])
      expect((await refusal(put(name, "1"))).name, name).to.equal("ValidationException");
    expect((await refusal(put("/s", "1", { Type: "SecureString" }))).name).to.equal(
      "UnsupportedParameterType",
    );
    const mismatch = await refusal(put("/p", "abc", { AllowedPattern: "^\\d+$" }));
    expect(mismatch.name).to.equal("ParameterPatternMismatchException");
  });

  it("gives many at once and names those that are not there", async () => {
    await put("/one", "1");
    await put("/two", "2");
    const result = await ssm.send(new GetParametersCommand({ Names: ["/one", "/none", "/two"] }));
    expect(result.Parameters?.map(({ Value }) => Value)).to.deep.equal(["1", "2"]);
    expect(result.InvalidParameters).to.deep.equal(["/none"]);
  });

  it("lists a path one level deep or recursively, page by page", async () => {
    for (const name of ["/p/a", "/p/b", "/p/c/d", "/q/e"]) await put(name, "1");
    const level = await ssm.send(new GetParametersByPathCommand({ Path: "/p" }));
    expect(level.Parameters?.map(({ Name }) => Name)).to.deep.equal(["/p/a", "/p/b"]);
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ssm.send(
        new GetParametersByPathCommand({
          Path: "/p/",
          Recursive: true,
          MaxResults: 2,
          ...(NextToken ? { NextToken } : {}),
        }),
      );
      names.push(...(page.Parameters ?? []).map(({ Name }) => Name));
      NextToken = page.NextToken;
    } while (NextToken);
    expect(names).to.deep.equal(["/p/a", "/p/b", "/p/c/d"]);
  });

  it("describes without values and keeps tags", async () => {
    await put("/t/a", "1", { Description: "retries", Tags: [{ Key: "a", Value: "1" }] });
    const { Parameters } = await ssm.send(
      new DescribeParametersCommand({
        ParameterFilters: [{ Key: "Name", Option: "BeginsWith", Values: ["/t"] }],
      }),
    );
    expect(Parameters?.[0]).to.include({ Name: "/t/a", Description: "retries", Tier: "Standard" });
    expect(Parameters?.[0]).not.to.have.property("Value");
    const resource = { ResourceType: "Parameter", ResourceId: "/t/a" } as const;
    await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "b", Value: "2" }] }));
    expect((await ssm.send(new ListTagsForResourceCommand(resource))).TagList).to.deep.equal([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ]);
  });

  it("deletes, and keeps regions apart", async () => {
    await put("/gone", "1");
    const elsewhere = new SSMClient(clientSettings(served.endpoint, "eu-west-1"));
    expect((await refusal(elsewhere.send(new GetParameterCommand({ Name: "/gone" })))).name).to.equal(
      "ParameterNotFound",
    );
    elsewhere.destroy();
    await ssm.send(new DeleteParameterCommand({ Name: "/gone" }));
    expect((await refusal(ssm.send(new DeleteParameterCommand({ Name: "/gone" })))).name).to.equal(
      "ParameterNotFound",
    );
  });
});
