import { isJson } from "../../input.ts";
import type { Json } from "../../service.ts";
import { itemContext } from "./attributes.ts";
import type { Need, Place } from "./table.ts";
import { type ActionTable, anything, member, regional, rows } from "./table.ts";

/** Amazon DynamoDB and its streams. A table may be given by name or by ARN. */
function tableArn(nameOrArn: string, at: Place): string {
  return nameOrArn.startsWith("arn:") ? nameOrArn : regional("dynamodb", at, `table/${nameOrArn}`);
}

const table = (input: Json, at: Place) => tableArn(member(input, "TableName"), at);

/** The index, if one is asked, or else the table. */
function tableOrIndex(input: Json, at: Place): string {
  const index = member(input, "IndexName");
  return index === "" ? table(input, at) : `${table(input, at)}/index/${index}`;
}

const streams = (input: Json, at: Place) => {
  const name = member(input, "TableName");
  return name === "" ? "*" : `${tableArn(name, at)}/stream/*`;
};

const ofItem = (operation: string) => (input: Json, at: Place) => [
  { action: `dynamodb:${operation}`, resource: table(input, at), context: itemContext(input) },
];

const batch = (action: string) => (input: Json, at: Place) =>
  Object.keys(isJson(input.RequestItems) ? input.RequestItems : {}).map((name) => ({
    action,
    resource: tableArn(name, at),
  }));

/** A transaction needs the action of each of its parts (Amazon DynamoDB Developer Guide, "Using IAM with transactions"). */
const transaction = (actions: Readonly<Record<string, string>>) => (input: Json, at: Place) => {
  const items = Array.isArray(input.TransactItems) ? input.TransactItems.filter(isJson) : [];
  return items.flatMap((item) =>
    Object.entries(item).flatMap(([kind, part]): Need[] =>
      actions[kind] && isJson(part) ? [{ action: actions[kind], resource: table(part, at) }] : [],
    ),
  );
};

/** Replicas need permissions of their own (Amazon DynamoDB Developer Guide, "Using IAM with global tables"). */
function updateTable(input: Json, at: Place): Need[] {
  const resource = table(input, at);
  const replicas = Array.isArray(input.ReplicaUpdates) ? input.ReplicaUpdates.filter(isJson) : [];
  return [
    { action: "dynamodb:UpdateTable", resource },
    ...(replicas.some(({ Create }) => Create) ? [{ action: "dynamodb:CreateTableReplica", resource }] : []),
    ...(replicas.some(({ Delete }) => Delete) ? [{ action: "dynamodb:DeleteTableReplica", resource }] : []),
  ];
}

export const DYNAMODB_ACTIONS: ActionTable = {
  ...rows("dynamodb", table, "CreateTable", "DeleteTable", "DescribeTable"),
  ...rows("dynamodb", table, "DescribeTimeToLive", "UpdateTimeToLive"),
  GetItem: ofItem("GetItem"),
  PutItem: ofItem("PutItem"),
  UpdateItem: ofItem("UpdateItem"),
  DeleteItem: ofItem("DeleteItem"),
  ...rows("dynamodb", table, "DescribeContinuousBackups", "UpdateContinuousBackups"),
  ...rows("dynamodb", table, "DescribeContributorInsights", "UpdateContributorInsights"),
  UpdateTable: updateTable,
  ...rows("dynamodb", tableOrIndex, "Query", "Scan"),
  BatchGetItem: batch("dynamodb:BatchGetItem"),
  BatchWriteItem: batch("dynamodb:BatchWriteItem"),
  TransactGetItems: transaction({ Get: "dynamodb:GetItem" }),
  TransactWriteItems: transaction({
    Put: "dynamodb:PutItem",
    Update: "dynamodb:UpdateItem",
    Delete: "dynamodb:DeleteItem",
    ConditionCheck: "dynamodb:ConditionCheckItem",
  }),
  ...rows("dynamodb", (input) => member(input, "ResourceArn"), "GetResourcePolicy", "PutResourcePolicy"),
  ...rows("dynamodb", (input) => member(input, "ResourceArn"), "DeleteResourcePolicy", "TagResource"),
  ...rows("dynamodb", (input) => member(input, "ResourceArn"), "UntagResource", "ListTagsOfResource"),
  ...rows("dynamodb", anything, "ListTables", "ListGlobalTables", "DescribeLimits", "DescribeEndpoints"),
  ...rows(
    "dynamodb",
    (input, { account }) => `arn:aws:dynamodb::${account}:global-table/${member(input, "GlobalTableName")}`,
    "DescribeGlobalTable",
  ),
  ...rows("dynamodb", streams, "ListStreams"),
  ...rows("dynamodb", (input) => member(input, "StreamArn"), "DescribeStream", "GetShardIterator"),
  // The iterator is opaque but for the stream's ARN at its start.
  ...rows("dynamodb", (input) => streamOf(member(input, "ShardIterator")), "GetRecords"),
};

function streamOf(iterator: string): string {
  return /^arn:aws:dynamodb:[^|]+/.exec(iterator)?.[0] ?? "*";
}
