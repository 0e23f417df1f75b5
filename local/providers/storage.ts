import type { Value } from "../program/wire.ts";
import type { ResourceTypes } from "./resource-type.ts";
import { arn, DEPLOYER, record, samePolicy, tagList, text, unlessGone } from "./resource-type.ts";
import { TABLE_TYPE } from "./tables.ts";

/** Amazon DynamoDB and Systems Manager Parameter Store. */
export const STORAGE_TYPES: ResourceTypes = {
  "aws:dynamodb/table:Table": TABLE_TYPE,
  "aws:dynamodb/resourcePolicy:ResourcePolicy": {
    describe: ({ inputs }) => ({ id: text(inputs, "resourceArn"), outputs: { revisionId: "1" } }),
    create: async ({ inputs, region }, { call }, described) => {
      const input = { ResourceArn: text(inputs, "resourceArn"), Policy: text(inputs, "policy") };
      const { RevisionId } = await call("dynamodb", "PutResourcePolicy", input, {
        region,
        principal: DEPLOYER,
      });
      described.outputs = { ...described.outputs, revisionId: String(RevisionId) };
    },
    replacedBy: ["resourceArn"],
    update: async ({ inputs, region }, { call }) => {
      const input = { ResourceArn: text(inputs, "resourceArn"), Policy: text(inputs, "policy") };
      const from = { region, principal: DEPLOYER };
      return { revisionId: String((await call("dynamodb", "PutResourcePolicy", input, from)).RevisionId) };
    },
    delete: async ({ id, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      await unlessGone(call("dynamodb", "DeleteResourcePolicy", { ResourceArn: id }, from));
    },
    read: async ({ id, inputs, region }, { call }) => {
      const from = { region, principal: DEPLOYER };
      const found = await unlessGone(call("dynamodb", "GetResourcePolicy", { ResourceArn: id }, from));
      return found && { inputs: { policy: samePolicy(inputs.policy, found.Policy) } };
    },
  },
  "aws:ssm/parameter:Parameter": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      return { id: name, outputs: { arn: arn(request, "ssm", `parameter${name}`), version: 1 } };
    },
    create: async ({ inputs, region }, { call }) => {
      const input = {
        Name: text(inputs, "name"),
        Type: text(inputs, "type"),
        Value: text(inputs, "value"),
        Description: inputs.description ?? "",
        Tags: tagList(inputs),
      };
      await call("ssm", "PutParameter", input, { region, principal: DEPLOYER });
    },
    replacedBy: ["name"],
    recomputed: () => ["version"],
    update: async ({ inputs, region }, { call }) => {
      const input = {
        Name: text(inputs, "name"),
        Type: text(inputs, "type"),
        Value: text(inputs, "value"),
        Description: inputs.description ?? "",
        Overwrite: true,
      };
      const { Version } = await call("ssm", "PutParameter", input, { region, principal: DEPLOYER });
      return { version: Number(Version) };
    },
    delete: async ({ id, region }, { call }) => {
      await unlessGone(call("ssm", "DeleteParameter", { Name: id }, { region, principal: DEPLOYER }));
    },
    read: async ({ id, region }, { call }) => {
      const found = await unlessGone(
        call("ssm", "GetParameter", { Name: id }, { region, principal: DEPLOYER }),
      );
      if (!found) return undefined;
      const { Value: value, Type: type, Version: version } = record(found.Parameter as Value);
      return { inputs: { value: String(value), type: String(type) }, outputs: { version: Number(version) } };
    },
    autoname: "name",
  },
};
