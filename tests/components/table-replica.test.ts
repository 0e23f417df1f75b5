import { expect } from "chai";
import type { ReplicaInputs, ReplicaState } from "../../components/replication/replica-inputs.ts";
import { replicaProvider as provider } from "../../components/replication/replica-provider.ts";
import { ACCOUNT, ControlPlane, streamArn } from "./support/control-plane.ts";

const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`;
const inputs: ReplicaInputs = {
  table: "trades-dev",
  region: "eu-west-1",
  homeRegion: "us-east-1",
  accountId: ACCOUNT,
  replicaKmsKeyArn: KEY,
  pointInTimeRecovery: true,
  tags: { Environment: "dev" },
  providerVersion: "1",
};
const state: ReplicaState = { ...inputs, replicaArn: "", replicaStreamArn: "", replicaStatus: "ACTIVE" };
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("a table's replica", () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = new ControlPlane();
    await plane.start();
  });
  afterEach(() => plane.stop());

  const tableNow = () => plane.tables.get("trades-dev");
  const replicaNow = () => tableNow()?.Replicas[0];
  const updates = () => plane.calls.filter(({ operation }) => operation === "UpdateTable");

  it("is made from the home region, under the replica region's key, and waited for", async () => {
    plane.addTable("trades-dev");
    plane.polls = 1;
    const { id, outs } = await provider.create(inputs);
    expect(id).to.equal("trades-dev/eu-west-1");
    expect(replicaNow()).to.deep.equal({
      RegionName: "eu-west-1",
      KMSMasterKeyId: KEY,
      ReplicaStatus: "ACTIVE",
    });
    expect(outs).to.deep.include({
      replicaStatus: "ACTIVE",
      replicaArn: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/trades-dev`,
      replicaStreamArn: streamArn("eu-west-1", "trades-dev"),
    });
    expect(updates().map(({ region }) => region)).to.deep.equal(["us-east-1"]);
  });

  it("gets recovery and tags in its own region, where AWS leaves them off", async () => {
    plane.addTable("trades-dev");
    await provider.create(inputs);
    expect(tableNow()?.recovery).to.deep.equal({ "eu-west-1": true });
    expect(tableNow()?.tags).to.deep.equal({ "eu-west-1": { Environment: "dev" } });
  });

  it("that is there already is taken over", async () => {
    plane.addTable("trades-dev");
    await provider.create(inputs);
    await provider.create(inputs);
    expect(updates()).to.have.length(1);
    expect(tableNow()?.Replicas).to.have.length(1);
  });

  it("of a table that is not there is refused by name", async () => {
    const failure = await provider.create(inputs).catch((error: Error) => error);
    expect(String(failure)).to.include('table: "trades-dev" is not there');
  });

  it("is removed, and waited for until it is gone", async () => {
    plane.addTable("trades-dev");
    await provider.create(inputs);
    plane.polls = 1;
    await provider.delete?.("trades-dev/eu-west-1", state);
    expect(tableNow()).to.deep.include({ TableStatus: "ACTIVE", Replicas: [] });
  });

  it("that is gone, with its table or without, counts as removed", async () => {
    await provider.delete?.("trades-dev/eu-west-1", state);
    plane.addTable("trades-dev");
    await provider.delete?.("trades-dev/eu-west-1", state);
    expect(updates()).to.deep.equal([]);
  });

  it("takes on a new key, recovery and tags where it is, and keeps all outputs", async () => {
    plane.addTable("trades-dev");
    const { outs } = await provider.create({ ...inputs, tags: { Environment: "dev", Old: "yes" } });
    const news = { ...inputs, replicaKmsKeyArn: `${KEY}2`, pointInTimeRecovery: false };
    const updated = await provider.update?.("trades-dev/eu-west-1", outs as ReplicaState, news);
    expect(replicaNow()?.KMSMasterKeyId).to.equal(`${KEY}2`);
    expect(tableNow()?.recovery["eu-west-1"]).to.equal(false);
    expect(tableNow()?.tags["eu-west-1"]).to.deep.equal({ Environment: "dev" });
    expect(updated?.outs).to.have.all.keys(
      ...Object.keys(news),
      "replicaArn",
      "replicaStatus",
      "replicaStreamArn",
    );
  });

  it("is read as it is, so that a refresh sees drift", async () => {
    plane.addTable("trades-dev");
    const { outs } = await provider.create(inputs);
    const table = tableNow();
    if (table) table.recovery["eu-west-1"] = false;
    const found = await provider.read?.("trades-dev/eu-west-1", outs as ReplicaState);
    expect(found?.id).to.equal("trades-dev/eu-west-1");
    expect(found?.props?.pointInTimeRecovery).to.equal(false);
    expect(found?.props?.replicaStreamArn).to.equal(streamArn("eu-west-1", "trades-dev"));
  });

  it("that somebody removed reads as gone", async () => {
    plane.addTable("trades-dev");
    expect(await provider.read?.("trades-dev/eu-west-1", state)).to.include({ id: "" });
  });

  it("is refused with credentials of another account", async () => {
    plane.account = "999999999999";
    const checked = await provider.check?.(inputs, inputs);
    expect(checked?.failures).to.deep.equal([
      { property: "accountId", reason: `got "${ACCOUNT}", but the credentials are of account 999999999999` },
    ]);
  });

  it("is refused in the table's own region", async () => {
    const checked = await provider.check?.(inputs, { ...inputs, region: "us-east-1" });
    expect(checked?.failures?.map(({ property }) => property)).to.deep.equal(["region"]);
  });

  it("asks for no account while a preview does not know it", async () => {
    const checked = await provider.check?.(inputs, { ...inputs, accountId: UNKNOWN });
    expect(checked?.failures).to.deep.equal([]);
    expect(plane.calls).to.deep.equal([]);
  });

  const diffs: [what: string, news: object, replaces: string[], changes: boolean][] = [
    ["nothing", {}, [], false],
    ["its tags in another order", { tags: { Environment: "dev" } }, [], false],
    ["its key", { replicaKmsKeyArn: "other" }, [], true],
    ["its recovery", { pointInTimeRecovery: false }, [], true],
    ["its tags", { tags: {} }, [], true],
    ["the provider's version", { providerVersion: "2" }, [], true],
    ["the provider's code", { __provider: "new" }, [], true],
    ["its table", { table: "other" }, ["table"], true],
    ["its region", { region: "us-west-2" }, ["region"], true],
  ];
  for (const [what, news, replaces, changes] of diffs)
    it(`${replaces.length > 0 ? "is replaced" : changes ? "is updated" : "stays"} if a deployment changes ${what}`, async () => {
      const olds = { ...state, __provider: "old" } as ReplicaState;
      const diff = await provider.diff?.("", olds, {
        ...inputs,
        __provider: "old",
        ...news,
      } as ReplicaInputs);
      expect(diff).to.deep.include({ changes, replaces });
    });
});
