import { Input } from "../input.ts";
import type { Json } from "../service.ts";

/** Most entries of a page (Lambda API Reference: "returns up to 50 items in each response"). */
const MAXIMUM_PAGE = 50;

/** One page of a list, as Marker and MaxItems ask for it, with NextMarker if there is more. */
export function page(json: Json, member: string, all: readonly unknown[]): Json {
  const input = new Input(json, "InvalidParameterValueException");
  const limit = input.optionalInteger("MaxItems", { minimum: 1, maximum: 10_000 }) ?? MAXIMUM_PAGE;
  const start = Number(input.optionalText("Marker", { pattern: /^\d+$/ }) ?? 0);
  const end = start + Math.min(limit, MAXIMUM_PAGE);
  return { [member]: all.slice(start, end), ...(end < all.length ? { NextMarker: String(end) } : {}) };
}
