import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Dimensions } from "./metric-store.ts";
import { addStatistics, emptyStatistics, type StatisticSet, statisticsOf } from "./statistics.ts";
import { isUnit } from "./units.ts";

/** One metric of a PutMetricData call, aggregated. */
export interface Datum {
  name: string;
  dimensions: Dimensions;
  unit: string;
  set: StatisticSet;
  /** Milliseconds since the epoch; undefined for now. */
  at: number | undefined;
  isHighResolution: boolean;
}

/** CloudWatch API Reference, PutMetricData. */
const MAXIMUM_DATA = 1000;
const MAXIMUM_DIMENSIONS = 30;
const MAXIMUM_VALUES = 150;
const LARGEST_VALUE = 2 ** 360;
const PAST_MILLISECONDS = 14 * 86_400_000;
const FUTURE_MILLISECONDS = 2 * 3_600_000;

/** Reads the MetricData of PutMetricData: single values, Values with Counts, or StatisticValues. */
export function readMetricData(input: Input, now: number): Datum[] {
  const records = input.records("MetricData");
  if (records.length === 0 || records.length > MAXIMUM_DATA)
    throw new ServiceError(
      "InvalidParameterValueException",
      `The collection MetricData must have a size of 1 to ${MAXIMUM_DATA}; it has ${records.length}.`,
    );
  return records.map((record) => {
    const datum = new Input(record, "InvalidParameterValueException").only([
      ...["MetricName", "Dimensions", "Timestamp", "Value", "StatisticValues", "Values", "Counts"],
      ...["Unit", "StorageResolution"],
    ]);
    const unit = datum.optionalText("Unit") ?? "None";
    if (!isUnit(unit)) throw datum.refuse("Unit", unit, "Member must be a unit of CloudWatch");
    const resolution = datum.optionalInteger("StorageResolution") ?? 60;
    if (resolution !== 1 && resolution !== 60)
      throw datum.refuse("StorageResolution", resolution, "Member must be 1 or 60");
    const at = datum.optionalTime("Timestamp");
    if (at !== undefined && (at < now - PAST_MILLISECONDS || at > now + FUTURE_MILLISECONDS))
      throw datum.refuse(
        "Timestamp",
        record.Timestamp,
        "Member must be at most two weeks ago and two hours ahead",
      );
    return {
      name: datum.text("MetricName", { minimum: 1, maximum: 255 }),
      dimensions: readDimensions(datum),
      unit,
      set: readValues(record, datum),
      at,
      isHighResolution: resolution === 1,
    };
  });
}

/** Dimensions as `[{Name, Value}]`. */
export function readDimensions(input: Input): Dimensions {
  const dimensions: Record<string, string> = {};
  const records = input.records("Dimensions");
  if (records.length > MAXIMUM_DIMENSIONS)
    throw new ServiceError(
      "InvalidParameterValueException",
      `The collection Dimensions must not have a size greater than ${MAXIMUM_DIMENSIONS}.`,
    );
  for (const record of records) {
    const dimension = new Input(record, "InvalidParameterValueException");
    dimensions[dimension.text("Name", { minimum: 1, maximum: 255 })] = dimension.text("Value", {
      minimum: 1,
      maximum: 1024,
    });
  }
  return dimensions;
}

function readValues(record: Json, datum: Input): StatisticSet {
  const set = emptyStatistics();
  if (datum.has("StatisticValues")) {
    const given = datum.record("StatisticValues");
    return {
      count: finite("SampleCount", given.SampleCount),
      sum: finite("Sum", given.Sum),
      minimum: finite("Minimum", given.Minimum),
      maximum: finite("Maximum", given.Maximum),
    };
  }
  const values = datum.has("Values") ? datum.list("Values") : [record.Value];
  if (values.length > MAXIMUM_VALUES)
    throw new ServiceError(
      "InvalidParameterValueException",
      `The collection Values must not have a size greater than ${MAXIMUM_VALUES}.`,
    );
  const counts = datum.list("Counts");
  if (counts.length > 0 && counts.length !== values.length)
    throw new ServiceError(
      "InvalidParameterCombinationException",
      "Values and Counts must have the same size.",
    );
  values.forEach((given, index) => {
    const value = finite("Value", given);
    const count = counts.length > 0 ? finite("Counts", counts[index]) : 1;
    addStatistics(set, statisticsOf(value, count));
  });
  return set;
}

function finite(member: string, value: unknown): number {
  if (typeof value === "number" && Math.abs(value) <= LARGEST_VALUE) return value;
  throw new ServiceError(
    "InvalidParameterValueException",
    `The value ${JSON.stringify(value)} for parameter ${member} is invalid; it must be a number from -2^360 to 2^360.`,
  );
}
