import { isJsonObject } from "../domain/json.ts";
import type { RowImage } from "../domain/replacement.ts";

/** One change of a row, as a record of the table's stream has it (Lambda Developer Guide, "DynamoDB"). */
export interface RowChange {
  readonly former: RowImage;
  readonly now: { readonly event: string; readonly contentHash: string };
}

/**
 * Reads a record of the stream: a row that was modified, with both of its images; undefined for other kinds of
 * records. Throws RangeError naming the attribute that a row lacks.
 */
export function rowChange(record: unknown): RowChange | undefined {
  if (!isJsonObject(record) || record.eventName !== "MODIFY" || !isJsonObject(record.dynamodb))
    return undefined;
  const { OldImage: former, NewImage: now } = record.dynamodb;
  const text = (image: unknown, name: string) => attribute(image, name, "S");
  const number = (image: unknown, name: string) => Number(attribute(image, name, "N"));
  return {
    former: {
      event: text(former, "event"),
      contentHash: text(former, "contentHash"),
      tradeId: text(former, "tradeId"),
      version: number(former, "version"),
      sourceSystem: text(former, "sourceSystem"),
      eventId: text(former, "eventId"),
      region: text(former, "region"),
      timestamp: number(former, "timestamp"),
      content: text(former, "content"),
    },
    now: { event: text(now, "event"), contentHash: text(now, "contentHash") },
  };
}

function attribute(image: unknown, name: string, type: "S" | "N"): string {
  const value = isJsonObject(image) ? image[name] : undefined;
  const text = isJsonObject(value) ? value[type] : undefined;
  if (typeof text !== "string")
    throw new RangeError(`row attribute ${name}: absent; allowed is one of type ${type}`);
  return text;
}
