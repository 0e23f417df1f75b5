import type { ServiceError } from "../service.ts";
import { partitionOf } from "./capacity.ts";
import type { DynaliteOperation, IndexDescription, Item, TableDescription } from "./dynalite.ts";
import { itemBytes, MAXIMUM_ITEM_BYTES, readUnits } from "./items.ts";
import type { RegionTables } from "./region-tables.ts";
import { validation } from "./table-settings.ts";
import type { Usage } from "./usage.ts";
import type { PendingWrite } from "./views.ts";

/** Takes the capacity for an item that is got by its key, or gives the error that throttles it. */
export function takeRead(
  tables: RegionTables,
  usage: Usage,
  table: TableDescription,
  key: string,
  item: Item | undefined,
  isConsistent: boolean,
): ServiceError | undefined {
  return usage.take("Read", table, tables.settingsOf(table.TableName), [
    { index: undefined, partition: partitionOf(key), units: readUnits(item, isConsistent) },
  ]);
}

/** Refuses an item above 400 KB, keys that are too long, in bytes of UTF-8, and keys of indexes that are empty. */
export function checkSizes(
  { before, after, description }: PendingWrite,
  operation: DynaliteOperation,
): ServiceError | undefined {
  if (!after) return undefined;
  if (itemBytes(after) > MAXIMUM_ITEM_BYTES)
    return validation(
      operation === "UpdateItem"
        ? "Item size to update has exceeded the maximum allowed size"
        : "Item size has exceeded the maximum allowed size",
    );
  for (const { IndexName, KeySchema } of indexesOf(description))
    for (const { AttributeName } of KeySchema)
      if (after[AttributeName]?.S === "" || after[AttributeName]?.B === "")
        return validation(
          "One or more parameter values are not valid. A value specified for a secondary index key is not supported. " +
            `The AttributeValue for a key attribute cannot contain an empty ${after[AttributeName].S === "" ? "string" : "binary"} value. ` +
            `IndexName: ${IndexName}, IndexKey: ${AttributeName}`,
        );
  if (before) return undefined;
  for (const { AttributeName, KeyType } of description.KeySchema) {
    const text = after[AttributeName]?.S;
    if (typeof text !== "string") continue;
    if (KeyType === "HASH" && Buffer.byteLength(text) > 2048)
      return validation(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
      );
    if (KeyType === "RANGE" && Buffer.byteLength(text) > 1024)
      return validation(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit " +
          "of 1024 bytes",
      );
  }
  return undefined;
}

function indexesOf(table: TableDescription): IndexDescription[] {
  return [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
}
