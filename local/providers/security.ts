import type { ResourceTypes } from "./resource-type.ts";
import { arn, generatedId, text } from "./resource-type.ts";

const NOT_ENFORCED = "permissions are not evaluated yet; every call carries its principal";
const NO_ENCRYPTION = "everything is kept in memory, and nothing is encrypted";

/** IAM and KMS. */
export const SECURITY_TYPES: ResourceTypes = {
  "aws:iam/role:Role": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      const roleArn = `arn:aws:iam::${request.account}:role/${name}`;
      return { id: name, outputs: { arn: roleArn, uniqueId: generatedId("AROA", request.urn) } };
    },
    inert: NOT_ENFORCED,
    autoname: "name",
  },
  "aws:iam/rolePolicy:RolePolicy": {
    describe: ({ inputs }) => ({ id: `${text(inputs, "role")}:${text(inputs, "name")}`, outputs: {} }),
    inert: NOT_ENFORCED,
    autoname: "name",
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    describe: ({ inputs }) => ({ id: `${text(inputs, "role")}/${text(inputs, "policyArn")}`, outputs: {} }),
    inert: NOT_ENFORCED,
  },
  "aws:kms/key:Key": {
    describe: (request) => {
      const id = generatedId("key", request.urn).replace("key-", "");
      return { id, outputs: { keyId: id, arn: arn(request, "kms", `key/${id}`) } };
    },
    inert: NO_ENCRYPTION,
  },
  "aws:kms/alias:Alias": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "kms", name) } };
    },
    inert: NO_ENCRYPTION,
  },
};
