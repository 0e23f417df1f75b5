import { expect } from "chai";
import type { ReplicaInputs, ReplicaState } from "../../components/replication/replica-inputs.ts";
import { replicaProvider } from "../../components/replication/replica-provider.ts";

const inputs: ReplicaInputs = {
  table: "trades-dev",
  region: "eu-west-1",
  homeRegion: "us-east-1",
  accountId: "111122223333",
  replicaKmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1",
  pointInTimeRecovery: true,
  tags: {},
  providerVersion: "1",
};
const state: ReplicaState = { ...inputs, replicaArn: "", replicaStreamArn: "", replicaStatus: "ACTIVE" };

describe("a change of a replica's inputs", () => {
  for (const [input, value] of [
    ["table", "other"],
    ["region", "us-west-2"],
    ["homeRegion", "us-east-2"],
    ["accountId", "444455556666"],
  ] as const)
    it(`makes another replica for another ${input}, once the former is gone`, async () => {
      const diff = await replicaProvider.diff?.("", state, { ...inputs, [input]: value });
      // A table takes one change at a time, and another replica of the same id would be taken for the former.
      expect(diff).to.include({ changes: true, deleteBeforeReplace: true });
      expect(diff?.replaces).to.deep.equal([input]);
    });

  for (const [input, value] of [
    ["replicaKmsKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/2"],
    ["pointInTimeRecovery", false],
    ["tags", { Environment: "dev" }],
    ["roleArn", "arn:aws:iam::111122223333:role/deployer"],
    ["providerVersion", "2"],
  ] as const)
    it(`is taken on in place for another ${input}`, async () => {
      const diff = await replicaProvider.diff?.("", state, { ...inputs, [input]: value });
      expect(diff).to.deep.include({ changes: true, replaces: [] });
    });
});
