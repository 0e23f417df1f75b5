import type { Input } from "../input.ts";
import type { Json } from "../service.ts";

/** One page of a list by Limit and NextToken, under a member's name. */
export function page(member: string, items: readonly unknown[], input: Input): Json {
  const token = input.optionalText("NextToken");
  const from = token === undefined ? "0" : Buffer.from(token, "base64").toString("utf8");
  if (!/^\d+$/.test(from)) throw input.refuse("NextToken", token, "a token of a previous answer");
  const end = Number(from) + (input.optionalInteger("Limit", { minimum: 1, maximum: 100 }) ?? 100);
  const next = end < items.length ? { NextToken: Buffer.from(String(end)).toString("base64") } : {};
  return { [member]: items.slice(Number(from), end), ...next };
}
