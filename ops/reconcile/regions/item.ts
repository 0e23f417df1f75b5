import { createHash } from "node:crypto";
import type { Item } from "../../evidence/pages.ts";

/** An item as text that is the same for equal items only, whatever the order of attributes. */
export function canonicalItem(item: Item): string {
  return JSON.stringify(item, (_name, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}

/** SHA-256 of an item, in hexadecimal: stands for it in a pass over millions. */
export function fingerprint(item: Item): string {
  return createHash("sha256").update(canonicalItem(item), "utf8").digest("hex");
}

/** An attribute's text, of type S, N or BOOL. */
export function textOf(item: Item, name: string): string | undefined {
  const value = item[name];
  return value?.S ?? value?.N ?? (value?.BOOL === undefined ? undefined : String(value.BOOL));
}
