import { isJson } from "../input.ts";
import type { MetricStore } from "../monitoring/metric-store.ts";

/**
 * Records the metrics of a log line in CloudWatch embedded metric format: every metric under every dimension set
 * of its directive. A line of any other form is left alone. (CloudWatch User Guide, "Specification: Embedded metric
 * format".)
 */
export function recordEmbeddedMetrics(metrics: MetricStore, region: string, message: string): void {
  if (!message.includes('"_aws"') || !message.includes('"CloudWatchMetrics"')) return;
  const start = message.indexOf("{");
  let root: unknown;
  try {
    root = JSON.parse(message.slice(start));
  } catch {
    return;
  }
  if (!isJson(root) || !isJson(root._aws) || !Array.isArray(root._aws.CloudWatchMetrics)) return;
  const at = typeof root._aws.Timestamp === "number" ? root._aws.Timestamp : undefined;
  for (const directive of root._aws.CloudWatchMetrics) {
    if (!isJson(directive) || typeof directive.Namespace !== "string" || !Array.isArray(directive.Metrics))
      continue;
    const sets = Array.isArray(directive.Dimensions) ? directive.Dimensions : [[]];
    for (const names of sets) {
      const dimensions = dimensionsOf(root, names);
      if (!dimensions) continue;
      for (const metric of directive.Metrics) {
        if (!isJson(metric) || typeof metric.Name !== "string") continue;
        const unit = typeof metric.Unit === "string" ? metric.Unit : "None";
        const given = root[metric.Name];
        for (const value of Array.isArray(given) ? given : [given])
          if (typeof value === "number" && Number.isFinite(value))
            metrics.record(region, directive.Namespace, metric.Name, dimensions, value, unit, at);
      }
    }
  }
}

/** The values of a dimension set; undefined if one is missing, since the set then yields no metric. */
function dimensionsOf(root: Record<string, unknown>, names: unknown): Record<string, string> | undefined {
  if (!Array.isArray(names)) return undefined;
  const dimensions: Record<string, string> = {};
  for (const name of names) {
    const value = typeof name === "string" ? root[name] : undefined;
    if (typeof name !== "string" || typeof value !== "string") return undefined;
    dimensions[name] = value;
  }
  return dimensions;
}
