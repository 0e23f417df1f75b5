import { setTimeout } from "node:timers/promises";
import { isJson } from "../cloud/input.ts";
import type { CreateRequest } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import type { ProviderPorts, ResourceType } from "./resource-type.ts";
import { arn, DEPLOYER, list, record, tagList, text, unlessGone } from "./resource-type.ts";

function keySchema(hash: Value | undefined, range: Value | undefined) {
  return [
    { AttributeName: String(hash), KeyType: "HASH" },
    ...(typeof range === "string" ? [{ AttributeName: range, KeyType: "RANGE" }] : []),
  ];
}

/** Throughput of a table or of an index: provisioned, or the most on demand. */
function throughput({ readCapacity, writeCapacity, onDemandThroughput }: Properties) {
  const { maxReadRequestUnits, maxWriteRequestUnits } = record(onDemandThroughput);
  return {
    ...(readCapacity === undefined && writeCapacity === undefined
      ? {}
      : { ProvisionedThroughput: { ReadCapacityUnits: readCapacity, WriteCapacityUnits: writeCapacity } }),
    ...(onDemandThroughput === undefined
      ? {}
      : {
          OnDemandThroughput: {
            MaxReadRequestUnits: maxReadRequestUnits,
            MaxWriteRequestUnits: maxWriteRequestUnits,
          },
        }),
  };
}

function secondaryIndex(index: Properties) {
  // Keys come as hashKey and rangeKey, or as a list of key schemas.
  const schemas = list(index.keySchemas).map(record);
  return {
    ...throughput(index),
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
  const locals = list(inputs.localSecondaryIndexes).map((index) =>
    secondaryIndex({ ...record(index), hashKey: text(inputs, "hashKey") }),
  );
  return {
    ...throughput(inputs),
    TableName: text(inputs, "name"),
    BillingMode: inputs.billingMode ?? "PROVISIONED",
    AttributeDefinitions: list(inputs.attributes)
      .map(record)
      .map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keySchema(inputs.hashKey, inputs.rangeKey),
    ...(indexes.length > 0 ? { GlobalSecondaryIndexes: indexes } : {}),
    ...(locals.length > 0 ? { LocalSecondaryIndexes: locals } : {}),
    ...(inputs.deletionProtectionEnabled === true ? { DeletionProtectionEnabled: true } : {}),
    ...(inputs.tableClass === undefined ? {} : { TableClass: inputs.tableClass }),
    ...(inputs.streamEnabled === true
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: inputs.streamViewType } }
      : {}),
    ...(encryption.enabled === true
      ? { SSESpecification: { Enabled: true, SSEType: "KMS", KMSMasterKeyId: encryption.kmsKeyArn } }
      : {}),
    Tags: tagList(inputs),
  };
}

