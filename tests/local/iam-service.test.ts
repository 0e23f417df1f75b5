import { expect } from "chai";
import { Cloud, OPERATOR } from "../../local/cloud/cloud.ts";
import { decide } from "../../local/cloud/iam/evaluate.ts";
import { createIam, type IamService } from "../../local/cloud/iam/service.ts";
import { createKms } from "../../local/cloud/kms/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import type { Properties } from "../../local/program/wire.ts";
import { createResourceProvider } from "../../local/providers/resource-provider.ts";
import { DEPLOYER } from "../../local/providers/resource-type.ts";
import { refusal, serve } from "./endpoint-support.ts";

const ROLE = "arn:aws:iam::000000000000:role/recorder";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";

const document = (Action: string, Resource = "*") =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] });

// Expectations: AWS Identity and Access Management API Reference.
describe("the local IAM", () => {
  let cloud: Cloud;
  let iam: IamService;
  const call = (operation: string, input: Json = {}, region = "us-east-1") =>
    cloud.call({ service: "iam", operation, region, principal: DEPLOYER }, input);
  const failure = async (operation: string, input: Json) => {
    const { name, status } = await refusal(call(operation, input));
    return `${name} ${status}`;
  };
  const create = (RoleName = "recorder") => call("CreateRole", { RoleName, AssumeRolePolicyDocument: TRUST });
  const isAllowed = (principal: string, action: string) =>
    decide(
      { principal, action, resource: "arn:aws:sqs:us-east-1:000000000000:q", context: {} },
      { identity: iam.policiesOf(principal) },
    ).isAllowed;

  beforeEach(() => {
    cloud = new Cloud();
    iam = cloud.add(createIam);
  });

  it("refuses conditions that no request could meet, rather than ignore a Deny with one", async () => {
    await create();
    const policy = (Condition: Json) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Deny", Action: "*", Resource: "*", Condition }],
      });
    const put = (Condition: Json) => ({
      ...{ RoleName: "recorder", PolicyName: "p", PolicyDocument: policy(Condition) },
    });
    expect(
      await failure("PutRolePolicy", put({ StringEquals: { "aws:PrincipalTag/team": "trades" } })),
    ).to.equal("MalformedPolicyDocument 400");
    await call("PutRolePolicy", put({ StringNotEquals: { "AWS:requestedregion": "us-east-1" } }));
    await call("PutRolePolicy", put({ StringLike: { "kms:EncryptionContext:aws:sqs:arn": "*" } }));
  });

  it("makes a role that is the same in every region, with its trust policy URL-encoded", async () => {
    const { Role: made } = await call("CreateRole", {
      RoleName: "recorder",
      AssumeRolePolicyDocument: TRUST,
      Path: "/trades/",
      Description: "Records",
      Tags: [{ Key: "stage", Value: "dev" }],
    });
    const { Role: found } = await call("GetRole", { RoleName: "recorder" }, "eu-west-1");
    expect(found).to.deep.equal(made);
    const role = found as Json;
    expect(role.Arn).to.equal("arn:aws:iam::000000000000:role/trades/recorder");
    expect(role.RoleId).to.match(/^AROA[0-9A-Z]{17}$/);
    expect(role.AssumeRolePolicyDocument).to.match(/^%7B%22Version%22%3A%222012-10-17%22/);
    expect(decodeURIComponent(String(role.AssumeRolePolicyDocument))).to.equal(TRUST);
    expect(role.Tags).to.deep.equal([{ Key: "stage", Value: "dev" }]);
  });

  it("gives a role's inline and attached policies to whoever decides, until they are taken away", async () => {
    await create();
    expect(isAllowed(ROLE, "sqs:SendMessage")).to.equal(false);
    await call("PutRolePolicy", {
      RoleName: "recorder",
      PolicyName: "send",
      PolicyDocument: document("sqs:SendMessage"),
    });
    expect(isAllowed(ROLE, "sqs:SendMessage")).to.equal(true);
    expect(iam.policiesOf(ROLE).map(({ name }) => name)).to.deep.equal(["role recorder: send"]);
    await call("PutRolePolicy", {
      RoleName: "recorder",
      PolicyName: "send",
      PolicyDocument: document("sqs:ReceiveMessage"),
    });
    expect(isAllowed(ROLE, "sqs:SendMessage")).to.equal(false);
    await call("AttachRolePolicy", { RoleName: "recorder", PolicyArn: ADMINISTRATOR });
    expect(isAllowed(ROLE, "sqs:SendMessage")).to.equal(true);
    await call("DetachRolePolicy", { RoleName: "recorder", PolicyArn: ADMINISTRATOR });
    await call("DeleteRolePolicy", { RoleName: "recorder", PolicyName: "send" });
    expect(iam.policiesOf(ROLE)).to.deep.equal([]);
  });

  it("tells who may assume a role, as its policy and by name", async () => {
    await create();
    expect(iam.resourcePolicy(ROLE)).to.equal(TRUST);
    expect(iam.trustPolicyOf(ROLE)).to.deep.equal({ name: "trust policy of role recorder", document: TRUST });
    const other = TRUST.replace("lambda", "states");
    await call("UpdateAssumeRolePolicy", { RoleName: "recorder", PolicyDocument: other });
    expect(iam.resourcePolicy(ROLE)).to.equal(other);
    expect(iam.trustPolicyOf("arn:aws:iam::000000000000:role/nobody")).to.equal(undefined);
  });

  it("counts every change and nothing else", async () => {
    const versions = [iam.version];
    const changes: [string, Json][] = [
      ["CreateRole", { AssumeRolePolicyDocument: TRUST }],
      ["PutRolePolicy", { PolicyName: "p", PolicyDocument: document("sqs:*") }],
      ["AttachRolePolicy", { PolicyArn: ADMINISTRATOR }],
      ["UpdateAssumeRolePolicy", { PolicyDocument: TRUST }],
      ["DetachRolePolicy", { PolicyArn: ADMINISTRATOR }],
      ["DeleteRolePolicy", { PolicyName: "p" }],
      ["DeleteRole", {}],
    ];
    for (const [operation, input] of changes) {
      await call(operation, { RoleName: "recorder", ...input });
      versions.push(iam.version);
    }
    for (let index = 1; index < versions.length; index += 1)
      expect(versions[index], changes[index - 1]?.[0]).to.be.above(versions[index - 1] ?? 0);
    await call("ListRoles");
    await refusal(call("GetRole", { RoleName: "recorder" }));
    expect(iam.version).to.equal(versions.at(-1));
  });

  it("lets the account's root, the deployer and the operator do everything from the start", () => {
    for (const principal of ["arn:aws:iam::000000000000:root", DEPLOYER, OPERATOR])
      expect(isAllowed(principal, "sqs:DeleteQueue"), principal).to.equal(true);
    expect(isAllowed("arn:aws:iam::000000000000:role/nobody", "sqs:DeleteQueue")).to.equal(false);
  });

  it("lists roles, policies and attachments, page by page", async () => {
    for (const name of ["a", "b", "c"]) await create(name);
    const first = await call("ListRoles", { MaxItems: "2" });
    expect((first.Roles as Json[]).length).to.equal(2);
    expect(first.IsTruncated).to.equal(true);
    const rest = await call("ListRoles", { Marker: first.Marker as string });
    expect((rest.Roles as Json[]).map(({ RoleName }) => RoleName)).to.deep.equal(["a", "b", "c"]);
    expect(rest.IsTruncated).to.equal(false);
    await call("PutRolePolicy", { RoleName: "a", PolicyName: "p", PolicyDocument: document("sqs:*") });
    await call("AttachRolePolicy", { RoleName: "a", PolicyArn: ADMINISTRATOR });
    expect((await call("ListRolePolicies", { RoleName: "a" })).PolicyNames).to.deep.equal(["p"]);
    expect((await call("ListAttachedRolePolicies", { RoleName: "a" })).AttachedPolicies).to.deep.equal([
      { PolicyName: "AdministratorAccess", PolicyArn: ADMINISTRATOR },
    ]);
    const { PolicyDocument } = await call("GetRolePolicy", { RoleName: "a", PolicyName: "p" });
    expect(PolicyDocument).to.match(/%22sqs%3A%2A%22/);
  });

  it("refuses what does not exist, exists already or is still in use, as IAM does", async () => {
    await create();
    expect(await failure("CreateRole", { RoleName: "recorder", AssumeRolePolicyDocument: TRUST })).to.equal(
      "EntityAlreadyExists 409",
    );
    expect(await failure("GetRole", { RoleName: "nobody" })).to.equal("NoSuchEntity 404");
    expect(await failure("GetRolePolicy", { RoleName: "recorder", PolicyName: "p" })).to.equal(
      "NoSuchEntity 404",
    );
    const unknown = { RoleName: "recorder", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" };
    expect(await failure("AttachRolePolicy", unknown)).to.equal("NoSuchEntity 404");
    expect(await failure("DetachRolePolicy", unknown)).to.equal("NoSuchEntity 404");
    await call("AttachRolePolicy", { RoleName: "recorder", PolicyArn: ADMINISTRATOR });
    expect(await failure("DeleteRole", { RoleName: "recorder" })).to.equal("DeleteConflict 409");
    await call("DetachRolePolicy", { RoleName: "recorder", PolicyArn: ADMINISTRATOR });
    await call("PutRolePolicy", { RoleName: "recorder", PolicyName: "p", PolicyDocument: document("sqs:*") });
    expect(await failure("DeleteRole", { RoleName: "recorder" })).to.equal("DeleteConflict 409");
    await call("DeleteRolePolicy", { RoleName: "recorder", PolicyName: "p" });
    await call("DeleteRole", { RoleName: "recorder" });
    expect(iam.resourcePolicy(ROLE)).to.equal(undefined);
  });

  it("refuses policies and members that it does not understand, and changes nothing", async () => {
    await create();
    const put = { RoleName: "recorder", PolicyName: "p" };
    expect(await failure("PutRolePolicy", { ...put, PolicyDocument: "{}" })).to.equal(
      "MalformedPolicyDocument 400",
    );
    expect(await failure("PutRolePolicy", { ...put, PolicyDocument: TRUST })).to.equal(
      "MalformedPolicyDocument 400",
    );
    const identity = document("sts:AssumeRole");
    expect(
      await failure("UpdateAssumeRolePolicy", { RoleName: "recorder", PolicyDocument: identity }),
    ).to.equal("MalformedPolicyDocument 400");
    const bounded = {
      RoleName: "other",
      AssumeRolePolicyDocument: TRUST,
      PermissionsBoundary: ADMINISTRATOR,
    };
    expect((await refusal(call("CreateRole", bounded))).message).to.match(/PermissionsBoundary/);
    expect(iam.policiesOf(ROLE)).to.deep.equal([]);
    expect(iam.resourcePolicy(ROLE)).to.equal(TRUST);
  });

  // "IAM and AWS STS quotas": 10,240 characters of inline policies a role, 2,048 of a trust policy, without white space.
  it("holds the sizes that policies may have", async () => {
    await create();
    const sized = (characters: number) => {
      const resource = "arn:aws:sqs:us-east-1:000000000000:";
      return document("sqs:*", resource + "q".repeat(characters - document("sqs:*", resource).length));
    };
    const put = (PolicyName: string, PolicyDocument: string) => ({
      RoleName: "recorder",
      PolicyName,
      PolicyDocument,
    });
    await call("PutRolePolicy", put("one", `${sized(5_120)}     \n`));
    await call("PutRolePolicy", put("two", sized(5_120)));
    await call("PutRolePolicy", put("two", sized(5_120)));
    expect(await failure("PutRolePolicy", put("two", sized(5_121)))).to.equal("LimitExceeded 409");
    const trust = TRUST.replace("lambda.", `${"x".repeat(2_048 - TRUST.length)}lambda.`);
    await call("UpdateAssumeRolePolicy", { RoleName: "recorder", PolicyDocument: trust });
    const longer = { RoleName: "recorder", PolicyDocument: trust.replace("xlambda", "xxlambda") };
    expect(await failure("UpdateAssumeRolePolicy", longer)).to.equal("LimitExceeded 409");
  });

  it("simulates what a role's own policies say", async () => {
    await create();
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "kms:*", Resource: "*" },
        {
          Effect: "Deny",
          Action: "kms:Decrypt",
          Resource: "*",
          Condition: { StringNotEquals: { "kms:ViaService": "sqs.us-east-1.amazonaws.com" } },
        },
      ],
    });
    await call("PutRolePolicy", { RoleName: "recorder", PolicyName: "key", PolicyDocument });
    const simulate = async (input: Json) => {
      const { EvaluationResults } = await call("SimulatePrincipalPolicy", {
        PolicySourceArn: ROLE,
        ...input,
      });
      return (EvaluationResults as Json[]).map(({ EvalActionName, EvalResourceName, EvalDecision }) =>
        [EvalActionName, EvalResourceName, EvalDecision].join(" "),
      );
    };
    expect(await simulate({ ActionNames: ["kms:Encrypt", "kms:Decrypt", "sqs:SendMessage"] })).to.deep.equal([
      "kms:Encrypt * allowed",
      "kms:Decrypt * explicitDeny",
      "sqs:SendMessage * implicitDeny",
    ]);
    const ContextEntries = [
      {
        ContextKeyName: "kms:ViaService",
        ContextKeyValues: ["sqs.us-east-1.amazonaws.com"],
        ContextKeyType: "string",
      },
    ];
    const ResourceArns = ["arn:aws:kms:us-east-1:000000000000:key/1"];
    expect(await simulate({ ActionNames: ["kms:Decrypt"], ResourceArns, ContextEntries })).to.deep.equal([
      "kms:Decrypt arn:aws:kms:us-east-1:000000000000:key/1 allowed",
    ]);
  });

  it("has the roles, policies, keys and aliases that a deployment makes", async () => {
    const kms = cloud.add(createKms);
    const provider = createResourceProvider({ call: cloud.surroundings.call, pushImage: async () => {} });
    const make = (type: string, inputs: Properties) =>
      provider.create({
        ...{ urn: `urn:pulumi:test::p::${type}::n`, type, name: "n", inputs },
        ...{ region: "eu-west-1", account: "000000000000" },
      });
    const role = await make("aws:iam/role:Role", { name: "recorder", assumeRolePolicy: TRUST });
    expect(role.outputs.arn).to.equal(ROLE);
    expect(iam.resourcePolicy(ROLE)).to.equal(TRUST);
    await make("aws:iam/rolePolicy:RolePolicy", { role: "recorder", name: "p", policy: document("sqs:*") });
    const policyArn = ADMINISTRATOR;
    await make("aws:iam/rolePolicyAttachment:RolePolicyAttachment", { role: "recorder", policyArn });
    expect(iam.policiesOf(ROLE).map(({ name }) => name)).to.deep.equal([
      "role recorder: p",
      "AdministratorAccess",
    ]);
    const key = await make("aws:kms/key:Key", { description: "Trades", enableKeyRotation: true });
    await make("aws:kms/alias:Alias", { name: "alias/trades", targetKeyId: key.id });
    expect(key.outputs).to.include({ keyId: key.id, arn: kms.keyArn("eu-west-1", "alias/trades") });
    const from = { region: "eu-west-1", principal: DEPLOYER };
    const status = await cloud.surroundings.call("kms", "GetKeyRotationStatus", { KeyId: key.id }, from);
    expect(status.KeyRotationEnabled).to.equal(true);
    const bounded = { name: "b", assumeRolePolicy: TRUST, permissionsBoundary: ADMINISTRATOR };
    expect((await refusal(make("aws:iam/role:Role", bounded))).message).to.match(/PermissionsBoundary/);
  });

  it("speaks the query protocol over the wire", async () => {
    const served = await serve([createIam]);
    const post = async (form: Record<string, string>) => {
      const response = await fetch(served.endpoint.url, {
        method: "POST",
        headers: {
          authorization: "AWS4-HMAC-SHA256 Credential=KEY/20260105/us-east-1/iam/aws4_request, Signature=0",
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams({ Version: "2010-05-08", ...form }),
      });
      return { status: response.status, body: await response.text() };
    };
    const made = await post({
      Action: "CreateRole",
      RoleName: "recorder",
      AssumeRolePolicyDocument: TRUST,
      "Tags.member.1.Key": "stage",
      "Tags.member.1.Value": "dev",
    });
    expect(made.status).to.equal(200);
    expect(made.body).to.match(
      /<CreateRoleResult><Role>.*<Arn>arn:aws:iam::000000000000:role\/recorder<\/Arn>/,
    );
    expect(made.body).to.match(/<Tags><member><Key>stage<\/Key><Value>dev<\/Value><\/member><\/Tags>/);
    const missing = await post({ Action: "GetRole", RoleName: "nobody" });
    expect(missing.status).to.equal(404);
    expect(missing.body).to.match(/<Type>Sender<\/Type><Code>NoSuchEntity<\/Code>/);
    await served.close();
  });
});
