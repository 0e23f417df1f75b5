import { expect } from "chai";
import type { ReplicaInputs, ReplicaState } from "../../components/replication/replica-inputs.ts";
import { replicaProvider as provider } from "../../components/replication/replica-provider.ts";
import { ACCOUNT, ControlPlane, streamArn } from "./support/control-plane.ts";
import { createThroughPulumi } from "./support/dynamic-provider.ts";
import { evaluatedStack, ofType } from "./support/stacks.ts";

const ID = "trades-dev/eu-west-1";
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
const DENIED = { name: "AccessDeniedException", message: "Not allowed" };
const IN_USE = { name: "ResourceInUseException", message: "Table is being updated" };
const PASSING = [
  { name: "ThrottlingException", message: "Rate exceeded" },
  IN_USE,
  {
    name: "LimitExceededException",
    message: "Only 500 tables can be created, updated, or deleted simultaneously",
  },
];
type Unfinished = Error & { id?: string; properties?: ReplicaState; reasons?: string[] };

describe("a table's replica, when AWS refuses", () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = new ControlPlane();
    plane.addTable("trades-dev");
    await plane.start();
  });
  afterEach(() => plane.stop());

  const tableNow = () => plane.tables.get("trades-dev");
  const called = (operation: string) => plane.calls.filter((call) => call.operation === operation).length;
  const failed = (attempt: Promise<unknown> | undefined): Promise<Unfinished> =>
    Promise.resolve(attempt).then(
      () => {
        throw new Error("it should have failed");
      },
      (error: Unfinished) => error,
    );

  for (const refusal of PASSING)
    it(`is made after ${refusal.name}`, async () => {
      plane.refusals.set("UpdateTable", [refusal]);
      await provider.create(inputs);
      expect(tableNow()?.Replicas).to.have.length(1);
      expect(called("UpdateTable")).to.equal(2);
    });

  it("is updated and removed after such an error too", async () => {
    const { outs } = await provider.create(inputs);
    plane.refusals.set("UpdateTable", [IN_USE]);
    const news = { ...inputs, replicaKmsKeyArn: `${KEY}2` };
    await provider.update?.(ID, outs as ReplicaState, news);
    expect(tableNow()?.Replicas[0]?.KMSMasterKeyId).to.equal(`${KEY}2`);
    plane.refusals.set("UpdateTable", [IN_USE]);
    await provider.delete?.(ID, state);
    expect(tableNow()?.Replicas).to.deep.equal([]);
  });

  for (const refusal of [DENIED, { name: "LimitExceededException", message: "Too many replicas" }])
    it(`is not asked for again after ${refusal.name}: ${refusal.message}, and nothing is kept`, async () => {
      plane.refusals.set("UpdateTable", [refusal]);
      const error = await failed(provider.create(inputs));
      expect(error.name).to.equal(refusal.name);
      expect(error).not.to.have.property("id");
      expect(called("UpdateTable")).to.equal(1);
    });

  it("is made once if the table was changing when the call was sent, and the replica was made meanwhile", async () => {
    plane.refusals.set("UpdateTable", [IN_USE]);
    const making = provider.create(inputs);
    while (called("UpdateTable") === 0) await new Promise((resume) => setTimeout(resume, 10));
    tableNow()?.Replicas.push({ RegionName: "eu-west-1", ReplicaStatus: "ACTIVE", KMSMasterKeyId: KEY });
    await making;
    expect(called("UpdateTable")).to.equal(1);
  });

  it("gets its recovery when the backups of the new table are there", async () => {
    plane.refusals.set("UpdateContinuousBackups", [
      { name: "ContinuousBackupsUnavailableException", message: "Backups are being enabled for the table" },
      IN_USE,
    ]);
    await provider.create(inputs);
    expect(tableNow()?.recovery).to.deep.equal({ "eu-west-1": true });
  });

  it("is done when recovery is described as on, not when it was asked for", async () => {
    plane.recoveryLags = true;
    await provider.create(inputs);
    expect(called("DescribeContinuousBackups")).to.equal(2);
  });

  it("is kept if its recovery cannot be set, so that destroying removes it", async () => {
    plane.refusals.set("UpdateContinuousBackups", [DENIED]);
    const error = await failed(provider.create({ ...inputs, __provider: "code" } as ReplicaInputs));
    expect(error.id).to.equal(ID);
    expect(error.properties).to.deep.equal({
      ...inputs,
      __provider: "code",
      replicaArn: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/trades-dev`,
      replicaStatus: "ACTIVE",
      replicaStreamArn: streamArn("eu-west-1", "trades-dev"),
    });
    expect(error.reasons).to.deep.equal([`${ID}: AccessDeniedException: Not allowed`]);
    await provider.delete?.(ID, error.properties as ReplicaState);
    expect(tableNow()?.Replicas).to.deep.equal([]);
  });

  it("keeps the tags that an update could not take away, and the next one does", async () => {
    const { outs } = await provider.create({ ...inputs, tags: { Old: "yes" } });
    plane.refusals.set("UntagResource", [DENIED]);
    const error = await failed(provider.update?.(ID, outs as ReplicaState, inputs));
    expect(error.properties?.tags).to.deep.equal({ Old: "yes", Environment: "dev" });
    await provider.update?.(ID, error.properties as ReplicaState, inputs);
    expect(tableNow()?.tags["eu-west-1"]).to.deep.equal({ Environment: "dev" });
  });

  it("is made again by an update that finds it gone", async () => {
    await provider.update?.(ID, state, inputs);
    expect(tableNow()?.Replicas).to.have.length(1);
  });

  it("is kept by Pulumi's own process, which removes it again from what it kept", async () => {
    const evaluation = await evaluatedStack("dev");
    const [replica] = ofType(evaluation, "pulumi-nodejs:dynamic/trade-processing:TableReplica");
    const code = String(replica?.inputs.__provider);
    plane.refusals.set("UpdateContinuousBackups", [DENIED]);
    const pulumi = await createThroughPulumi({ ...inputs, __provider: code });
    try {
      expect(pulumi.kept?.id).to.equal(ID);
      expect(pulumi.kept?.reasons).to.deep.equal([`${ID}: AccessDeniedException: Not allowed`]);
      expect(tableNow()?.Replicas).to.have.length(1);
      await pulumi.deleteKept();
      expect(tableNow()?.Replicas).to.deep.equal([]);
    } finally {
      pulumi.stop();
    }
  });
});
