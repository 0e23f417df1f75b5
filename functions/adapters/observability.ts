import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { type FunctionName, METRICS, METRICS_NAMESPACE, type Reason } from "../contract.ts";

/** One logger and one set of metrics a function, made once an execution environment. */
export interface Observability {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Level and sampling come from the environment variables of Powertools, which the infrastructure sets. */
export function observability(name: FunctionName): Observability {
  return {
    logger: new Logger({ serviceName: name }),
    metrics: new Metrics({ namespace: METRICS_NAMESPACE, serviceName: name }),
  };
}

/** Counts, once if not said otherwise. */
export function count(metrics: Metrics, metric: keyof typeof METRICS, times = 1): void {
  metrics.addMetric(METRICS[metric], MetricUnit.Count, times);
}

/** Records a duration. */
export function milliseconds(metrics: Metrics, metric: keyof typeof METRICS, value: number): void {
  metrics.addMetric(METRICS[metric], MetricUnit.Milliseconds, value);
}

/**
 * Counts a rejected event, and each distinct reason by its code. Only codes are logged: fields and values are trade
 * content, which stays out of the logs at INFO.
 */
export function rejected(
  { logger, metrics }: Observability,
  reasons: readonly Reason[],
  reasonCount: number,
): void {
  count(metrics, "rejected");
  const codes = [...new Set(reasons.map(({ code }) => code))];
  for (const code of codes) {
    const metric = metrics.singleMetric();
    metric.addDimension("Reason", code);
    count(metric, "rejectionReason");
  }
  logger.info("rejected", { codes, reasonCount });
  logger.debug("reasons", { reasons });
}
