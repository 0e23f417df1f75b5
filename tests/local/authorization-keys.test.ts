import { expect } from "chai";
import {
  ACCOUNT,
  AS_WORKER,
  AuthorizationBench,
  allow,
  MESSAGE,
  policy,
  QUEUE_ARN,
  QUEUE_URL,
  REGION,
  ROOT,
} from "./authorization-support.ts";

const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/trades/source`;
const AS_RULE = { principal: "events.amazonaws.com", sourceArn: RULE };

describe("authorization of the use of keys", () => {
  let bench: AuthorizationBench;
  beforeEach(async () => {
    bench = new AuthorizationBench();
    await bench.role("lambda.amazonaws.com");
    await bench.queue();
  });

  const through = (service: string) => ({
    StringEquals: { "kms:ViaService": `${service}.${REGION}.amazonaws.com` },
  });
  const encrypted = async (...statements: Record<string, unknown>[]): Promise<string> => {
    const key = await bench.key(...statements);
    const Attributes = { KmsMasterKeyId: key };
    await bench.call("sqs", "SetQueueAttributes", { QueueUrl: QUEUE_URL, Attributes });
    return key;
  };

  it("asks who sends to an encrypted queue for GenerateDataKey and Decrypt through SQS", async () => {
    // SQS Developer Guide, "Key management": "Configuring AWS KMS permissions".
    const key = await encrypted();
    const actions = ["kms:GenerateDataKey", "kms:Decrypt"];
    for (const missing of actions) {
      const rest = actions.filter((action) => action !== missing);
      await bench.permit(allow("sqs:SendMessage", QUEUE_ARN), allow(rest, key));
      const { code, message, status } = await bench.refusal("sqs", "SendMessage", MESSAGE, AS_WORKER);
      expect({ code, status }).to.deep.equal({ code: "KmsAccessDenied", status: 400 });
      expect(message).to.include(`${missing} on resource: ${key}`);
    }
    await bench.permit(
      allow("sqs:SendMessage", QUEUE_ARN),
      allow(actions, key, { Condition: through("sqs") }),
    );
    await bench.call("sqs", "SendMessage", MESSAGE, AS_WORKER);
    await bench.permit(
      allow("sqs:SendMessage", QUEUE_ARN),
      allow(actions, key, { Condition: through("sns") }),
    );
    expect((await bench.refusal("sqs", "SendMessage", MESSAGE, AS_WORKER)).code).to.equal("KmsAccessDenied");
  });

  it("asks who receives from an encrypted queue for Decrypt alone", async () => {
    const key = await encrypted();
    const receive = { QueueUrl: QUEUE_URL };
    await bench.permit(allow("sqs:ReceiveMessage", QUEUE_ARN));
    expect((await bench.refusal("sqs", "ReceiveMessage", receive, AS_WORKER)).code).to.equal(
      "KmsAccessDenied",
    );
    const viaSqs = allow("kms:Decrypt", key, { Condition: through("sqs") });
    await bench.permit(allow("sqs:ReceiveMessage", QUEUE_ARN), viaSqs);
    await bench.call("sqs", "ReceiveMessage", receive, AS_WORKER);
  });

  it("does not let a role use a key by itself that it may use through SQS", async () => {
    const KeyId = await encrypted();
    const EncryptionContext = { "aws:sqs:arn": QUEUE_ARN };
    const input = { KeyId, EncryptionContext, Plaintext: Buffer.from("text").toString("base64") };
    const { CiphertextBlob } = await bench.call("kms", "Encrypt", input);
    const decrypt = { KeyId, EncryptionContext, CiphertextBlob };
    const viaSqs = allow("kms:Decrypt", KeyId, { Condition: through("sqs") });
    await bench.permit(allow("sqs:ReceiveMessage", QUEUE_ARN), viaSqs);
    await bench.call("sqs", "ReceiveMessage", { QueueUrl: QUEUE_URL }, AS_WORKER);
    expect((await bench.refusal("kms", "Decrypt", decrypt, AS_WORKER)).code).to.equal(
      "AccessDeniedException",
    );
  });

  it("lets a service send to an encrypted queue only if the key's policy names it", async () => {
    const letIn = policy(allow("sqs:SendMessage", QUEUE_ARN, { Principal: "*" }));
    const attributes = { QueueUrl: QUEUE_URL, Attributes: { Policy: letIn } };
    await bench.call("sqs", "SetQueueAttributes", attributes);
    await encrypted();
    expect((await bench.refusal("sqs", "SendMessage", MESSAGE, AS_RULE)).code).to.equal("KmsAccessDenied");
    await encrypted(
      allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*", {
        Principal: { Service: "events.amazonaws.com" },
      }),
    );
    await bench.call("sqs", "SendMessage", MESSAGE, AS_RULE);
  });

  it("does not tell a queue's key for which rule EventBridge sends", async () => {
    // EventBridge User Guide, "Using encrypted Amazon SQS queues as targets": a key policy without a condition.
    const letIn = policy(allow("sqs:SendMessage", QUEUE_ARN, { Principal: "*" }));
    await bench.call("sqs", "SetQueueAttributes", { QueueUrl: QUEUE_URL, Attributes: { Policy: letIn } });
    await encrypted(
      allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*", {
        Principal: { Service: "events.amazonaws.com" },
        Condition: { ArnEquals: { "aws:SourceArn": RULE } },
      }),
    );
    expect((await bench.refusal("sqs", "SendMessage", MESSAGE, AS_RULE)).code).to.equal("KmsAccessDenied");
  });

  it("lets no service send to a queue under SQS's own key", async () => {
    // EventBridge User Guide, "Using dead-letter queues": the AWS managed key for SQS cannot be used.
    const letIn = policy(allow("sqs:SendMessage", QUEUE_ARN, { Principal: "*" }));
    const Attributes = { Policy: letIn, KmsMasterKeyId: "alias/aws/sqs" };
    await bench.call("sqs", "SetQueueAttributes", { QueueUrl: QUEUE_URL, Attributes });
    expect((await bench.refusal("sqs", "SendMessage", MESSAGE, AS_RULE)).code).to.equal("KmsAccessDenied");
    await bench.permit(allow("sqs:SendMessage", QUEUE_ARN));
    await bench.call("sqs", "SendMessage", MESSAGE, AS_WORKER);
  });

  it("lets a key be used by a role only if the key's policy leaves that to the account", async () => {
    const { KeyMetadata } = await bench.call("kms", "CreateKey", {});
    const KeyId = String((KeyMetadata as { Arn: string }).Arn);
    await bench.permit(allow("kms:DescribeKey", KeyId));
    await bench.call("kms", "DescribeKey", { KeyId }, AS_WORKER);
    const ofRoot = { Effect: "Allow", Principal: { AWS: ROOT }, Action: "kms:*", Resource: "*" };
    await bench.call("kms", "PutKeyPolicy", {
      KeyId,
      PolicyName: "default",
      Policy: policy({ ...ofRoot, Action: ["kms:Put*", "kms:Get*"] }),
    });
    expect((await bench.refusal("kms", "DescribeKey", { KeyId }, AS_WORKER)).code).to.equal(
      "AccessDeniedException",
    );
  });

  it("lets a log group have a key only if the key's policy names CloudWatch Logs for that group", async () => {
    // CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    const forGroup = {
      Principal: { Service: `logs.${REGION}.amazonaws.com` },
      Condition: {
        ArnEquals: {
          "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:app`,
        },
      },
    };
    const forLater = { Principal: forGroup.Principal };
    const kmsKeyId = await bench.key(
      allow(["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"], "*", forGroup),
    );
    await bench.call("logs", "CreateLogGroup", { logGroupName: "app", kmsKeyId });
    expect(
      (await bench.refusal("logs", "CreateLogGroup", { logGroupName: "other", kmsKeyId })).code,
    ).to.equal("AccessDeniedException");
    for (const missing of ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"]) {
      const rest = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"].filter((each) => each !== missing);
      const input = { logGroupName: "later", kmsKeyId: await bench.key(allow(rest, "*", forLater)) };
      expect((await bench.refusal("logs", "CreateLogGroup", input)).code, missing).to.equal(
        "AccessDeniedException",
      );
    }
  });

  it("lets an archive have a key only if the key's policy names EventBridge for that bus", async () => {
    // EventBridge User Guide, "Encrypting EventBridge archives with AWS KMS keys".
    bench.cloud.add(() => ({ name: "events", operations: { CreateArchive: () => ({}) } }));
    const bus = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/trades`;
    const ofEvents = { Principal: { Service: "events.amazonaws.com" } };
    const forBus = { ArnEquals: { "kms:EncryptionContext:aws:events:event-bus:arn": bus } };
    const KmsKeyIdentifier = await bench.key(
      allow("kms:DescribeKey", "*", ofEvents),
      allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*", { ...ofEvents, Condition: forBus }),
    );
    const input = { ArchiveName: "kept", EventSourceArn: bus, KmsKeyIdentifier };
    await bench.call("events", "CreateArchive", input);
    expect(
      (await bench.refusal("events", "CreateArchive", { ...input, EventSourceArn: `${bus}-other` })).code,
    ).to.equal("AccessDeniedException");
  });

  it("refuses to use a queue whose key is disabled or waits for its deletion, in SQS's own words", async () => {
    // Amazon SQS API Reference, SendMessage and ReceiveMessage, "Errors": KmsDisabled, KmsInvalidState.
    const KeyId = await encrypted();
    const receive = { QueueUrl: QUEUE_URL };
    await bench.call("kms", "DisableKey", { KeyId });
    for (const [operation, input] of [
      ["SendMessage", MESSAGE],
      ["ReceiveMessage", receive],
    ] as const) {
      const { code, status, message } = await bench.refusal("sqs", operation, input);
      expect({ code, status }).to.deep.equal({ code: "KmsDisabled", status: 400 });
      expect(message).to.equal(`${KeyId} is disabled.`);
    }
    await bench.call("sqs", "GetQueueAttributes", receive);
    await bench.call("kms", "EnableKey", { KeyId });
    await bench.call("sqs", "SendMessage", MESSAGE);
    await bench.call("kms", "ScheduleKeyDeletion", { KeyId });
    expect((await bench.refusal("sqs", "SendMessage", MESSAGE)).code).to.equal("KmsInvalidState");
  });

  it("does not tell who may not use the key what state it is in", async () => {
    const KeyId = await encrypted();
    await bench.call("kms", "DisableKey", { KeyId });
    await bench.permit(allow("sqs:SendMessage", QUEUE_ARN));
    expect((await bench.refusal("sqs", "SendMessage", MESSAGE, AS_WORKER)).code).to.equal("KmsAccessDenied");
  });

  it("lets a log group have no key that is disabled", async () => {
    // Amazon CloudWatch Logs API Reference, AssociateKmsKey.
    const forLogs = { Principal: { Service: `logs.${REGION}.amazonaws.com` } };
    const kmsKeyId = await bench.key(
      allow(["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"], "*", forLogs),
    );
    await bench.call("kms", "DisableKey", { KeyId: kmsKeyId });
    const refused = await bench.refusal("logs", "CreateLogGroup", { logGroupName: "app", kmsKeyId });
    expect(refused.code).to.equal("InvalidParameterException");
  });

  it("blames the key's policy for what no identity policy could allow", async () => {
    const KeyId = await bench.key();
    const ofPolicies = {
      Effect: "Allow",
      Principal: { AWS: ROOT },
      Action: "kms:PutKeyPolicy",
      Resource: "*",
    };
    await bench.call("kms", "PutKeyPolicy", { KeyId, PolicyName: "default", Policy: policy(ofPolicies) });
    await bench.permit(allow("kms:*", "*"));
    const { message } = await bench.refusal("kms", "DescribeKey", { KeyId }, AS_WORKER);
    expect(message).to.match(/ because no resource-based policy allows the kms:DescribeKey action$/);
  });

  it("asks for kms:DeleteAlias on the alias and on its key", async () => {
    // AWS KMS API Reference, DeleteAlias, "Required permissions".
    const TargetKeyId = await bench.key();
    await bench.call("kms", "CreateAlias", { AliasName: "alias/jobs", TargetKeyId });
    const ofAlias = allow("kms:DeleteAlias", `arn:aws:kms:${REGION}:${ACCOUNT}:alias/jobs`);
    await bench.permit(ofAlias);
    const { message } = await bench.refusal("kms", "DeleteAlias", { AliasName: "alias/jobs" }, AS_WORKER);
    expect(message).to.include(`kms:DeleteAlias on resource: ${TargetKeyId}`);
    await bench.permit(ofAlias, allow("kms:DeleteAlias", TargetKeyId));
    await bench.call("kms", "DeleteAlias", { AliasName: "alias/jobs" }, AS_WORKER);
  });
});
