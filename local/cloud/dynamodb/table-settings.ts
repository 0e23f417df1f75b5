import { Input } from "../input.ts";
import { ServiceError } from "../service.ts";
import { BURST_SECONDS, isProvisioned, TableCapacity, type Throughput } from "./capacity.ts";
import type { TableDescription } from "./dynalite.ts";
import type { StreamView, TableStream } from "./table-stream.ts";
import type { Version } from "./versions.ts";

/** What a table has beyond what dynalite keeps. */
export interface TableSettings {
  /** Undefined once it is ACTIVE. */
  status: "CREATING" | "UPDATING" | "DELETING" | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The latest stream, which may be closed. */
  stream: TableStream | undefined;
  encryption: { type: string; keyId: string | undefined } | undefined;
  deletionProtection: boolean;
  tableClass: string | undefined;
  /** Milliseconds since the epoch when point-in-time recovery was turned on. */
  recoverableSince: number | undefined;
  recoveryPeriodInDays: number;
  resourcePolicy: string | undefined;
  replicas: ReplicaGroup | undefined;
  timeToLive: TimeToLive | undefined;
  /** Most request units a second on demand, of the table ("") and of indexes by name. */
  onDemand: Map<string, { read: number | undefined; write: number | undefined }>;
  readonly capacity: TableCapacity;
  /** Of each item by encoded key, deleted ones included; only of tables with replicas. */
  readonly versions: Map<string, Version>;
}

/** Which attribute holds an item's end, in seconds since the epoch. */
export interface TimeToLive {
  attribute: string;
  status: "ENABLING" | "ENABLED" | "DISABLING" | "DISABLED";
  changedAt: number;
}

/** The tables of one name in several regions that hold the same items. */
export interface ReplicaGroup {
  readonly members: Map<string, Replica>;
}

export interface Replica {
  status: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
  keyId: string | undefined;
  /** Region whose table it was added from, and when; undefined for the first one. */
  readonly added: { readonly from: string; readonly at: number } | undefined;
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
const OWN_MEMBERS = [
  "DeletionProtectionEnabled",
  "OnDemandThroughput",
  "SSESpecification",
  "StreamSpecification",
  "TableClass",
];

/** Members of CreateTable and UpdateTable that are carried out; others are refused, never ignored. */
export const CREATE_MEMBERS = [...DYNALITE_MEMBERS, ...OWN_MEMBERS, "Tags"];
export const UPDATE_MEMBERS = [...DYNALITE_MEMBERS, ...OWN_MEMBERS, "ReplicaUpdates"];

/** The own settings of a table that is created with this input, but for its stream. */
export function newSettings(input: Input, now: number): TableSettings {
  const settings: TableSettings = {
    status: undefined,
    createdAt: now,
    stream: undefined,
    encryption: undefined,
    deletionProtection: false,
    tableClass: undefined,
    recoverableSince: undefined,
    recoveryPeriodInDays: 35,
    resourcePolicy: undefined,
    replicas: undefined,
    timeToLive: undefined,
    onDemand: new Map(),
    capacity: new TableCapacity(),
    versions: new Map(),
  };
  changeSettings(settings, input);
  return settings;
}

/** Takes over what the input says of own settings but for the stream. */
export function changeSettings(settings: TableSettings, input: Input): void {
  if (input.has("SSESpecification"))
    settings.encryption = readEncryption(new Input(input.record("SSESpecification")));
  if (input.has("DeletionProtectionEnabled"))
    settings.deletionProtection = input.flag("DeletionProtectionEnabled");
  if (input.has("TableClass"))
    settings.tableClass = input.text("TableClass", { oneOf: ["STANDARD", "STANDARD_INFREQUENT_ACCESS"] });
  readOnDemand(settings, "", input);
  for (const index of input.records("GlobalSecondaryIndexes"))
    readOnDemand(settings, String(index.IndexName), new Input(index));
  for (const update of input.records("GlobalSecondaryIndexUpdates")) {
    const changed = new Input(update).record("Update");
    readOnDemand(settings, String(changed.IndexName), new Input(changed));
  }
}

function readOnDemand(settings: TableSettings, name: string, input: Input): void {
  if (!input.has("OnDemandThroughput")) return;
  const given = new Input(input.record("OnDemandThroughput"));
  const units = (member: string) => {
    const value = given.optionalInteger(member, { minimum: -1 });
    return value === undefined || value === -1 ? undefined : value;
  };
  settings.onDemand.set(name, { read: units("MaxReadRequestUnits"), write: units("MaxWriteRequestUnits") });
}

/** What a table (without a name) or an index of it may take. */
export function throughputOf(
  table: TableDescription,
  settings: TableSettings,
  index: string | undefined,
): Throughput {
  if (!isProvisioned(table)) {
    const { read, write } = settings.onDemand.get(index ?? "") ?? { read: undefined, write: undefined };
    return { read, write, burstSeconds: 1 };
  }
  const provisioned =
    index === undefined
      ? table.ProvisionedThroughput
      : table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index)?.ProvisionedThroughput;
  return {
    read: provisioned?.ReadCapacityUnits,
    write: provisioned?.WriteCapacityUnits,
    burstSeconds: BURST_SECONDS,
  };
}

/** The view that a StreamSpecification asks for; undefined if it turns the stream off. */
export function readStreamView(settings: TableSettings, input: Input): StreamView | undefined {
  const specification = new Input(input.record("StreamSpecification"));
  const view = specification.optionalText("StreamViewType", { oneOf: STREAM_VIEWS });
  const isOpen = settings.stream !== undefined && settings.stream.closedAt === undefined;
  if (!specification.flag("StreamEnabled")) {
    if (settings.replicas)
      throw validation("Stream cannot be disabled for a table that has replicas; remove the replicas first.");
    return undefined;
  }
  if (!view) throw validation("One or more parameter values were invalid: StreamViewType is required");
  if (isOpen) throw validation(`Table already has an enabled stream: TableName: ${input.text("TableName")}`);
  return view as StreamView;
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

/** DynamoDB's ValidationException. */
export function validation(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}
