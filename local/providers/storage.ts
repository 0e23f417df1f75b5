import type { CreateRequest } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import type { ResourceTypes } from "./resource-type.ts";
import { arn, DEPLOYER, list, record, tagList, text } from "./resource-type.ts";

function keySchema(hash: Value | undefined, range: Value | undefined) {
  return [
    { AttributeName: String(hash), KeyType: "HASH" },
    ...(typeof range === "string" ? [{ AttributeName: range, KeyType: "RANGE" }] : []),
  ];
}

function secondaryIndex(index: Properties) {
  // Keys come as hashKey and rangeKey, or as a list of key schemas.
  const schemas = list(index.keySchemas).map(record);
  return {
    IndexName: String(index.name),
    KeySchema:
      schemas.length > 0
        ? schemas.map((each) => ({ AttributeName: each.attributeName, KeyType: each.keyType }))
        : keySchema(index.hashKey, index.rangeKey),
    Projection: {
      ProjectionType: String(index.projectionType),
      ...(list(index.nonKeyAttributes).length > 0 ? { NonKeyAttributes: index.nonKeyAttributes } : {}),
    },
  };
}

/** CreateTable's input from a table's inputs. */
function createTableInput({ inputs }: CreateRequest): Record<string, unknown> {
  const encryption = record(inputs.serverSideEncryption);
  const indexes = list(inputs.globalSecondaryIndexes).map((index) => secondaryIndex(record(index)));
  return {
    TableName: text(inputs, "name"),
    BillingMode: inputs.billingMode ?? "PROVISIONED",
    AttributeDefinitions: list(inputs.attributes)
      .map(record)
      .map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keySchema(inputs.hashKey, inputs.rangeKey),
    ...(indexes.length > 0 ? { GlobalSecondaryIndexes: indexes } : {}),
    ...(inputs.streamEnabled === true
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: inputs.streamViewType } }
      : {}),
    ...(encryption.enabled === true
      ? { SSESpecification: { Enabled: true, SSEType: "KMS", KMSMasterKeyId: encryption.kmsKeyArn } }
      : {}),
    Tags: tagList(inputs),
  };
}

/** Amazon DynamoDB and Systems Manager Parameter Store. */
export const STORAGE_TYPES: ResourceTypes = {
  "aws:dynamodb/table:Table": {
    describe: (request) => {
      const name = text(request.inputs, "name");
      const tableArn = arn(request, "dynamodb", `table/${name}`);
      const streamArn = `${tableArn}/stream/2026-01-01T00:00:00.000`;
      return {
        id: name,
        outputs: { arn: tableArn, ...(request.inputs.streamEnabled === true ? { streamArn } : {}) },
      };
    },
    create: async (request, { call }) => {
      const from = { region: request.region, principal: DEPLOYER };
      await call("dynamodb", "CreateTable", createTableInput(request), from);
      if (record(request.inputs.pointInTimeRecovery).enabled === true)
        await call(
          "dynamodb",
          "UpdateContinuousBackups",
          {
            TableName: text(request.inputs, "name"),
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          },
          from,
        );
    },
    autoname: "name",
  },
  "aws:dynamodb/resourcePolicy:ResourcePolicy": {
    describe: ({ inputs }) => ({ id: text(inputs, "resourceArn"), outputs: { revisionId: "1" } }),
    inert: "permissions are not evaluated yet",
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
    autoname: "name",
  },
};
