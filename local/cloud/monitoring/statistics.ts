/** What is kept of the values of a period. */
export interface StatisticSet {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
}

export const STATISTICS = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] as const;
export type Statistic = (typeof STATISTICS)[number];

export function emptyStatistics(): StatisticSet {
  return { count: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
}

/** Adds one set to another. */
export function addStatistics(to: StatisticSet, from: StatisticSet): void {
  to.count += from.count;
  to.sum += from.sum;
  if (from.minimum < to.minimum) to.minimum = from.minimum;
  if (from.maximum > to.maximum) to.maximum = from.maximum;
}

/** One statistic of a set that is not empty. */
export function statisticOf(set: StatisticSet, statistic: Statistic): number {
  switch (statistic) {
    case "SampleCount":
      return set.count;
    case "Average":
      return set.sum / set.count;
    case "Sum":
      return set.sum;
    case "Minimum":
      return set.minimum;
    case "Maximum":
      return set.maximum;
  }
}
