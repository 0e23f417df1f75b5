import type { MetricAlarmSettings } from "../monitoring/metric-alarm.ts";
import type { MetricStore } from "../monitoring/metric-store.ts";
import type { Service, Surroundings } from "../service.ts";
import { Health, type HealthReport } from "./health.ts";
import { healthCheckOperations } from "./operations.ts";
import { tagOperations } from "./tags.ts";

/** Route 53 is one service for all regions; its requests are signed for this one. */
const CONTROL_REGION = "us-east-1";

export interface Route53Ports {
  readonly metrics: MetricStore;
  /** The settings of a metric alarm; undefined if there is none. */
  readonly alarm: (region: string, name: string) => MetricAlarmSettings | undefined;
}

/** Route 53 health checks on CloudWatch alarms and on each other. There is no DNS here. */
export interface Route53Service extends Service {
  /** Whether a health check counts as healthy; undefined if there is none of that id. */
  isHealthy(id: string): boolean | undefined;
  /** Tells of every change of a check's health, and of every update by hand; the result ends it. */
  onChange(listener: (report: HealthReport) => void): () => void;
}

export function createRoute53(surroundings: Surroundings, ports: Route53Ports): Route53Service {
  const health = new Health(surroundings, ports.metrics);
  return {
    name: "route53",
    regionOf: () => CONTROL_REGION,
    operations: {
      ...healthCheckOperations(health, surroundings, ports.alarm),
      ...tagOperations(health.checks),
    },
    isHealthy: (id) => health.checks.get(id)?.isHealthy,
    onChange: (listener) => health.onChange(listener),
    async close() {
      health.close();
    },
  };
}
