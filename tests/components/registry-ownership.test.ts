import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { OwnershipInputs } from "../../components/storage/registry-ownership-provider.ts";
import { ownershipProvider } from "../../components/storage/registry-ownership-provider.ts";
import type { ReplicationRule } from "../../components/storage/registry-rules.ts";
import { foreignRules, ownRule } from "../../components/storage/registry-rules.ts";
import { LOCAL_ACCOUNT } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import { clientEnvironment } from "../../local/deploy.ts";
import { type LocalServices, startServices } from "../../local/services.ts";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const inputs: OwnershipInputs = {
  registryId: LOCAL_ACCOUNT,
  region: "us-east-1",
  destinationRegion: "eu-west-1",
  repository: "trade-processing-dev",
  providerVersion: "1",
};
const own: ReplicationRule = {
  destinations: [{ region: "eu-west-1", registryId: LOCAL_ACCOUNT }],
  repositoryFilters: [{ filter: "trade-processing-dev", filterType: "PREFIX_MATCH" }],
};

describe("a registry's rules", () => {
  it("are the stack's own if they are exactly its rule", () => {
    expect(ownRule(inputs)).to.deep.equal(own);
    expect(foreignRules([own], [inputs])).to.deep.equal([]);
    expect(foreignRules([], [inputs])).to.deep.equal([]);
  });

  const others: [string, ReplicationRule, string][] = [
    [
      "another prefix",
      { ...own, repositoryFilters: [{ filter: "trade-processing-dev2", filterType: "PREFIX_MATCH" }] },
      `repositories that begin with "trade-processing-dev2" to eu-west-1 of account ${LOCAL_ACCOUNT}`,
    ],
    [
      "no filter",
      { destinations: own.destinations },
      `every repository to eu-west-1 of account ${LOCAL_ACCOUNT}`,
    ],
    [
      "a further filter",
      {
        ...own,
        repositoryFilters: [...(own.repositoryFilters ?? []), { filter: "more", filterType: "PREFIX_MATCH" }],
      },
      `repositories that begin with "trade-processing-dev", "more" to eu-west-1 of account ${LOCAL_ACCOUNT}`,
    ],
    [
      "another account",
      { ...own, destinations: [{ region: "eu-west-1", registryId: "111122223333" }] },
      'repositories that begin with "trade-processing-dev" to eu-west-1 of account 111122223333',
    ],
    [
      "a further region",
      {
        ...own,
        destinations: [...(own.destinations ?? []), { region: "us-west-2", registryId: LOCAL_ACCOUNT }],
      },
      `repositories that begin with "trade-processing-dev" to eu-west-1 of account ${LOCAL_ACCOUNT}, us-west-2 of account ${LOCAL_ACCOUNT}`,
    ],
    [
      "no destination",
      { ...own, destinations: [] },
      'repositories that begin with "trade-processing-dev" to nowhere',
    ],
  ];
  for (const [what, rule, text] of others)
    it(`are foreign with ${what}, and named`, () => {
      expect(foreignRules([own, rule], [inputs])).to.deep.equal([text]);
    });
});

describe("the ownership of a registry's replication", function () {
  this.timeout(30_000);
  let directory: string;
  let services: LocalServices;
  const kept: Record<string, string | undefined> = {};
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "ownership-"));
    services = await startServices({ cacheDirectory: directory });
    for (const [name, value] of Object.entries(clientEnvironment(services.endpoint.url))) {
      kept[name] = process.env[name];
      process.env[name] = value;
    }
  });
  after(async () => {
    for (const [name, value] of Object.entries(kept))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    await services.close();
    await rm(directory, { recursive: true });
  });

  const put = (...rules: ReplicationRule[]) =>
    services.cloud.surroundings.call(
      "ecr",
      "PutReplicationConfiguration",
      { replicationConfiguration: { rules } } as Json,
      { region: "us-east-1", principal: `arn:aws:iam::${LOCAL_ACCOUNT}:root` },
    );
  async function failures(olds: Partial<OwnershipInputs> = {}, news = inputs) {
    const result = await ownershipProvider.check?.(olds as OwnershipInputs, news);
    return (result?.failures ?? []).map(({ property, reason }) => `${property} ${reason}`);
  }

  it("is given where the registry has no rules, or the stack's own", async () => {
    await put();
    expect(await failures()).to.deep.equal([]);
    await put(own);
    expect(await failures()).to.deep.equal([]);
  });

  it("is refused where there are others, with the key that decides and what would be lost", async () => {
    await put(own, { destinations: [{ region: "us-west-2", registryId: "111122223333" }] });
    expect(await failures()).to.deep.equal([
      `ownsRegistryReplication is true, but the registry of account ${LOCAL_ACCOUNT} in us-east-1 has rules that this ` +
        "stack did not make, and would lose them: every repository to us-west-2 of account 111122223333. Remove them " +
        "there, or set ownsRegistryReplication to false",
    ]);
  });

  it("stays given when the stack's own rule changes", async () => {
    await put(own);
    const news = { ...inputs, destinationRegion: "us-west-2" };
    expect(await failures(inputs, news)).to.deep.equal([]);
    expect(await failures({}, news)).to.have.length(1);
  });

  it("is looked up in the region's registry", async () => {
    await put({ destinations: [{ region: "us-west-2", registryId: "111122223333" }] });
    expect(await failures({}, { ...inputs, region: "us-west-2" })).to.deep.equal([]);
  });

  it("is not asked for while the account is not known", async () => {
    await put({ destinations: [{ region: "us-west-2", registryId: "111122223333" }] });
    expect(await failures({}, { ...inputs, registryId: UNKNOWN })).to.deep.equal([]);
  });

  it("is refused where the rules cannot be read, with the reason", async () => {
    const remove = services.cloud.faults.add({
      service: "ecr",
      operation: "DescribeRegistry",
      effect: { kind: "error", code: "AccessDeniedException", message: "no", status: 400 },
      when: "before",
    });
    expect(await failures()).to.deep.equal([
      "ownsRegistryReplication is true, but the rules of the registry in us-east-1 cannot be read: " +
        "AccessDeniedException: no",
    ]);
    remove();
  });

  it("changes with its inputs and its code, and never by replacement", async () => {
    const diff = (news: object) => ownershipProvider.diff?.("", inputs, { ...inputs, ...news });
    expect(await diff({})).to.deep.equal({ changes: false, replaces: [] });
    expect(await diff({ repository: "other" })).to.deep.equal({ changes: true, replaces: [] });
    expect(await diff({ __provider: "code" })).to.deep.equal({ changes: true, replaces: [] });
  });
});
