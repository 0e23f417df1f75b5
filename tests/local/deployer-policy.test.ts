import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { deployerDocuments, deployerPermissions } from "../../components/deployer/documents.ts";
import { type DeployerPermission, DOCUMENTS } from "../../components/deployer/permission.ts";
import { peopleContext } from "../../components/people/context.ts";
import type { PolicyDocument } from "../../components/policy-document.ts";
import { deployerFiles } from "../../local/access/deployer-files.ts";
import type { Json } from "../../local/cloud/service.ts";
import { deploy } from "../../local/deploy.ts";
import { DEPLOYER } from "../../local/providers/resource-type.ts";
import { type LocalServices, startServices } from "../../local/services.ts";

/** "IAM and AWS STS quotas": characters of a managed policy, without white space. */
const MANAGED_POLICY_CHARACTERS = 6_144;

const stackOf = (suffix: string) => ({ suffix, primaryRegion: "us-east-1", replicaRegion: "eu-west-1" });

describe("the policies of who deploys", function () {
  this.timeout(120_000);
  let directory: string;
  let services: LocalServices;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "deployer-policy-"));
  });
  after(() => rm(directory, { recursive: true }));
  beforeEach(async () => {
    services = await startServices({ cacheDirectory: directory });
  });
  afterEach(() => services.close());

  /** From now on, who deploys may do what these documents allow, and nothing else. */
  function restrict(documents: Readonly<Record<string, PolicyDocument>>): void {
    const policiesOf = services.iam.policiesOf;
    const own = Object.entries(documents).map(([name, document]) => ({ name, document }));
    services.iam.policiesOf = (principal) => (principal === DEPLOYER ? own : policiesOf(principal));
  }

  const used = () =>
    services.permissions
      .uses()
      .filter(({ principal, policy }) => principal === DEPLOYER && /^(dev|prod) /.test(policy));
  const key = (sid: string | undefined, action: string) => `${sid} ${action}`;

  it("are what the documents have", async () => {
    for (const [name, content] of Object.entries(deployerFiles(stackOf("dev"))))
      expect(await readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8"), name).to.equal(content);
  });

  it("fit into managed policies, with the longest suffix too", () => {
    for (const suffix of ["dev", "abcdefghijklmnopqrst"])
      for (const [name, document] of Object.entries(deployerDocuments(peopleContext(stackOf(suffix)))))
        expect(JSON.stringify(document).replaceAll(/\s/g, "").length, name).to.be.at.most(
          MANAGED_POLICY_CHARACTERS,
        );
  });

  it("name each action once in a statement, and have no statement twice or empty", () => {
    const permissions = deployerPermissions(peopleContext(stackOf("dev")));
    expect(new Set(permissions.map(({ sid }) => sid)).size).to.equal(permissions.length);
    for (const { sid, deployment = [], further = [] } of permissions) {
      const all = [...deployment, ...further];
      expect(new Set(all).size, sid).to.equal(all.length);
      expect(all, sid).to.not.deep.equal([]);
    }
  });

  it("let only the preview's document read, and nothing else", () => {
    // The access levels of the service authorization reference: Read and List.
    const reading = /^[a-z0-9]+:(Describe|Get|List|Validate)/;
    const others = deployerPermissions(peopleContext(stackOf("dev")))
      .filter(({ document }) => document === "preview")
      .flatMap(({ deployment = [], further = [] }) => [...deployment, ...further])
      .filter((action) => !reading.test(action));
    expect(others).to.deep.equal([]);
  });

  it("are enough for stacks dev and prod, and every action that is called proven is used", async () => {
    const permissions = ["dev", "prod"].flatMap((suffix) =>
      deployerPermissions(peopleContext(stackOf(suffix))),
    );
    const documents = Object.fromEntries(
      ["dev", "prod"].flatMap((suffix) =>
        Object.entries(deployerDocuments(peopleContext(stackOf(suffix)))).map(([name, document]) => [
          `${suffix} ${name}`,
          document,
        ]),
      ),
    );
    restrict(documents);
    for (const stack of ["dev", "prod"]) await deploy(services, { stack });
    const denied = services.permissions.denials().filter(({ request }) => request.principal === DEPLOYER);
    expect(denied).to.deep.equal([]);
    const proven = new Set(
      permissions.flatMap(({ sid, deployment = [] }) => deployment.map((action) => key(sid, action))),
    );
    expect([...new Set(used().map(({ sid, action }) => key(sid, action)))].sort()).to.deep.equal(
      [...proven].sort(),
    );
  });

  it("allow nothing of another stack that has a name", async () => {
    restrict(deployerDocuments(peopleContext(stackOf("dev"))));
    const { call } = services.cloud.surroundings;
    const from = { region: "us-east-1", principal: DEPLOYER };
    const code = (service: string, operation: string, input: Json, region = "us-east-1") =>
      call(service, operation, input, { ...from, region }).then(
        () => "allowed",
        (error: { code: string }) => error.code,
      );
    expect(await code("sqs", "CreateQueue", { QueueName: "trade-rejects-dev" })).to.equal("allowed");
    expect(await code("sqs", "CreateQueue", { QueueName: "trade-rejects-prod" })).to.match(/AccessDenied/);
    expect(await code("sqs", "CreateQueue", { QueueName: "trade-rejects-dev" }, "us-west-2")).to.match(
      /AccessDenied/,
    );
  });

  const taken: [string, RegExp][] = [
    ["PassRoleToStates", /not authorized to perform: iam:PassRole/],
    ["Tables", /not authorized to perform: dynamodb:CreateTable/],
    ["ReadTables", /not authorized to perform: dynamodb:DescribeTable/],
    ["KeysThroughServices", /not authorized to perform: kms:/],
    ["Queues", /sqs:createqueue/i],
    ["Networks", /not authorized to perform: ec2:CreateVpc/],
  ];
  for (const [sid, message] of taken)
    it(`are not enough without ${sid}`, async () => {
      const without = (document: PolicyDocument): PolicyDocument => ({
        ...document,
        Statement: document.Statement.filter((statement) => statement.Sid !== sid),
      });
      const documents = deployerDocuments(peopleContext(stackOf("dev")));
      restrict(Object.fromEntries(DOCUMENTS.map((name) => [name, without(documents[name])])));
      const error = await deploy(services, { stack: "dev" }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Error);
      expect((error as Error).message).to.match(message);
      const [denial] = services.permissions.denials().filter(({ request }) => request.principal === DEPLOYER);
      const row = deployerPermissions(peopleContext(stackOf("dev"))).find((each) => each.sid === sid);
      expect(actionsOf(row)).to.include(denial?.request.action);
    });

  const actionsOf = (row: DeployerPermission | undefined) => [
    ...(row?.deployment ?? []),
    ...(row?.further ?? []),
  ];
});
