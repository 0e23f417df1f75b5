import { isJson } from "../../input.ts";
import type { Json } from "../../service.ts";
import type { RequestContext } from "../model.ts";
import { type ActionTable, anything, member, type Place, regional, rows } from "./table.ts";

const role = (input: Json, { account }: Place) => `arn:aws:iam::${account}:role/${member(input, "RoleName")}`;
const policy = (input: Json) => member(input, "PolicyArn");

/** AWS IAM. */
export const IAM_ACTIONS: ActionTable = {
  ...rows("iam", role, "CreateRole", "DeleteRole", "GetRole", "UpdateAssumeRolePolicy", "UpdateRole"),
  ...rows("iam", role, "PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy", "ListRolePolicies"),
  ...rows("iam", role, "AttachRolePolicy", "DetachRolePolicy", "ListAttachedRolePolicies"),
  ...rows("iam", role, "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
  ...rows("iam", role, "TagRole", "UntagRole", "ListRoleTags", "CreateServiceLinkedRole"),
  ...rows("iam", policy, "GetPolicy", "GetPolicyVersion", "DeletePolicy", "CreatePolicyVersion"),
  ...rows("iam", policy, "ListPolicyVersions", "ListEntitiesForPolicy"),
  ...rows(
    "iam",
    (input, { account }) => `arn:aws:iam::${account}:policy/${member(input, "PolicyName")}`,
    "CreatePolicy",
  ),
  ...rows("iam", anything, "ListRoles", "ListPolicies"),
  ...rows("iam", (input) => member(input, "PolicySourceArn") || "*", "SimulatePrincipalPolicy"),
  ...rows("iam", anything, "SimulateCustomPolicy"),
};

/** AWS STS. Whoever has credentials may ask who he is. */
export const STS_ACTIONS: ActionTable = {
  ...rows("sts", (input) => member(input, "RoleArn"), "AssumeRole"),
  GetCallerIdentity: () => [],
};

/** AWS KMS. A key may be given by id, ARN, alias or alias ARN: `keyArn` finds it. */
export function kmsActions(keyArn: (id: string, at: Place) => string): ActionTable {
  const key = (input: Json, at: Place) => {
    // Decrypt may leave it to the ciphertext to name the key.
    const id = member(input, "KeyId") || member(input, "TargetKeyId") || member(input, "CiphertextBlob");
    return keyArn(id, at);
  };
  const alias = (input: Json, at: Place) => regional("kms", at, member(input, "AliasName"));
  const withContext = (...operations: string[]): ActionTable =>
    Object.fromEntries(
      operations.map((name) => [
        name,
        (input, at) => [
          {
            action: `kms:${name}`,
            resource: key(input, at),
            context: encryptionContext(input.EncryptionContext),
          },
        ],
      ]),
    );
  const aliasRow = (name: string): ActionTable => ({
    [name]: (input, at) => [
      { action: `kms:${name}`, resource: alias(input, at) },
      // DeleteAlias does not say which key the alias is of.
      {
        action: `kms:${name}`,
        resource: name === "DeleteAlias" ? keyArn(member(input, "AliasName"), at) : key(input, at),
      },
    ],
  });
  return {
    ...withContext("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
    ...rows("kms", key, "DescribeKey", "GetKeyPolicy", "PutKeyPolicy", "ListKeyPolicies"),
    ...rows("kms", key, "EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"),
    ...rows("kms", key, "EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus"),
    ...rows("kms", key, "UpdateKeyDescription", "ListResourceTags", "TagResource", "UntagResource"),
    ...rows("kms", key, "CreateGrant", "ListGrants", "RevokeGrant", "RetireGrant"),
    ...rows("kms", anything, "CreateKey", "ListKeys", "ListAliases"),
    ...aliasRow("CreateAlias"),
    ...aliasRow("UpdateAlias"),
    ...aliasRow("DeleteAlias"),
    ReEncrypt: (input, at) => [
      {
        action: "kms:ReEncryptFrom",
        resource: keyArn(member(input, "SourceKeyId") || member(input, "CiphertextBlob"), at),
      },
      { action: "kms:ReEncryptTo", resource: keyArn(member(input, "DestinationKeyId"), at) },
    ],
  };
}

/** `kms:EncryptionContext:KEY` for each pair of an encryption context. */
export function encryptionContext(pairs: unknown): RequestContext {
  if (!isJson(pairs)) return {};
  return Object.fromEntries(
    Object.entries(pairs).map(([name, value]) => [`kms:EncryptionContext:${name}`, String(value)]),
  );
}
