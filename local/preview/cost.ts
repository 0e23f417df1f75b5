import { ASSUMPTIONS, assumptionsOf } from "./assumptions.ts";
import { fixedUsage } from "./fixed-usage.ts";
import { PRICES, type PriceName } from "./prices.ts";
import { scheduleUsage } from "./schedule-usage.ts";
import type { Snapshot } from "./snapshot.ts";
import { tradeUsage } from "./trade-usage.ts";

/** So much of something that is priced, in a month. Units of a million are given as single ones. */
export interface Usage {
  price: PriceName;
  region: string;
  quantity: number;
}

export interface CostItem {
  service: string;
  region: string;
  unit: string;
  /** In units. */
  quantity: number;
  /** US dollars for a unit. */
  price: number;
  /** US dollars a month. */
  monthly: number;
  /** Whether it is there without any trade. */
  isFixed: boolean;
}

export interface Cost {
  /** Trades a month. */
  volume: number;
  /** US dollars a month. */
  total: number;
  fixed: number;
  perTrade: number;
  items: CostItem[];
  /** What has no price in its region, and what could not be worked out. */
  unpriced: string[];
  assumptions: string[];
}

/** What a stack costs a month at a volume, from its resources and the stated assumptions. */
export function costOf(snapshot: Snapshot, volume: number): Cost {
  const unpriced: string[] = [];
  const priced = (usages: readonly Usage[], isFixed: boolean) =>
    merged(usages).flatMap((usage) => {
      const { service, unit, regions } = PRICES[usage.price];
      const price: number | undefined = (regions as Readonly<Record<string, number>>)[usage.region];
      if (price === undefined) {
        unpriced.push(`${service}: ${unit}: no price is known for ${usage.region || "no region"}`);
        return [];
      }
      const quantity = unit.startsWith("million ") ? usage.quantity / 1e6 : usage.quantity;
      return { service, unit, price, quantity, monthly: quantity * price, isFixed, region: usage.region };
    });
  const hours = ASSUMPTIONS.hoursInMonth;
  const schedules = scheduleUsage(snapshot, hours);
  const fixed = priced([...fixedUsage(snapshot, hours), ...schedules.usages], true);
  const { usages, problems } = tradeUsage(snapshot, volume);
  const perTrade = priced(usages, false);
  return {
    volume,
    total: sum(fixed) + sum(perTrade),
    fixed: sum(fixed),
    perTrade: sum(perTrade),
    items: [...fixed, ...perTrade],
    unpriced: [...unpriced, ...schedules.problems, ...problems],
    assumptions: assumptionsOf(volume),
  };
}

function sum(items: readonly CostItem[]): number {
  return items.reduce((total, { monthly }) => total + monthly, 0);
}

/** One usage for each price and region, without those of nothing. */
function merged(usages: readonly Usage[]): Usage[] {
  const all = new Map<string, Usage>();
  for (const usage of usages) {
    const key = `${usage.price} ${usage.region}`;
    all.set(key, { ...usage, quantity: usage.quantity + (all.get(key)?.quantity ?? 0) });
  }
  return [...all.values()].filter(({ quantity }) => quantity > 0);
}
