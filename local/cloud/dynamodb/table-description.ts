import { isJson } from "../input.ts";
import type { Json } from "../service.ts";
import type { TableDescription } from "./dynalite.ts";
import type { TableSettings } from "./table-settings.ts";

/** A table as DescribeTable shows it in `region`. */
export function showTable(table: TableDescription, settings: TableSettings, region: string): Json {
  const replicas = [...(settings.replicas?.members ?? [])].filter(([name]) => name !== region);
  const { stream, status = table.TableStatus } = settings;
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({
    ...index,
    IndexStatus: status === "CREATING" ? "CREATING" : index.IndexStatus,
    ...showOnDemand(settings, index.IndexName),
  }));
  return {
    ...table,
    TableStatus: status,
    CreationDateTime: settings.createdAt / 1000,
    ...(indexes ? { GlobalSecondaryIndexes: indexes } : {}),
    ...showOnDemand(settings, ""),
    DeletionProtectionEnabled: settings.deletionProtection,
    ...(settings.tableClass ? { TableClassSummary: { TableClass: settings.tableClass } } : {}),
    ...(stream && stream.closedAt === undefined
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.identity.view } }
      : {}),
    ...(stream ? { LatestStreamLabel: stream.identity.label, LatestStreamArn: stream.identity.arn } : {}),
    ...(settings.encryption
      ? {
          SSEDescription: {
            Status: "ENABLED",
            SSEType: settings.encryption.type,
            KMSMasterKeyArn: keyArn(settings.encryption.keyId, table.TableArn),
          },
        }
      : {}),
    ...(replicas.length > 0
      ? {
          GlobalTableVersion: "2019.11.21",
          Replicas: replicas.map(([RegionName, { status, keyId }]) => ({
            RegionName,
            ReplicaStatus: status,
            ...(keyId ? { KMSMasterKeyId: keyId } : {}),
          })),
        }
      : {}),
  };
}

function showOnDemand(settings: TableSettings, name: string): Json {
  const limits = settings.onDemand.get(name);
  return limits
    ? {
        OnDemandThroughput: {
          MaxReadRequestUnits: limits.read ?? -1,
          MaxWriteRequestUnits: limits.write ?? -1,
        },
      }
    : {};
}

/** ARN of the key that is meant: by ARN, alias or id; without any that of the AWS managed key. */
export function keyArn(keyId: string | undefined, tableArn: string): string {
  const [, , , region, account] = tableArn.split(":");
  const path = !keyId ? "alias/aws/dynamodb" : keyId.startsWith("alias/") ? keyId : `key/${keyId}`;
  return keyId?.startsWith("arn:") ? keyId : `arn:aws:kms:${region}:${account}:${path}`;
}

/** Input for dynalite's CreateTable that makes a table of the same keys and indexes. */
export function schemaOf(table: TableDescription): Json {
  const indexes = (member: string): Json => {
    const list = table[member];
    if (!Array.isArray(list)) return {};
    return {
      [member]: list
        .filter(isJson)
        .map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection })),
    };
  };
  return {
    TableName: table.TableName,
    KeySchema: table.KeySchema,
    AttributeDefinitions: table.AttributeDefinitions,
    BillingMode: "PAY_PER_REQUEST",
    ...indexes("LocalSecondaryIndexes"),
    ...indexes("GlobalSecondaryIndexes"),
  };
}
