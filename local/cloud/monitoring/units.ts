/** CloudWatch API Reference, MetricDatum: Unit. */
const SIZES = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"].flatMap((bytes) => [
  bytes,
  bytes.replace("bytes", "bits").replace("Bytes", "Bits"),
]);
const UNITS = new Set([
  ...["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"],
  ...SIZES.flatMap((size) => [size, `${size}/Second`]),
]);

/** Whether CloudWatch has this unit. */
export function isUnit(unit: string): boolean {
  return UNITS.has(unit);
}
