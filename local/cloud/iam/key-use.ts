import { isJson } from "../input.ts";
import type { Call, Json } from "../service.ts";
import { encryptionContext } from "./actions/security.ts";
import type { Need, Place } from "./actions/table.ts";
import { member, regional } from "./actions/table.ts";

/** Key permissions that an operation needs besides its own, and who needs them. */
export interface KeyUse {
  /** ARN of the key. */
  readonly key: string;
  readonly needs: readonly Need[];
  /** A service that uses the key in its own name; the caller, through the called service, if left out. */
  readonly service?: string;
}

interface KeyedService {
  readonly operations: Readonly<Record<string, readonly string[]>>;
  /** The encryption context that the service gives for a resource. */
  readonly context: (resourceArn: string) => Readonly<Record<string, string>>;
}

const READ = ["kms:Decrypt"];
const WRITE = ["kms:GenerateDataKey", "kms:Decrypt"];

/**
 * Actions on the key of an encrypted resource that the caller of an operation needs.
 * - SQS: Developer Guide, "Key management": "AWS KMS permissions" — producers kms:GenerateDataKey and kms:Decrypt,
 *   consumers kms:Decrypt. Data keys are kept for five minutes there; here the key is asked for every time.
 * - SNS: Developer Guide, "Managing Amazon SNS encryption keys and costs": publishers both.
 * - DynamoDB: Developer Guide, "DynamoDB encryption at rest: authorizing use of your customer managed key": the table
 *   key is decrypted in the name of whoever reads or writes items. Tables keep it for five minutes per caller on AWS.
 */
const OF_RESOURCE: Readonly<Record<string, KeyedService>> = {
  sqs: {
    operations: { SendMessage: WRITE, SendMessageBatch: WRITE, ReceiveMessage: READ },
    context: (arn) => ({ "aws:sqs:arn": arn }),
  },
  sns: {
    operations: { Publish: WRITE, PublishBatch: WRITE },
    context: (arn) => ({ "aws:sns:topicArn": arn }),
  },
  dynamodb: {
    operations: Object.fromEntries(
      [
        ...["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem"],
        ...["BatchWriteItem", "TransactGetItems", "TransactWriteItems", "GetRecords"],
      ].map((operation) => [operation, READ]),
    ),
    context: (arn) => ({
      "aws:dynamodb:tableName": arn.split("/")[1] ?? "",
      "aws:dynamodb:subscriberId": arn.split(":")[4] ?? "",
    }),
  },
};

/** Actions on a key that a resource is associated with, by operation. */
type Association = (input: Json, at: Place) => { key: unknown; use: (keyArn: string) => KeyUse } | undefined;

function byService(
  service: string,
  key: string,
  actions: readonly string[],
  pairs: Record<string, string>,
): KeyUse {
  const context = encryptionContext(pairs);
  return { service, key, needs: actions.map((action) => ({ action, resource: key, context })) };
}

/** CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS". */
const logGroup: Association = (input, at) => {
  const arn = regional("logs", at, `log-group:${member(input, "logGroupName")}`);
  const actions = ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"];
  return {
    key: input.kmsKeyId,
    use: (key) => byService(`logs.${at.region}.amazonaws.com`, key, actions, { "aws:logs:arn": arn }),
  };
};

/** EventBridge User Guide, "Encrypting EventBridge archives with AWS KMS keys". */
const archive: Association = (input) => ({
  key: input.KmsKeyIdentifier,
  use: (key) =>
    byService("events.amazonaws.com", key, ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"], {
      "aws:events:event-bus:arn": member(input, "EventSourceArn"),
    }),
});

/** The caller hands the table on to DynamoDB by a grant. */
const table: Association = (input, at) => ({
  key: isJson(input.SSESpecification) ? input.SSESpecification.KMSMasterKeyId : undefined,
  use: (resource) => ({
    key: resource,
    needs: ["kms:DescribeKey", "kms:CreateGrant"].map((action) => ({
      action,
      resource,
      context: {
        "kms:EncryptionContext:aws:dynamodb:tableName": member(input, "TableName"),
        "kms:EncryptionContext:aws:dynamodb:subscriberId": at.account,
        ...(action === "kms:CreateGrant" ? { "kms:GrantIsForAWSResource": "true" } : {}),
      },
    })),
  }),
});

const ASSOCIATIONS: Readonly<Record<string, Association>> = {
  "logs CreateLogGroup": logGroup,
  "logs AssociateKmsKey": logGroup,
  "events CreateArchive": archive,
  "events UpdateArchive": archive,
  "dynamodb CreateTable": table,
  "dynamodb UpdateTable": table,
};

/** What finds keys: of a resource by its ARN, and a key's ARN by what names it. */
export interface Keys {
  readonly encryptionKey: (resourceArn: string) => string | undefined;
  readonly keyArn: (id: string, at: Place) => string;
}

/** The same use is asked for again and again: by every message of a queue, by every item of a table. */
const ofResources = new Map<string, KeyUse>();
const KEPT_USES = 10_000;

/** The use of keys that a call implies, given what it needs of its own. */
export function keyUses(call: Call, input: Json, needs: readonly Need[], at: Place, keys: Keys): KeyUse[] {
  const keyed = OF_RESOURCE[call.service];
  const actions = keyed?.operations[call.operation];
  if (keyed && actions)
    return needs.flatMap(({ resource }) => {
      const id = keys.encryptionKey(resource);
      if (id === undefined || id === "") return [];
      const key = keys.keyArn(id, at);
      const name = `${call.service} ${call.operation} ${resource} ${key}`;
      let use = ofResources.get(name);
      if (!use) {
        const context = encryptionContext(keyed.context(resource));
        use = { key, needs: actions.map((action) => ({ action, resource: key, context })) };
        if (ofResources.size >= KEPT_USES) ofResources.clear();
        ofResources.set(name, use);
      }
      return [use];
    });
  const association = ASSOCIATIONS[`${call.service} ${call.operation}`]?.(input, at);
  if (typeof association?.key !== "string" || association.key === "") return [];
  return [association.use(keys.keyArn(association.key, at))];
}
