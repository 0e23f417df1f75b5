import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Dimensions } from "./metric-store.ts";
import { addStatistics, emptyStatistics, type StatisticSet } from "./statistics.ts";

/** One metric of a PutMetricData call, aggregated. */
export interface Datum {
  name: string;
  dimensions: Dimensions;
  unit: string;
  set: StatisticSet;
  /** Milliseconds since the epoch; undefined for now. */
  at: number | undefined;
}

/** CloudWatch API Reference, PutMetricData. */
const MAXIMUM_DATA = 1000;
const MAXIMUM_DIMENSIONS = 30;
const MAXIMUM_VALUES = 150;

/** Reads the MetricData of PutMetricData: single values, Values with Counts, or StatisticValues. */
export function readMetricData(input: Input): Datum[] {
  const records = input.records("MetricData");
  if (records.length > MAXIMUM_DATA)
    throw new ServiceError(
      "InvalidParameterValueException",
      `The collection MetricData must not have a size greater than ${MAXIMUM_DATA}; it has ${records.length}.`,
    );
  return records.map((record) => {
    const datum = new Input(record, "InvalidParameterValueException");
    return {
      name: datum.text("MetricName", { minimum: 1, maximum: 255 }),
      dimensions: readDimensions(datum),
      unit: datum.optionalText("Unit") ?? "None",
      set: readValues(record, datum),
      at: datum.optionalTime("Timestamp"),
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
    addStatistics(set, { count, sum: value * count, minimum: value, maximum: value });
  });
  return set;
}

function finite(member: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new ServiceError(
    "InvalidParameterValueException",
    `The value ${JSON.stringify(value)} for parameter ${member} is invalid; it must be a finite number.`,
  );
}
