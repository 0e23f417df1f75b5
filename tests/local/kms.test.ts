import { expect } from "chai";
import fc from "fast-check";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createKms, type KmsService } from "../../local/cloud/kms/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import { DEPLOYER } from "../../local/providers/resource-type.ts";
import { refusal } from "./endpoint-support.ts";

const DAY = 86_400_000;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const policyFor = (AWS: string, Action = "kms:*") =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS }, Action, Resource: "*" }],
  });

// Expectations: AWS KMS API Reference; AWS KMS Developer Guide, "Key states of AWS KMS keys".
describe("the local KMS", () => {
  let clock: DrivenClock;
  let cloud: Cloud;
  let kms: KmsService;
  let KeyId: string;
  let arn: string;
  const call = (operation: string, input: Json = {}, region = "us-east-1") =>
    cloud.call({ service: "kms", operation, region, principal: DEPLOYER }, input);
  const failure = async (operation: string, input: Json, region?: string) =>
    (await refusal(call(operation, input, region))).name;
  const state = async () => ((await call("DescribeKey", { KeyId })).KeyMetadata as Json).KeyState;
  const encrypt = async (input: Json = {}) =>
    String((await call("Encrypt", { KeyId, Plaintext: base64("secret"), ...input })).CiphertextBlob);

  beforeEach(async () => {
    clock = new DrivenClock();
    cloud = new Cloud({ clock });
    kms = cloud.add(createKms);
    const { KeyMetadata } = await call("CreateKey", {
      Description: "Trades",
      Tags: [{ TagKey: "a", TagValue: "b" }],
    });
    ({ KeyId, Arn: arn } = KeyMetadata as { KeyId: string; Arn: string });
  });

  it("makes enabled symmetric keys in a region, whose account decides about them", async () => {
    const { KeyMetadata } = await call("DescribeKey", { KeyId });
    expect(KeyMetadata).to.include({
      AWSAccountId: "000000000000",
      Arn: `arn:aws:kms:us-east-1:000000000000:key/${KeyId}`,
      Description: "Trades",
      Enabled: true,
      KeyState: "Enabled",
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyUsage: "ENCRYPT_DECRYPT",
      CreationDate: Date.UTC(2026, 0, 5, 14, 30) / 1000,
    });
    expect(KeyId).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await failure("DescribeKey", { KeyId }, "eu-west-1")).to.equal("NotFoundException");
    expect((await call("ListKeys")).Keys).to.deep.equal([{ KeyId, KeyArn: arn }]);
    expect((await call("ListResourceTags", { KeyId })).Tags).to.deep.equal([{ TagKey: "a", TagValue: "b" }]);
    const { Policy } = await call("GetKeyPolicy", { KeyId });
    expect(JSON.parse(String(Policy)).Statement[0]).to.include({
      Effect: "Allow",
      Action: "kms:*",
      Resource: "*",
    });
    expect(kms.resourcePolicy(arn)).to.equal(Policy);
  });

  it("decrypts what it encrypted, without being told the key", async () => {
    const CiphertextBlob = await encrypt();
    expect(Buffer.from(CiphertextBlob, "base64").includes("secret")).to.equal(false);
    const decrypted = await call("Decrypt", { CiphertextBlob });
    expect(decrypted).to.deep.equal({
      Plaintext: base64("secret"),
      KeyId: arn,
      EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
    });
    expect(await encrypt()).to.not.equal(CiphertextBlob);
    expect(kms.keyArn("us-east-1", CiphertextBlob)).to.equal(arn);
  });

  it("binds a ciphertext to its encryption context, in any order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 4 }),
        async (context) => {
          const CiphertextBlob = await encrypt({ EncryptionContext: context });
          const reversed = Object.fromEntries(Object.entries(context).reverse());
          const { Plaintext } = await call("Decrypt", { CiphertextBlob, EncryptionContext: reversed });
          expect(Plaintext).to.equal(base64("secret"));
          const other = { ...context, another: "pair" };
          expect(await failure("Decrypt", { CiphertextBlob, EncryptionContext: other })).to.equal(
            "InvalidCiphertextException",
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuses a ciphertext that was changed, is of another region or is none", async () => {
    const content = Buffer.from(await encrypt(), "base64");
    for (const position of [0, 5, 40, 60, content.length - 1]) {
      const changed = Buffer.from(content);
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(
        await failure("Decrypt", { CiphertextBlob: changed.toString("base64") }),
        String(position),
      ).to.equal("InvalidCiphertextException");
    }
    const CiphertextBlob = content.toString("base64");
    expect(await failure("Decrypt", { CiphertextBlob }, "eu-west-1")).to.equal("InvalidCiphertextException");
    expect(await failure("Decrypt", { CiphertextBlob: base64("nonsense") })).to.equal(
      "InvalidCiphertextException",
    );
    const other = (await call("CreateKey")).KeyMetadata as Json;
    expect(await failure("Decrypt", { CiphertextBlob, KeyId: other.KeyId })).to.equal(
      "IncorrectKeyException",
    );
  });

  it("encrypts 1 to 4,096 bytes", async () => {
    await encrypt({ Plaintext: Buffer.alloc(4_096).toString("base64") });
    expect(await failure("Encrypt", { KeyId, Plaintext: Buffer.alloc(4_097).toString("base64") })).to.equal(
      "ValidationException",
    );
    expect(await failure("Encrypt", { KeyId, Plaintext: "" })).to.equal("ValidationException");
  });

  it("generates data keys, in the clear and encrypted", async () => {
    const made = await call("GenerateDataKey", { KeyId, KeySpec: "AES_256", EncryptionContext: { a: "b" } });
    expect(Buffer.from(String(made.Plaintext), "base64")).to.have.length(32);
    const { CiphertextBlob } = made;
    const { Plaintext } = await call("Decrypt", { CiphertextBlob, EncryptionContext: { a: "b" } });
    expect(Plaintext).to.equal(made.Plaintext);
    const short = await call("GenerateDataKey", { KeyId, NumberOfBytes: 10 });
    expect(Buffer.from(String(short.Plaintext), "base64")).to.have.length(10);
    expect(await failure("GenerateDataKey", { KeyId })).to.equal("ValidationException");
    expect(await failure("GenerateDataKey", { KeyId, KeySpec: "AES_128", NumberOfBytes: 1 })).to.equal(
      "ValidationException",
    );
  });

  it("lets aliases name keys for use, but not for their administration", async () => {
    const alias = { AliasName: "alias/trades", TargetKeyId: KeyId };
    await call("CreateAlias", alias);
    expect((await call("ListAliases", { KeyId })).Aliases).to.deep.equal([
      {
        AliasName: "alias/trades",
        AliasArn: "arn:aws:kms:us-east-1:000000000000:alias/trades",
        TargetKeyId: KeyId,
      },
    ]);
    for (const name of ["alias/trades", "arn:aws:kms:us-east-1:000000000000:alias/trades", arn]) {
      const { KeyId: used } = await call("Encrypt", { KeyId: name, Plaintext: base64("secret") });
      expect(used, name).to.equal(arn);
      expect(kms.keyArn("us-east-1", name), name).to.equal(arn);
    }
    expect(await failure("DisableKey", { KeyId: "alias/trades" })).to.equal("NotFoundException");
    expect(await failure("CreateAlias", alias)).to.equal("AlreadyExistsException");
    for (const AliasName of ["trades", "alias/aws/sqs", "alias/a b"])
      expect(await failure("CreateAlias", { ...alias, AliasName })).to.equal("InvalidAliasNameException");
    await call("DeleteAlias", { AliasName: "alias/trades" });
    expect(await failure("DeleteAlias", { AliasName: "alias/trades" })).to.equal("NotFoundException");
    expect(await failure("Encrypt", { KeyId: "alias/trades", Plaintext: base64("x") })).to.equal(
      "NotFoundException",
    );
  });

  it("uses no disabled key, and uses it again once it is enabled", async () => {
    const CiphertextBlob = await encrypt();
    await call("DisableKey", { KeyId });
    expect(await state()).to.equal("Disabled");
    expect(await failure("Encrypt", { KeyId, Plaintext: base64("x") })).to.equal("DisabledException");
    expect(await failure("Decrypt", { CiphertextBlob })).to.equal("DisabledException");
    expect(await failure("GenerateDataKey", { KeyId, KeySpec: "AES_256" })).to.equal("DisabledException");
    expect(await failure("EnableKeyRotation", { KeyId })).to.equal("DisabledException");
    await call("EnableKey", { KeyId });
    expect((await call("Decrypt", { CiphertextBlob })).Plaintext).to.equal(base64("secret"));
  });

  it("deletes a key when its waiting period is over, unless that is cancelled", async () => {
    await call("CreateAlias", { AliasName: "alias/trades", TargetKeyId: KeyId });
    const CiphertextBlob = await encrypt();
    expect(await failure("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 6 })).to.equal(
      "ValidationException",
    );
    const scheduled = await call("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
    expect(scheduled).to.deep.equal({
      KeyId: arn,
      DeletionDate: Date.UTC(2026, 0, 12, 14, 30) / 1000,
      KeyState: "PendingDeletion",
      PendingWindowInDays: 7,
    });
    for (const operation of ["EnableKey", "DisableKey", "EnableKeyRotation", "ScheduleKeyDeletion"])
      expect(await failure(operation, { KeyId }), operation).to.equal("KMSInvalidStateException");
    expect(await failure("Decrypt", { CiphertextBlob })).to.equal("KMSInvalidStateException");
    await call("CancelKeyDeletion", { KeyId });
    expect(await state()).to.equal("Disabled");
    expect(await failure("CancelKeyDeletion", { KeyId })).to.equal("KMSInvalidStateException");

    await call("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
    await clock.advance(7 * DAY - 1);
    expect(await state()).to.equal("PendingDeletion");
    await clock.advance(1);
    expect(await failure("DescribeKey", { KeyId })).to.equal("NotFoundException");
    expect((await call("ListAliases")).Aliases).to.deep.equal([]);
    expect(kms.resourcePolicy(arn)).to.equal(undefined);
  });

  it("keeps rotation as a setting", async () => {
    expect((await call("GetKeyRotationStatus", { KeyId })).KeyRotationEnabled).to.equal(false);
    await call("EnableKeyRotation", { KeyId });
    expect(await call("GetKeyRotationStatus", { KeyId })).to.deep.equal({
      KeyId: arn,
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
    });
  });

  it("takes a new key policy, unless it is malformed or locks out who puts it", async () => {
    const Policy = policyFor(DEPLOYER);
    await call("PutKeyPolicy", { KeyId, Policy, PolicyName: "default" });
    expect(kms.resourcePolicy(arn)).to.equal(Policy);
    for (const refused of [
      "{}",
      policyFor("arn:aws:iam::000000000000:role/other"),
      policyFor(DEPLOYER, "kms:Decrypt"),
    ])
      expect(await failure("PutKeyPolicy", { KeyId, Policy: refused })).to.equal(
        "MalformedPolicyDocumentException",
      );
    expect(await failure("CreateKey", { Policy: policyFor(DEPLOYER, "kms:Decrypt") })).to.equal(
      "MalformedPolicyDocumentException",
    );
    expect((await call("ListKeys")).Keys).to.have.length(1);
    expect(kms.resourcePolicy(arn)).to.equal(Policy);
  });

  it("refuses keys of kinds that it does not have", async () => {
    for (const input of [{ KeySpec: "RSA_2048" }, { KeyUsage: "SIGN_VERIFY" }, { MultiRegion: true }])
      expect(await failure("CreateKey", input)).to.equal("ValidationException");
  });
});