/** A table of DynamoDB. */
export const TABLE_TYPE: ResourceType = {
  describe: (request) => {
    const name = text(request.inputs, "name");
    const tableArn = arn(request, "dynamodb", `table/${name}`);
    const streamArn = `${tableArn}/stream/2026-01-01T00:00:00.000`;
    return {
      id: name,
      outputs: { arn: tableArn, ...(request.inputs.streamEnabled === true ? { streamArn } : {}) },
    };
  },
  create: async (request, { call }, described) => {
    const from = { region: request.region, principal: DEPLOYER };
    const { TableDescription } = await call("dynamodb", "CreateTable", createTableInput(request), from);
    Object.assign(described.outputs, streamOutputs(TableDescription));
    if (record(request.inputs.pointInTimeRecovery).enabled === true)
      await call("dynamodb", "UpdateContinuousBackups", recovery(request.inputs), from);
    if (record(request.inputs.ttl).enabled === true)
      await call("dynamodb", "UpdateTimeToLive", timeToLive(request.inputs), from);
  },
  replacedBy: ["name", "hashKey", "rangeKey", "localSecondaryIndexes"],
  recomputed: (changed) =>
    changed.some((input) => input.startsWith("stream")) ? ["streamArn", "streamLabel"] : [],
  update: async (request, { call }) => {
    const { inputs, changed, region, id } = request;
    const from = { region, principal: DEPLOYER };
    const wanted = createTableInput(request);
    // DynamoDB takes one kind of change at a time (UpdateTable, "one of the following operations at once").
    for (const [input, members] of Object.entries(CHANGES))
      if (changed.includes(input)) {
        const change = Object.fromEntries(members.map((member) => [member, wanted[member] ?? OFF[member]]));
        await call("dynamodb", "UpdateTable", { TableName: id, ...change }, from);
        await untilActive(id, call, from);
      }
    const refused = changed.find((input) => ["attributes", "globalSecondaryIndexes"].includes(input));
    if (refused !== undefined)
      throw new Error(`${refused}: the local cloud cannot change the indexes of a table`);
    if (changed.includes("pointInTimeRecovery"))
      await call("dynamodb", "UpdateContinuousBackups", recovery(inputs), from);
    if (changed.includes("ttl")) await call("dynamodb", "UpdateTimeToLive", timeToLive(inputs), from);
    const { Table } = await call("dynamodb", "DescribeTable", { TableName: id }, from);
    return streamOutputs(Table);
  },
  delete: async ({ id, region }, { call }) => {
    const from = { region, principal: DEPLOYER };
    const input = { TableName: id };
    if (!(await unlessGone(call("dynamodb", "DeleteTable", input, from)))) return;
    while (await unlessGone(call("dynamodb", "DescribeTable", input, from)))
      await setTimeout(POLL_MILLISECONDS);
  },
  read: async ({ id, inputs, region }, { call }) => {
    const from = { region, principal: DEPLOYER };
    const found = await unlessGone(call("dynamodb", "DescribeTable", { TableName: id }, from));
    if (!found) return undefined;
    const table = record(found.Table as Value);
    const backups = await call("dynamodb", "DescribeContinuousBackups", { TableName: id }, from);
    const description = record(backups.ContinuousBackupsDescription as Value);
    const status = record(description.PointInTimeRecoveryDescription).PointInTimeRecoveryStatus;
    return {
      inputs: {
        billingMode: record(table.BillingModeSummary).BillingMode ?? inputs.billingMode ?? "PROVISIONED",
        deletionProtectionEnabled: table.DeletionProtectionEnabled === true,
        streamEnabled: record(table.StreamSpecification).StreamEnabled === true,
        pointInTimeRecovery: { ...record(inputs.pointInTimeRecovery), enabled: status === "ENABLED" },
      },
      outputs: streamOutputs(found.Table),
    };
  },
  autoname: "name",
};

const POLL_MILLISECONDS = 5;

/** Members of UpdateTable by the input that changes them, in an order that DynamoDB takes. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  billingMode: ["BillingMode"],
  deletionProtectionEnabled: ["DeletionProtectionEnabled"],
  serverSideEncryption: ["SSESpecification"],
  streamEnabled: ["StreamSpecification"],
  tableClass: ["TableClass"],
};
const OFF: Readonly<Record<string, unknown>> = {
  DeletionProtectionEnabled: false,
  SSESpecification: { Enabled: false },
  StreamSpecification: { StreamEnabled: false },
  TableClass: "STANDARD",
};

function recovery(inputs: Properties) {
  const { enabled, recoveryPeriodInDays } = record(inputs.pointInTimeRecovery);
  return {
    TableName: text(inputs, "name"),
    PointInTimeRecoverySpecification: {
      PointInTimeRecoveryEnabled: enabled === true,
      ...(recoveryPeriodInDays === undefined ? {} : { RecoveryPeriodInDays: recoveryPeriodInDays }),
    },
  };
}

function timeToLive(inputs: Properties) {
  const { enabled, attributeName } = record(inputs.ttl);
  const TimeToLiveSpecification = { AttributeName: attributeName, Enabled: enabled === true };
  return { TableName: text(inputs, "name"), TimeToLiveSpecification };
}

/** The stream that a table has now: each time that it is turned on it is another. */
function streamOutputs(description: unknown): Properties {
  if (!isJson(description) || typeof description.LatestStreamArn !== "string") return {};
  return {
    streamArn: description.LatestStreamArn,
    streamLabel: String(description.LatestStreamLabel),
  };
}

async function untilActive(
  TableName: string,
  call: ProviderPorts["call"],
  from: { region: string; principal: string },
): Promise<void> {
  for (;;) {
    const { Table } = await call("dynamodb", "DescribeTable", { TableName }, from);
    if (record(Table as Value).TableStatus === "ACTIVE") return;
    await setTimeout(POLL_MILLISECONDS);
  }
}
