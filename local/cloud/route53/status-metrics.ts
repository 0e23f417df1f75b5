import type { MetricStore } from "../monitoring/metric-store.ts";
import type { HealthCheck } from "./health.ts";

const MINUTE = 60_000;
/** Route 53's metrics are written in this region, wherever its health checkers are. */
const METRICS_REGION = "us-east-1";
const NAMESPACE = "AWS/Route53";

/**
 * Writes what health checks were found to be, once a minute: HealthCheckStatus, 1 or 0, and of calculated ones
 * ChildHealthCheckHealthyCount. HealthCheckPercentageHealthy is of checks that monitor an endpoint, which there are none
 * of here; a disabled check is not looked at and says nothing. (Route 53 Developer Guide, "Monitoring health checks using
 * CloudWatch".)
 */
export class StatusMetrics {
  readonly #metrics: MetricStore;
  #written: number | undefined;

  constructor(metrics: MetricStore) {
    this.#metrics = metrics;
  }

  /** The checks were looked at: writes unless the minute has its values. `now` in milliseconds since the epoch. */
  looked(checks: ReadonlyMap<string, HealthCheck>, now: number): void {
    const minute = Math.floor(now / MINUTE);
    if (minute === this.#written) return;
    this.#written = minute;
    for (const check of checks.values()) if (!check.settings.isDisabled) this.#write(check, checks, now);
  }

  #write({ id, isHealthy, settings }: HealthCheck, checks: ReadonlyMap<string, HealthCheck>, now: number) {
    const record = (name: string, value: number) =>
      this.#metrics.record(METRICS_REGION, NAMESPACE, name, { HealthCheckId: id }, value, "None", now);
    record("HealthCheckStatus", isHealthy ? 1 : 0);
    if (settings.type !== "CALCULATED") return;
    record(
      "ChildHealthCheckHealthyCount",
      settings.children.filter((child) => checks.get(child)?.isHealthy).length,
    );
  }
}
