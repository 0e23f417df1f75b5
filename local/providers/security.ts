import type { Properties, Value } from "../program/wire.ts";
import type { ResourceTypes } from "./resource-type.ts";
import {
  arn,
  DEPLOYER,
  generatedId,
  optionalText,
  record,
  samePolicy,
  tagList,
  text,
  unlessGone,
} from "./resource-type.ts";

/** A member of a request for an input that may be left out. */
function optional(member: string, value: Value | undefined): Record<string, Value> {
  return value === undefined || value === null ? {} : { [member]: value };
}

function rolePolicy(inputs: Properties): { RoleName: string; PolicyName: string } {
  return { RoleName: text(inputs, "role"), PolicyName: text(inputs, "name") };
}

function rotation(inputs: Properties): string {
  return inputs.enableKeyRotation === true ? "EnableKeyRotation" : "DisableKeyRotation";
}

/** IAM and KMS. */
export const SECURITY_TYPES: ResourceTypes = {
  "aws:iam/role:Role": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      const path = optionalText(request.inputs.path) ?? "/";
      const roleArn = `arn:aws:iam::${request.account}:role${path}${name}`;
      return { id: name, outputs: { arn: roleArn, uniqueId: generatedId("AROA", request.urn) } };
    },
    create: async ({ inputs, region }, { call }, described) => {
      const input = {
        RoleName: text(inputs, "name"),
        AssumeRolePolicyDocument: text(inputs, "assumeRolePolicy"),
        ...optional("Path", inputs.path),
        ...optional("Description", inputs.description),
        ...optional("MaxSessionDuration", inputs.maxSessionDuration),
        ...optional("PermissionsBoundary", inputs.permissionsBoundary),
        Tags: tagList(inputs),
      };
      const { Role } = await call("iam", "CreateRole", input, { region, principal: DEPLOYER });
      described.outputs.uniqueId = String(record(Role as Value).RoleId);
    },
    replacedBy: ["name", "namePrefix", "path"],
    update: async ({ inputs, region, changed }, { call }) => {
      const input = { RoleName: text(inputs, "name"), PolicyDocument: text(inputs, "assumeRolePolicy") };
      if (changed.includes("assumeRolePolicy"))
        await call("iam", "UpdateAssumeRolePolicy", input, { region, principal: DEPLOYER });
    },
    delete: async ({ id, region }, { call }) => {
      await unlessGone(call("iam", "DeleteRole", { RoleName: id }, { region, principal: DEPLOYER }));
    },
    read: async ({ id, inputs, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      const found = await unlessGone(call("iam", "GetRole", { RoleName: id }, from));
      if (!found) return undefined;
      const trust = decodeURIComponent(String(record(found.Role as Value).AssumeRolePolicyDocument));
      return { inputs: { assumeRolePolicy: samePolicy(inputs.assumeRolePolicy, trust) } };
    },
    autoname: "name",
  },
  "aws:iam/rolePolicy:RolePolicy": {
    describe: ({ inputs }) => ({ id: `${text(inputs, "role")}:${text(inputs, "name")}`, outputs: {} }),
    create: async ({ inputs, region }, { call }) => {
      const input = { ...rolePolicy(inputs), PolicyDocument: text(inputs, "policy") };
      await call("iam", "PutRolePolicy", input, { region, principal: DEPLOYER });
    },
    replacedBy: ["name", "namePrefix", "role"],
    update: async ({ inputs, region }, { call }) => {
      const input = { ...rolePolicy(inputs), PolicyDocument: text(inputs, "policy") };
      await call("iam", "PutRolePolicy", input, { region, principal: DEPLOYER });
    },
    delete: async ({ inputs, region }, { call }) => {
      await unlessGone(call("iam", "DeleteRolePolicy", rolePolicy(inputs), { region, principal: DEPLOYER }));
    },
    read: async ({ inputs, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      const found = await unlessGone(call("iam", "GetRolePolicy", rolePolicy(inputs), from));
      if (!found) return undefined;
      const document = decodeURIComponent(String(found.PolicyDocument));
      return { inputs: { policy: samePolicy(inputs.policy, document) } };
    },
    autoname: "name",
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    describe: ({ inputs }) => ({ id: `${text(inputs, "role")}/${text(inputs, "policyArn")}`, outputs: {} }),
    create: async ({ inputs, region }, { call }) => {
      const input = { RoleName: text(inputs, "role"), PolicyArn: text(inputs, "policyArn") };
      await call("iam", "AttachRolePolicy", input, { region, principal: DEPLOYER });
    },
    delete: async ({ inputs, region }, { call }) => {
      const input = { RoleName: text(inputs, "role"), PolicyArn: text(inputs, "policyArn") };
      await unlessGone(call("iam", "DetachRolePolicy", input, { region, principal: DEPLOYER }));
    },
    except: "of AWS's managed policies there is AdministratorAccess only",
  },
  "aws:kms/key:Key": {
    // The id is the service's own: `create` fills it in.
    describe: (request) => {
      const id = generatedId("key", request.urn).replace("key-", "");
      return { id, outputs: { keyId: id, arn: arn(request, "kms", `key/${id}`) } };
    },
    create: async ({ inputs, region }, { call }, described) => {
      const from = { region, principal: DEPLOYER };
      const input = {
        ...optional("Policy", inputs.policy),
        ...optional("Description", inputs.description),
        ...optional("KeyUsage", inputs.keyUsage),
        ...optional("KeySpec", inputs.customerMasterKeySpec),
        ...optional("MultiRegion", inputs.multiRegion),
        Tags: tagList(inputs).map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })),
      };
      const { KeyMetadata } = await call("kms", "CreateKey", input, from);
      const made = record(KeyMetadata as Value);
      const KeyId = String(made.KeyId);
      Object.assign(described, { id: KeyId, outputs: { keyId: KeyId, arn: String(made.Arn) } });
      if (inputs.enableKeyRotation === true) await call("kms", rotation(inputs), { KeyId }, from);
      if (inputs.isEnabled === false) await call("kms", "DisableKey", { KeyId }, from);
    },
    replacedBy: ["keyUsage", "customerMasterKeySpec", "multiRegion"],
    update: async ({ id, inputs, region, changed }, { call }) => {
      const from = { region, principal: DEPLOYER };
      if (changed.includes("policy"))
        await call("kms", "PutKeyPolicy", { KeyId: id, Policy: text(inputs, "policy") }, from);
      if (changed.includes("enableKeyRotation")) await call("kms", rotation(inputs), { KeyId: id }, from);
      if (changed.includes("isEnabled"))
        await call("kms", inputs.isEnabled === false ? "DisableKey" : "EnableKey", { KeyId: id }, from);
    },
    delete: async ({ id, inputs, region }, { call }) => {
      const input = { KeyId: id, ...optional("PendingWindowInDays", inputs.deletionWindowInDays) };
      await unlessGone(call("kms", "ScheduleKeyDeletion", input, { region, principal: DEPLOYER }));
    },
    read: async ({ id, inputs, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      const described = await unlessGone(call("kms", "DescribeKey", { KeyId: id }, from));
      const metadata = record(described?.KeyMetadata as Value | undefined);
      if (!described || metadata.KeyState === "PendingDeletion") return undefined;
      const { Policy } = await call("kms", "GetKeyPolicy", { KeyId: id }, from);
      const { KeyRotationEnabled } = await call("kms", "GetKeyRotationStatus", { KeyId: id }, from);
      return {
        inputs: {
          policy: samePolicy(inputs.policy, Policy),
          enableKeyRotation: KeyRotationEnabled === true,
          ...(metadata.Enabled === false ? { isEnabled: false } : {}),
        },
      };
    },
    except: "rotation is kept as a setting",
  },
  "aws:kms/alias:Alias": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "kms", name) } };
    },
    create: async ({ inputs, region }, { call }) => {
      const input = { AliasName: text(inputs, "name"), TargetKeyId: text(inputs, "targetKeyId") };
      await call("kms", "CreateAlias", input, { region, principal: DEPLOYER });
    },
    replacedBy: ["name", "namePrefix"],
    update: async ({ id, inputs, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      await call("kms", "DeleteAlias", { AliasName: id }, from);
      await call("kms", "CreateAlias", { AliasName: id, TargetKeyId: text(inputs, "targetKeyId") }, from);
    },
    delete: async ({ id, region }, { call }) => {
      await unlessGone(call("kms", "DeleteAlias", { AliasName: id }, { region, principal: DEPLOYER }));
    },
    read: async ({ id, region }, { call }) => {
      const { Aliases } = await call("kms", "ListAliases", {}, { region, principal: DEPLOYER });
      const found = (Aliases as { AliasName: string; TargetKeyId?: string }[]).find(
        ({ AliasName }) => AliasName === id,
      );
      return found && { inputs: { ...optional("targetKeyId", found.TargetKeyId) } };
    },
  },
};
