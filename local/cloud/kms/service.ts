import { decide } from "../iam/evaluate.ts";
import { checkPolicy } from "../iam/policy.ts";
import { ADMINISTRATOR_ACCESS } from "../iam/role-store.ts";
import { Input } from "../input.ts";
import type { Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { keyIdOf } from "./cipher.ts";
import { cryptography } from "./cryptography.ts";
import { enabled, existing, type KeyState, keyState } from "./key-state.ts";
import { type Key, KeyStore } from "./key-store.ts";

/** KMS: symmetric customer keys with their policies, aliases and states. */
export interface KmsService extends Service {
  /** The policy of the key that an ARN of a key or an alias names. */
  resourcePolicy(arn: string): string | undefined;
  /** ARN of the key that an id, ARN or alias names, or that a base64 ciphertext was made with; undefined if none. */
  keyArn(region: string, name: string): string | undefined;
  /** What state the key of an ARN is in; undefined if there is none. */
  keyState(arn: string): KeyState | undefined;
}

const DAY = 86_400_000;
const YEAR_DAYS = 365;
const KEY_ID = { minimum: 1, maximum: 2048 };
const ALIAS = { minimum: 1, maximum: 256 };
/** AWS KMS API Reference, PutKeyPolicy. */
const POLICY = { minimum: 1, maximum: 131_072 };
const MALFORMED = "MalformedPolicyDocumentException";

/** Keys do not leave their region, and their material does not change: rotation is only a setting. */
export function createKms(surroundings: Surroundings): KmsService {
  const { account, clock } = surroundings;
  const store = new KeyStore(account, clock);

  /** By id or ARN: aliases name keys only where they are used and described. */
  const keyOf = (input: Input, region: string, member = "KeyId"): Key => {
    const name = input.text(member, KEY_ID);
    if (/^(?:arn:.*:)?alias\//.test(name))
      throw new ServiceError("NotFoundException", `Invalid keyId ${name}: must be a key's id or ARN`);
    return store.get(region, name);
  };

  const change = (json: Json, region: string, act: (key: Key) => void): void => {
    const input = read(json, "KeyId");
    act(keyOf(input, region));
  };

  return {
    name: "kms",
    resourcePolicy: (arn) => store.find(arn.split(":")[3] ?? "", arn)?.policy,
    keyArn: (region, name) =>
      (store.find(region, name) ?? store.find(region, keyIdOf(Buffer.from(name, "base64")) ?? ""))?.arn,
    keyState(arn) {
      const key = store.find(arn.split(":")[3] ?? "", arn);
      return key && keyState(key);
    },
    operations: {
      CreateKey(json, { region, principal }) {
        const input = read(json, "Policy", "Description", "KeyUsage", "KeySpec", "Tags");
        input.optionalText("KeyUsage", { oneOf: ["ENCRYPT_DECRYPT"] });
        input.optionalText("KeySpec", { oneOf: ["SYMMETRIC_DEFAULT"] });
        const description = input.optionalText("Description", { maximum: 8192 }) ?? "";
        const given = input.optionalText("Policy", POLICY);
        const key = store.add(region, { description, tags: tagsOf(input), isRotated: false }, (arn) =>
          given === undefined ? defaultPolicy(account) : checked(given, arn, principal),
        );
        return { KeyMetadata: metadata(key, account) };
      },
      DescribeKey: (json, { region }) => ({
        KeyMetadata: metadata(store.get(region, read(json, "KeyId").text("KeyId", KEY_ID)), account),
      }),
      ListKeys(json, { region }) {
        const keys = store.keys(region).map(({ id, arn }) => ({ KeyId: id, KeyArn: arn }));
        return paged(read(json, "Limit", "Marker"), "Keys", keys);
      },
      GetKeyPolicy(json, { region }) {
        const input = read(json, "KeyId", "PolicyName");
        input.optionalText("PolicyName", { oneOf: ["default"] });
        return { Policy: keyOf(input, region).policy, PolicyName: "default" };
      },
      PutKeyPolicy(json, { region, principal }) {
        const input = read(json, "KeyId", "Policy", "PolicyName");
        input.optionalText("PolicyName", { oneOf: ["default"] });
        const key = keyOf(input, region);
        key.policy = checked(input.text("Policy", POLICY), key.arn, principal);
      },
      EnableKey: (json, { region }) =>
        change(json, region, (key) => {
          existing(key).isEnabled = true;
        }),
      DisableKey: (json, { region }) =>
        change(json, region, (key) => {
          existing(key).isEnabled = false;
        }),
      ScheduleKeyDeletion(json, { region }) {
        const input = read(json, "KeyId", "PendingWindowInDays");
        const days = input.optionalInteger("PendingWindowInDays", { minimum: 7, maximum: 30 }) ?? 30;
        const key = existing(keyOf(input, region));
        key.deletionAt = clock.now() + days * DAY;
        return {
          KeyId: key.arn,
          DeletionDate: key.deletionAt / 1000,
          KeyState: keyState(key),
          PendingWindowInDays: days,
        };
      },
      CancelKeyDeletion(json, { region }) {
        const key = keyOf(read(json, "KeyId"), region);
        if (key.deletionAt === undefined)
          throw new ServiceError("KMSInvalidStateException", `${key.arn} is not pending deletion.`);
        key.deletionAt = undefined;
        key.isEnabled = false;
        return { KeyId: key.arn };
      },
      ListResourceTags(json, { region }) {
        const input = read(json, "KeyId", "Limit", "Marker");
        const tags = Object.entries(keyOf(input, region).tags);
        return paged(
          input,
          "Tags",
          tags.map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
        );
      },
      EnableKeyRotation: (json, { region }) =>
        change(json, region, (key) => {
          enabled(key).isRotated = true;
        }),
      GetKeyRotationStatus(json, { region }) {
        const key = keyOf(read(json, "KeyId"), region);
        const KeyRotationEnabled = key.isRotated && key.deletionAt === undefined;
        return {
          KeyId: key.arn,
          KeyRotationEnabled,
          ...(KeyRotationEnabled ? { RotationPeriodInDays: YEAR_DAYS } : {}),
        };
      },
      CreateAlias(json, { region }) {
        const input = read(json, "AliasName", "TargetKeyId");
        const alias = input.text("AliasName", ALIAS);
        if (!/^alias\/[\w/-]+$/.test(alias) || alias.startsWith("alias/aws/"))
          throw new ServiceError(
            "InvalidAliasNameException",
            `Alias ${alias} must begin with "alias/", not with "alias/aws/", and have letters, digits, /, _ and - only`,
          );
        store.addAlias(region, alias, existing(keyOf(input, region, "TargetKeyId")));
      },
      DeleteAlias(json, { region }) {
        store.deleteAlias(region, read(json, "AliasName").text("AliasName", ALIAS));
      },
      ListAliases(json, { region }) {
        const input = read(json, "KeyId", "Limit", "Marker");
        const only = input.has("KeyId") ? keyOf(input, region).id : undefined;
        const aliases = [...store.aliases(region)]
          .filter(([, id]) => only === undefined || id === only)
          .map(([AliasName, TargetKeyId]) => ({
            AliasName,
            AliasArn: `arn:aws:kms:${region}:${account}:${AliasName}`,
            TargetKeyId,
          }));
        return paged(input, "Aliases", aliases);
      },
      ...cryptography(store),
    },
  };
}

function read(json: Json, ...members: string[]): Input {
  return new Input(json).only(members);
}

function defaultPolicy(account: string): string {
  const statement = {
    Sid: "Enable IAM User Permissions",
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: "kms:*",
    Resource: "*",
  };
  return JSON.stringify({ Version: "2012-10-17", Id: "key-default-1", Statement: [statement] });
}

/**
 * The policy, unless it would lock out who puts it: the caller must be able to put another one later (AWS KMS API
 * Reference, PutKeyPolicy).
 */
function checked(policy: string, arn: string, principal: string): string {
  checkPolicy(policy, "resource", MALFORMED);
  const later = { principal, action: "kms:PutKeyPolicy", resource: arn, context: {} };
  const { isAllowed } = decide(later, {
    identity: [ADMINISTRATOR_ACCESS],
    resource: { name: "new key policy", document: policy },
    delegation: "resource-policy",
  });
  if (!isAllowed)
    throw new ServiceError(
      MALFORMED,
      "The new key policy will not allow you to update the key policy in the future.",
    );
  return policy;
}

function metadata(key: Key, account: string): Json {
  return {
    AWSAccountId: account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt / 1000,
    Enabled: keyState(key) === "Enabled",
    Description: key.description,
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: keyState(key),
    ...(key.deletionAt === undefined ? {} : { DeletionDate: key.deletionAt / 1000 }),
    Origin: "AWS_KMS",
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    KeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
  };
}

/** Tags as KMS names them. */
function tagsOf(input: Input): Record<string, string> {
  return Object.fromEntries(
    input.records("Tags").map((record): [string, string] => {
      const tag = new Input(record);
      return [tag.text("TagKey", { minimum: 1, maximum: 128 }), tag.text("TagValue", { maximum: 256 })];
    }),
  );
}

/** One page of a list under its member's name, as `Marker` and `Limit` ask for it. */
function paged(input: Input, member: string, items: readonly unknown[]): Json {
  const limit = input.optionalInteger("Limit", { minimum: 1, maximum: 1000 }) ?? 100;
  const start = Number(input.optionalText("Marker", { pattern: /^\d+$/ }) ?? 0);
  const end = start + limit;
  const Truncated = end < items.length;
  return { [member]: items.slice(start, end), Truncated, ...(Truncated ? { NextMarker: String(end) } : {}) };
}
