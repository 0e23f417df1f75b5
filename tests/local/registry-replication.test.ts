import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeRegistryCommand,
  ECRClient,
  PutReplicationConfigurationCommand,
  type ReplicationRule,
} from "@aws-sdk/client-ecr";
import { expect } from "chai";
import { clientEnvironment, deploy, PROJECT_DIRECTORY } from "../../local/deploy.ts";
import { evaluateProgram } from "../../local/program/evaluate.ts";
import { readStackConfig } from "../../local/program/stack-file.ts";
import { createResourceProvider } from "../../local/providers/resource-provider.ts";
import { type LocalServices, startServices } from "../../local/services.ts";

const FOREIGN: ReplicationRule = {
  destinations: [{ region: "us-west-2", registryId: "111122223333" }],
  repositoryFilters: [{ filter: "payments/", filterType: "PREFIX_MATCH" }],
};
const OWN: ReplicationRule = {
  destinations: [{ region: "eu-west-1", registryId: "000000000000" }],
  repositoryFilters: [{ filter: "trade-processing-dev", filterType: "PREFIX_MATCH" }],
};

describe("the registry's replication", function () {
  this.timeout(60_000);
  let directory: string;
  let services: LocalServices;
  let client: ECRClient;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "registry-"));
    services = await startServices({ cacheDirectory: directory });
    client = clientIn("us-east-1");
  });
  afterEach(async () => {
    client.destroy();
    await services.close();
    await rm(directory, { recursive: true });
  });

  const clientIn = (region: string) =>
    new ECRClient({
      region,
      endpoint: services.endpoint.url,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
  const put = (rules: ReplicationRule[]) =>
    client.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }));
  const rules = async () =>
    (await client.send(new DescribeRegistryCommand({}))).replicationConfiguration?.rules ?? [];

  it("is kept, a region, and each configuration replaces it", async () => {
    expect(await client.send(new DescribeRegistryCommand({}))).to.deep.include({
      registryId: "000000000000",
      replicationConfiguration: { rules: [] },
    });
    await put([FOREIGN, OWN]);
    expect(await rules()).to.deep.equal([FOREIGN, OWN]);
    await put([OWN]);
    expect(await rules()).to.deep.equal([OWN]);
    const other = clientIn("eu-west-1");
    const { replicationConfiguration } = await other.send(new DescribeRegistryCommand({}));
    other.destroy();
    expect(replicationConfiguration?.rules).to.deep.equal([]);
  });

  // Amazon ECR API Reference, "ReplicationConfiguration", "ReplicationDestination" and "RepositoryFilter".
  const refused: [string, ReplicationRule[]][] = [
    ["more than ten rules", Array.from({ length: 11 }, () => OWN)],
    ["an account that is none", [{ destinations: [{ region: "eu-west-1", registryId: "1" }] }]],
    [
      "a filter of one character",
      [{ ...OWN, repositoryFilters: [{ filter: "t", filterType: "PREFIX_MATCH" }] }],
    ],
    [
      "a filter of another type",
      [{ ...OWN, repositoryFilters: [{ filter: "trade", filterType: "SUFFIX" as "PREFIX_MATCH" }] }],
    ],
    ["itself as the destination", [{ destinations: [{ region: "us-east-1", registryId: "000000000000" }] }]],
  ];
  for (const [what, given] of refused)
    it(`refuses ${what}, and stays as it was`, async () => {
      await put([OWN]);
      const error = await put(given).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("name", "InvalidParameterException");
      expect(await rules()).to.deep.equal([OWN]);
    });

  it("is made by a stack that owns it, which may be deployed again", async () => {
    await put([OWN]);
    await deploy(services, { stack: "dev" });
    expect(await rules()).to.deep.equal([OWN]);
  });

  it("is left alone by a stack that does not own it", async () => {
    await put([FOREIGN]);
    await deploy(services, { stack: "prod" });
    expect(await rules()).to.deep.equal([FOREIGN]);
  });

  it("is not taken over where it has a foreign rule, which stays", async () => {
    await put([FOREIGN]);
    const error = await deploy(services, { stack: "dev" }).catch((thrown: unknown) => thrown);
    expect(String((error as Error).message)).to.match(
      /RegistryOwnership "registry-ownership": ownsRegistryReplication: is true, but the registry of account 000000000000 in us-east-1 has rules that this stack did not make, and would lose them: repositories that begin with "payments\/" to us-west-2 of account 111122223333/,
    );
    expect(await rules()).to.deep.equal([FOREIGN]);
  });

  it("is refused in a preview already", async () => {
    await put([FOREIGN]);
    const before = { ...process.env };
    Object.assign(process.env, clientEnvironment(services.endpoint.url));
    const { default: program } = await import("../../index.ts");
    const { project, config } = await readStackConfig(PROJECT_DIRECTORY, "dev");
    const { errors } = await evaluateProgram({
      ...{ program, project, config, stack: "dev", projectDirectory: PROJECT_DIRECTORY },
      preview: true,
      provider: createResourceProvider(),
    });
    for (const name of Object.keys(clientEnvironment("")))
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    expect(errors.map(({ message }) => message).join()).to.match(/ownsRegistryReplication: is true/);
  });
});
