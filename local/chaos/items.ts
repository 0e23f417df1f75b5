import { OPERATOR } from "../cloud/cloud.ts";
import type { LocalSystem } from "../system.ts";

/** An item as DynamoDB gives it. */
export type StoredItem = Readonly<Record<string, { S?: string; N?: string; BOOL?: boolean } | undefined>>;

/** Every item of a table in a region. */
export async function* itemsOf(
  system: LocalSystem,
  region: string,
  table: string,
): AsyncGenerator<StoredItem> {
  let start: unknown;
  do {
    const page = await system.services.cloud.surroundings.call(
      "dynamodb",
      "Scan",
      { TableName: table, ...(start ? { ExclusiveStartKey: start } : {}) },
      { region, principal: OPERATOR },
    );
    yield* page.Items as StoredItem[];
    start = page.LastEvaluatedKey;
  } while (start);
}
