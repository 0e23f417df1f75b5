import { Input, isJson } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { TableDescription } from "./dynalite.ts";
import type { Version } from "./versions.ts";

/** What a table has beyond what dynalite keeps. */
export interface TableSettings {
  /** Takes the place of the table's own status while something here is under way. */
  status: string | undefined;
  streamViewType: string | undefined;
  /** ISO 8601, part of the stream's ARN. */
  streamLabel: string | undefined;
  encryption: { type: string; keyId: string | undefined } | undefined;
  deletionProtection: boolean;
  tableClass: string | undefined;
  /** Milliseconds since the epoch when point-in-time recovery was turned on. */
  recoverableSince: number | undefined;
  recoveryPeriodInDays: number;
  resourcePolicy: string | undefined;
  replicas: ReplicaGroup | undefined;
  /** Of each item by encoded key, deleted ones included; only of tables with replicas. */
  readonly versions: Map<string, Version>;
}

/** The tables of one name in several regions that hold the same items. */
export interface ReplicaGroup {
  /** Region that the other replicas were added from. */
  readonly home: string;
  readonly members: Map<string, Replica>;
}

export interface Replica {
  status: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
  keyId: string | undefined;
}

const STREAM_VIEWS = ["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"] as const;
const DYNALITE_MEMBERS = [
  "AttributeDefinitions",
  "BillingMode",
  "GlobalSecondaryIndexes",
  "KeySchema",
  "LocalSecondaryIndexes",
  "ProvisionedThroughput",
  "TableName",
];
const OWN_MEMBERS = ["DeletionProtectionEnabled", "SSESpecification", "StreamSpecification", "TableClass"];

/** Members of CreateTable and UpdateTable that are carried out; others are refused, never ignored. */
export const CREATE_MEMBERS = [...DYNALITE_MEMBERS, ...OWN_MEMBERS, "Tags"];
export const UPDATE_MEMBERS = [...DYNALITE_MEMBERS, ...OWN_MEMBERS, "ReplicaUpdates"];

/** The own settings of a table that is created with this input. */
export function newSettings(input: Input, now: number): TableSettings {
  const settings: TableSettings = {
    status: undefined,
    streamViewType: undefined,
    streamLabel: undefined,
    encryption: undefined,
    deletionProtection: false,
    tableClass: undefined,
    recoverableSince: undefined,
    recoveryPeriodInDays: 35,
    resourcePolicy: undefined,
    replicas: undefined,
    versions: new Map(),
  };
  changeSettings(settings, input, now);
  return settings;
}

/** Takes over what the input says of own settings; gives whether anything was said. */
export function changeSettings(settings: TableSettings, input: Input, now: number): boolean {
  if (input.has("StreamSpecification")) changeStream(settings, input, now);
  if (input.has("SSESpecification"))
    settings.encryption = readEncryption(new Input(input.record("SSESpecification")));
  if (input.has("DeletionProtectionEnabled"))
    settings.deletionProtection = input.flag("DeletionProtectionEnabled");
  if (input.has("TableClass"))
    settings.tableClass = input.text("TableClass", { oneOf: ["STANDARD", "STANDARD_INFREQUENT_ACCESS"] });
  return OWN_MEMBERS.some((member) => input.has(member));
}

function changeStream(settings: TableSettings, input: Input, now: number): void {
  const specification = new Input(input.record("StreamSpecification"));
  const enabled = specification.flag("StreamEnabled");
  const view = specification.optionalText("StreamViewType", { oneOf: STREAM_VIEWS });
  if (!enabled) {
    if (settings.replicas)
      throw validation("Stream cannot be disabled for a table that has replicas; remove the replicas first.");
    settings.streamViewType = undefined;
    return;
  }
  if (!view) throw validation("One or more parameter values were invalid: StreamViewType is required");
  if (settings.streamViewType)
    throw validation(`Table already has an enabled stream: TableName: ${input.text("TableName")}`);
  settings.streamViewType = view;
  settings.streamLabel = new Date(now).toISOString().replace("Z", "");
}

function readEncryption(specification: Input): TableSettings["encryption"] {
  const keyId = specification.optionalText("KMSMasterKeyId");
  if (!specification.flag("Enabled")) {
    if (keyId)
      throw validation("One or more parameter values were invalid: KMSMasterKeyId needs Enabled true");
    return undefined;
  }
  return { type: specification.optionalText("SSEType", { oneOf: ["KMS"] }) ?? "KMS", keyId };
}

/** A table as DescribeTable shows it in `region`. */
export function showTable(table: TableDescription, settings: TableSettings, region: string): Json {
  const replicas = [...(settings.replicas?.members ?? [])].filter(([name]) => name !== region);
  const replaced = settings.status !== undefined && table.TableStatus === "ACTIVE";
  return {
    ...table,
    ...(replaced ? { TableStatus: settings.status } : {}),
    DeletionProtectionEnabled: settings.deletionProtection,
    ...(settings.tableClass ? { TableClassSummary: { TableClass: settings.tableClass } } : {}),
    ...(settings.streamViewType
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: settings.streamViewType } }
      : {}),
    ...(settings.streamLabel
      ? {
          LatestStreamLabel: settings.streamLabel,
          LatestStreamArn: `${table.TableArn}/stream/${settings.streamLabel}`,
        }
      : {}),
    ...(settings.encryption ? { SSEDescription: showEncryption(settings.encryption, table.TableArn) } : {}),
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

function showEncryption(
  { type, keyId }: { type: string; keyId: string | undefined },
  tableArn: string,
): Json {
  const [, , , region, account] = tableArn.split(":");
  const path = !keyId ? "alias/aws/dynamodb" : keyId.startsWith("alias/") ? keyId : `key/${keyId}`;
  const arn = keyId?.startsWith("arn:") ? keyId : `arn:aws:kms:${region}:${account}:${path}`;
  return { Status: "ENABLED", SSEType: type, KMSMasterKeyArn: arn };
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

/** DynamoDB's ValidationException. */
export function validation(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}
