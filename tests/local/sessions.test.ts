import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { type LocalServices, startServices } from "../../local/services.ts";
import { clientSettings, refusal } from "./endpoint-support.ts";

const ROOT = "arn:aws:iam::000000000000:root";
const AUDITOR = "arn:aws:iam::000000000000:role/auditor";

describe("sessions of a role", () => {
  let directory: string;
  let services: LocalServices;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sessions-"));
    services = await startServices({ cacheDirectory: directory });
  });
  after(async () => {
    await services.close();
    await rm(directory, { recursive: true });
  });

  const iam = (operation: string, input: Record<string, unknown>) =>
    services.cloud.surroundings.call("iam", operation, input, { region: "us-east-1", principal: ROOT });
  const create = () =>
    iam("CreateRole", {
      RoleName: "auditor",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: ROOT }, Action: "sts:AssumeRole" }],
      }),
    });

  // IAM User Guide, "IAM identifiers": a role that is made again under a name is not the one that was deleted.
  it("end when it is deleted, also if a role of its name is made again", async () => {
    await create();
    const sts = new STSClient(clientSettings(services.endpoint));
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: AUDITOR, RoleSessionName: "audit" }),
    );
    const asAuditor = new STSClient(
      clientSettings(services.endpoint, "us-east-1", Credentials?.AccessKeyId ?? ""),
    );
    const { Arn } = await asAuditor.send(new GetCallerIdentityCommand({}));
    expect(Arn).to.equal("arn:aws:sts::000000000000:assumed-role/auditor/audit");
    await iam("DeleteRole", { RoleName: "auditor" });
    await create();
    const error = await refusal(asAuditor.send(new GetCallerIdentityCommand({})));
    expect(error.name).to.equal("InvalidClientTokenId");
    sts.destroy();
    asAuditor.destroy();
  });
});
