import type { Clock } from "../service.ts";
import { addStatistics, emptyStatistics, type StatisticSet, statisticsOf } from "./statistics.ts";

/** Dimensions of a metric: value by name. */
export type Dimensions = Readonly<Record<string, string>>;

/** A metric that has values. */
export interface MetricIdentity {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly unit: string;
  /** Kept by second for periods below a minute; values of others belong to their minute. */
  readonly isHighResolution?: boolean;
}

/** A time span in periods. */
export interface PeriodSpan {
  /** Inclusive, in milliseconds since the epoch. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly periodSeconds: number;
  /** A time at which one of the periods begins, in milliseconds. Default: the epoch. */
  readonly origin?: number;
}

interface Series extends MetricIdentity {
  /** Time of the newest value. */
  latest: number;
  /** By second, for the recent past. */
  readonly seconds: Map<number, StatisticSet>;
  /** By minute, for what is older. */
  readonly minutes: Map<number, StatisticSet>;
  /** Of everything ever recorded. */
  readonly total: StatisticSet;
}

/** A day by minute, after a quarter of an hour by second: about 0.3 MB for a metric that never pauses. */
const KEPT_SECONDS = 900;
const KEPT_MINUTES = 1440;
const MAXIMUM_SERIES = 20_000;

/**
 * Values of metrics in bounded memory: by second for the last 15 minutes that have values, by minute for the day
 * before. A total of everything is kept besides.
 */
export class MetricStore {
  /** Values that were dropped because there were too many different metrics. */
  dropped = 0;
  readonly #clock: Clock;
  readonly #isLost: (region: string) => boolean;
  readonly #series = new Map<string, Series>();

  /** What a region records that is lost at this time is not kept. */
  constructor(clock: Clock, isLost: (region: string) => boolean = () => false) {
    this.#clock = clock;
    this.#isLost = isLost;
  }

  /** Records one value, at the present time unless said otherwise (milliseconds since the epoch). */
  record(
    region: string,
    namespace: string,
    name: string,
    dimensions: Dimensions,
    value: number,
    unit = "None",
    at = this.#clock.now(),
  ): void {
    this.recordSet({ region, namespace, name, dimensions, unit }, statisticsOf(value), at);
  }

  /** Records values that were aggregated by the sender. */
  recordSet(identity: MetricIdentity, set: StatisticSet, at = this.#clock.now()): void {
    if (this.#isLost(identity.region)) return;
    const key = keyOf(identity.region, identity.namespace, identity.name, identity.dimensions);
    let series = this.#series.get(key);
    if (!series) {
      if (this.#series.size >= MAXIMUM_SERIES) {
        this.dropped += set.count;
        return;
      }
      const dimensions = { ...identity.dimensions };
      const total = emptyStatistics();
      series = { ...identity, dimensions, latest: at, seconds: new Map(), minutes: new Map(), total };
      this.#series.set(key, series);
    }
    series.latest = Math.max(series.latest, at);
    addStatistics(series.total, set);
    addTo(series.seconds, Math.floor(at / 1000), set);
    if (series.seconds.size > KEPT_SECONDS) condense(series);
  }

  /** Sum of the values from `from` (inclusive) to `to` (exclusive), in milliseconds; of all without bounds. */
  sum(
    region: string,
    namespace: string,
    name: string,
    dimensions: Dimensions,
    from?: number,
    to?: number,
  ): number {
    return this.statistics(region, namespace, name, dimensions, from, to).sum;
  }

  /** Statistics of the values of a time span; `count` is 0 if there are none. */
  statistics(
    region: string,
    namespace: string,
    name: string,
    dimensions: Dimensions,
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
  ): StatisticSet {
    const result = emptyStatistics();
    const series = this.#series.get(keyOf(region, namespace, name, dimensions));
    if (!series) return result;
    if (from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY) return { ...series.total };
    for (const { at, set } of points(series)) if (at >= from && at < to) addStatistics(result, set);
    return result;
  }

  /** Statistics by period, oldest first; periods without values are left out. Times in milliseconds. */
  periods(
    region: string,
    namespace: string,
    name: string,
    dimensions: Dimensions,
    { from, to, periodSeconds, origin = 0 }: PeriodSpan,
  ): { at: number; set: StatisticSet; unit: string }[] {
    const series = this.#series.get(keyOf(region, namespace, name, dimensions));
    if (!series) return [];
    const length = periodSeconds * 1000;
    const resolution = periodSeconds < 60 && !series.isHighResolution ? 60_000 : 1;
    const found = new Map<number, StatisticSet>();
    for (const point of points(series)) {
      const at = Math.floor(point.at / resolution) * resolution;
      if (at < from || at >= to) continue;
      addTo(found, Math.floor((at - origin) / length) * length + origin, point.set);
    }
    return [...found].sort(([a], [b]) => a - b).map(([at, set]) => ({ at, set, unit: series.unit }));
  }

  /** The metrics of a region that have values at this time or later, in milliseconds since the epoch. */
  metrics(region: string, since = Number.NEGATIVE_INFINITY): MetricIdentity[] {
    return [...this.#series.values()].filter((series) => series.region === region && series.latest >= since);
  }
}

function keyOf(region: string, namespace: string, name: string, dimensions: Dimensions): string {
  let key = `${region}\n${namespace}\n${name}`;
  for (const dimension of Object.keys(dimensions).sort()) key += `\n${dimension}\n${dimensions[dimension]}`;
  return key;
}

function addTo(sets: Map<number, StatisticSet>, at: number, set: StatisticSet): void {
  const existing = sets.get(at);
  if (existing) addStatistics(existing, set);
  else sets.set(at, set.values ? { ...set, values: new Map(set.values) } : { ...set });
}

function condense(series: Series): void {
  const oldest = Math.min(...series.seconds.keys());
  const minute = Math.floor(oldest / 60);
  for (const [second, set] of series.seconds)
    if (Math.floor(second / 60) === minute) {
      addTo(series.minutes, minute, set);
      series.seconds.delete(second);
    }
  if (series.minutes.size > KEPT_MINUTES) series.minutes.delete(Math.min(...series.minutes.keys()));
}

function* points(series: Series): Generator<{ at: number; set: StatisticSet }> {
  for (const [minute, set] of series.minutes) yield { at: minute * 60_000, set };
  for (const [second, set] of series.seconds) yield { at: second * 1000, set };
}
