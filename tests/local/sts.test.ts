import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import type { Call } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { createSts } from "../../local/cloud/sts/service.ts";
import {
  endSessions,
  functionCredentials,
  functionSession,
  issueCredentials,
  type Session,
} from "../../local/cloud/sts/sessions.ts";
import { clientSettings, refusal, serve } from "./endpoint-support.ts";

// Expectations: AWS Security Token Service API Reference. The protocol is AWS query with XML answers.
describe("the local STS over the wire", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  let sts: STSClient;
  let clock: DrivenClock;
  const role = "arn:aws:iam::000000000000:role/compliance-recorder-role";

  before(async () => {
    clock = new DrivenClock();
    served = await serve([createSts, createSqs], { clock });
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
    expect(Credentials?.Expiration?.getTime()).to.equal(clock.now() + 900_000);
    const asRole = new STSClient({
      ...clientSettings(served.endpoint),
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      },
    });
    const identity = await asRole.send(new GetCallerIdentityCommand({}));
    expect(identity.Arn).to.equal(AssumedRoleUser?.Arn);
    expect(identity.UserId)
      .to.match(/^AROA[0-9A-Z]{17}:night-shift$/)
      .and.to.equal(AssumedRoleUser?.AssumedRoleId);
    asRole.destroy();
  });

  // "Common errors" of the APIs: ExpiredToken in the query protocol, ExpiredTokenException in JSON.
  it("answers credentials that have expired, until then not", async () => {
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "night-shift", DurationSeconds: 900 }),
    );
    const settings = clientSettings(served.endpoint, "us-east-1", Credentials?.AccessKeyId ?? "");
    const [asRole, queues] = [new STSClient(settings), new SQSClient(settings)];
    clock.skip(899_999);
    await asRole.send(new GetCallerIdentityCommand({}));
    await queues.send(new ListQueuesCommand({}));
    clock.skip(1);
    const expired = await refusal(asRole.send(new GetCallerIdentityCommand({})));
    expect(expired.name).to.equal("ExpiredToken");
    expect(expired.message).to.equal("The security token included in the request is expired");
    expect((await refusal(queues.send(new ListQueuesCommand({})))).name).to.equal("ExpiredTokenException");
    asRole.destroy();
    queues.destroy();
  });

  it("knows no temporary credentials that it has not given, rather than take them for root's", async () => {
    // IAM User Guide and the APIs' "Common errors": InvalidClientTokenId, in JSON UnrecognizedClientException.
    const settings = clientSettings(served.endpoint, "us-east-1", "ASIA0000000000000000");
    const [stranger, queues] = [new STSClient(settings), new SQSClient(settings)];
    const unknown = await refusal(stranger.send(new GetCallerIdentityCommand({})));
    expect(unknown.name).to.equal("InvalidClientTokenId");
    const inJson = await refusal(queues.send(new ListQueuesCommand({})));
    expect(inJson.name).to.equal("UnrecognizedClientException");
    stranger.destroy();
    queues.destroy();
  });

  it("keeps expired sessions for half a day, and no longer", async () => {
    const assume = () =>
      sts.send(
        new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "night-shift", DurationSeconds: 900 }),
      );
    const { sessions } = served.endpoint;
    const { Credentials } = await assume();
    clock.skip(900_000 + 43_200_000 - 1);
    await assume();
    expect(sessions.has(Credentials?.AccessKeyId ?? "")).to.equal(true);
    clock.skip(1);
    await assume();
    expect(sessions.has(Credentials?.AccessKeyId ?? "")).to.equal(false);
  });

  it("gives all processes of a function the same credentials, until its role is deleted", () => {
    const sessions = new Map<string, Session>();
    const credentialsOf = functionCredentials(sessions);
    const ofFunction = (name: string) =>
      credentialsOf(role, `arn:aws:lambda:us-east-1:000000000000:function:${name}`);
    const first = ofFunction("one");
    expect(ofFunction("one")).to.deep.equal(first);
    expect(ofFunction("two").accessKeyId).not.to.equal(first.accessKeyId);
    expect(sessions.size).to.equal(2);
    endSessions(sessions, `${role}-other`);
    expect(sessions.size).to.equal(2);
    endSessions(sessions, role);
    expect(sessions.size).to.equal(0);
    expect(ofFunction("one").accessKeyId).not.to.equal(first.accessKeyId);
  });

  it("knows a function's own calls by the function's ARN, and names its session after the function", async () => {
    const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:recorder-dev";
    const { accessKeyId } = issueCredentials(
      served.endpoint.sessions,
      functionSession(role, `${functionArn}:3`),
    );
    const asFunction = new STSClient(clientSettings(served.endpoint, "us-east-1", accessKeyId));
    const calls: Call[] = [];
    served.cloud.authorize = (call) => calls.push(call);
    const { Arn } = await asFunction.send(new GetCallerIdentityCommand({}));
    served.cloud.authorize = () => {};
    asFunction.destroy();
    expect(Arn).to.equal("arn:aws:sts::000000000000:assumed-role/compliance-recorder-role/recorder-dev");
    expect(calls).to.deep.equal([
      {
        service: "sts",
        operation: "GetCallerIdentity",
        region: "us-east-1",
        principal: role,
        sessionName: "recorder-dev",
        sourceFunctionArn: functionArn,
      },
    ]);
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
