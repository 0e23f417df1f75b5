import type { Input } from "../input.ts";
import type { Json } from "../service.ts";

const DEFAULT_ITEMS = 100;
const MAXIMUM_ITEMS = 1000;

/** One page of a list under its member's name, as `Marker` and `MaxItems` ask for it. */
export function paged(input: Input, member: string, items: readonly unknown[]): Json {
  const limit = input.optionalInteger("MaxItems", { minimum: 1, maximum: MAXIMUM_ITEMS }) ?? DEFAULT_ITEMS;
  const start = Number(input.optionalText("Marker", { pattern: /^\d+$/ }) ?? 0);
  const end = start + limit;
  const isTruncated = end < items.length;
  return {
    [member]: items.slice(start, end),
    IsTruncated: isTruncated,
    ...(isTruncated ? { Marker: String(end) } : {}),
  };
}
