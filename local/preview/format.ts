import type { Value } from "../program/wire.ts";
import type { ResourceChange } from "./compare.ts";
import type { Cost, CostItem } from "./cost.ts";
import type { PropertyChange } from "./property-changes.ts";
import type { Preview } from "./report.ts";

const MAXIMUM_VALUE_CHARACTERS = 120;

/** US dollars, such as `1,234.50`; what is less than a cent but something, as `0.00…`. */
export function dollars(amount: number): string {
  return amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** The same with its sign. */
export function signedDollars(amount: number): string {
  const rounded = Math.round(amount * 100) / 100;
  return `${rounded < 0 ? "-" : "+"}${dollars(Math.abs(rounded))}`;
}

/** A value in one line of bounded length. */
export function valueText(value: Value | undefined): string {
  if (value === undefined) return "(none)";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > MAXIMUM_VALUE_CHARACTERS ? `${line.slice(0, MAXIMUM_VALUE_CHARACTERS - 1)}…` : line;
}

/** `path: old → new`, or what of it there is. */
export function changeText({ path, before, after, replaces }: PropertyChange): string {
  const change =
    before === undefined
      ? `added ${valueText(after)}`
      : after === undefined
        ? `removed ${valueText(before)}`
        : `${valueText(before)} → ${valueText(after)}`;
  return `${path}: ${change}${replaces ? " (replaces)" : ""}`;
}

/** A type without its package and its doubled module, such as `sqs Queue`. */
export function shortType(type: string): string {
  const [, module = "", name = ""] = type.split(":");
  return `${module.split("/")[0]} ${name}`;
}

export function resourceText({ type, name, region }: ResourceChange): string {
  return `${shortType(type)} ${name}${region ? ` (${region})` : ""}`;
}

/** What a replacement or a removal loses, as a sentence's end. */
export function lossText({ loses, deleteBeforeReplace }: ResourceChange): string {
  const lost = loses ? `loses ${loses}` : "";
  const gone = deleteBeforeReplace ? "is not there until its replacement is made" : "";
  return [lost, gone].filter(Boolean).join("; ");
}

export const KINDS = ["replaced", "removed", "changed", "added"] as const;

export function isUnchanged({ comparison }: Preview): boolean {
  return (
    comparison !== undefined &&
    KINDS.every((kind) => comparison[kind].length === 0) &&
    comparison.outputs.length === 0
  );
}

/** Dollars a month by service and region. */
export function byServiceAndRegion({ items }: Cost): { service: string; region: string; monthly: number }[] {
  const all = new Map<string, { service: string; region: string; monthly: number }>();
  for (const { service, region, monthly } of items) {
    const key = `${service} ${region}`;
    all.set(key, { service, region, monthly: monthly + (all.get(key)?.monthly ?? 0) });
  }
  return [...all.values()].sort((a, b) => b.monthly - a.monthly);
}

/** Regions that anything of the costs is in. */
export function costRegions(items: readonly CostItem[]): string[] {
  return [...new Set(items.map(({ region }) => region))];
}

/** Regions that resources are in, `global` last. */
export function resourceRegions({ components }: Preview["resources"]): string[] {
  const regions = new Set(components.flatMap((each) => Object.keys(each.regions)));
  return [...regions].sort((a, b) => Number(a === "global") - Number(b === "global"));
}
