import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { createSts } from "../../local/cloud/sts/service.ts";
import { clientSettings, refusal, serve } from "./endpoint-support.ts";

// Expectations: AWS Security Token Service API Reference. The protocol is AWS query with XML answers.
describe("the local STS over the wire", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  let sts: STSClient;
  const role = "arn:aws:iam::000000000000:role/compliance-recorder-role";

  before(async () => {
    served = await serve([createSts]);
    sts = new STSClient(clientSettings(served.endpoint));
  });
  after(async () => {
    sts.destroy();
    await served.close();
  });

  it("tells a caller with an unknown key that it is the account's root", async () => {
    const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand({}));
    expect({ Account, Arn, UserId }).to.deep.equal({
      Account: "000000000000",
      Arn: "arn:aws:iam::000000000000:root",
      UserId: "000000000000",
    });
  });

  it("gives credentials of a role, with which the caller is the role", async () => {
    const { Credentials, AssumedRoleUser } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "night-shift", DurationSeconds: 900 }),
    );
    expect(AssumedRoleUser?.Arn).to.equal(
      "arn:aws:sts::000000000000:assumed-role/compliance-recorder-role/night-shift",
    );
    expect(Credentials?.Expiration?.getTime()).to.be.closeTo(Date.now() + 900_000, 60_000);
    const asRole = new STSClient({
      ...clientSettings(served.endpoint),
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      },
    });
    expect((await asRole.send(new GetCallerIdentityCommand({}))).Arn).to.equal(role);
    asRole.destroy();
  });

  it("refuses what is no role, in the protocol's own error shape", async () => {
    const error = await refusal(
      sts.send(
        new AssumeRoleCommand({
          RoleArn: "arn:aws:iam::000000000000:user/<someone>",
          RoleSessionName: "session",
        }),
      ),
    );
    expect(error.name).to.equal("ValidationError");
    expect(error.message).to.equal("arn:aws:iam::000000000000:user/<someone> is invalid");
    expect(error.$fault).to.equal("client");
  });
});
