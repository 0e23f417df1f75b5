import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Item } from "../../evidence/pages.ts";
import type { Table } from "../tables.ts";
import type { Clients } from "./pass.ts";
import type { Write } from "./plan.ts";

/** The tables that mending writes to. */
export interface MendTables {
  readonly trades: Table;
  readonly outcomes: Table;
}

/** What of an item is compared with what was read: an item is written once, but for its enrichment. */
const IDENTITY = {
  trades: ["event", "contentHash", "recordedAt", "execution", "enrichment", "enrichedAt"],
  outcomes: ["outcome", "stage", "source", "timestamp", "reasons", "error", "cause", "envelope"],
} as const;

/** Carries writes out in their order, and stops at a row that is no longer as it was read; false then. */
export async function carryOut(
  writes: readonly Write[],
  tables: MendTables,
  clients: Clients,
  signal: AbortSignal,
): Promise<boolean> {
  for (const write of writes) {
    const isWritten = await put(write, tables[write.table], clients[write.side], signal);
    // An outcome that is there already was put by an earlier mend or came by replication.
    if (!isWritten && !(write.table === "outcomes" && !write.replaces)) return false;
  }
  return true;
}

async function put(
  { item, replaces, table }: Write,
  { name, hashKey }: Table,
  client: DynamoDBClient,
  signal: AbortSignal,
): Promise<boolean> {
  const condition = replaces ? unchanged(replaces, IDENTITY[table]) : absent(hashKey);
  const command = new PutItemCommand({ TableName: name, Item: { ...item }, ...condition });
  try {
    await client.send(command, { abortSignal: signal });
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function absent(hashKey: string) {
  return {
    ConditionExpression: "attribute_not_exists(#key)",
    ExpressionAttributeNames: { "#key": hashKey },
  };
}

/** The condition that these attributes are what they were, or still absent. */
function unchanged(item: Item, names: readonly string[]) {
  const values: Record<string, AttributeValue> = {};
  const terms = names.map((name, index) => {
    const value = item[name];
    if (value === undefined) return `attribute_not_exists(#a${index})`;
    values[`:v${index}`] = value;
    return `#a${index} = :v${index}`;
  });
  return {
    ConditionExpression: terms.join(" AND "),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#a${index}`, name])),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}
