import type { PublishServiceEvent, Service, Surroundings } from "../service.ts";
import { alarmOperations } from "./alarm-operations.ts";
import { Alarms } from "./alarms.ts";
import type { MetricAlarmSettings } from "./metric-alarm.ts";
import { parameters } from "./metric-query.ts";
import { MetricStore } from "./metric-store.ts";
import { readMetricData } from "./put-metric-data.ts";
import { getMetricData, getMetricStatistics, listMetrics } from "./read-metrics.ts";

export { MetricStore } from "./metric-store.ts";

/** CloudWatch metrics and metric alarms. */
export interface MonitoringService extends Service {
  /** The values behind the operations, for services that record many. */
  readonly metrics: MetricStore;
  /** The settings of a metric alarm; undefined if there is none of that name. */
  alarmSettings(region: string, name: string): MetricAlarmSettings | undefined;
}

/** `publishServiceEvent` is told of every change of an alarm's state; nobody is by default. */
export function createMonitoring(
  surroundings: Surroundings,
  publishServiceEvent: PublishServiceEvent = () => {},
): MonitoringService {
  const metrics = new MetricStore(surroundings.clock, (region) => surroundings.faults.isLost(region));
  const alarms = new Alarms(surroundings, metrics, publishServiceEvent);
  return {
    name: "monitoring",
    metrics,
    alarmSettings: (region, name) => alarms.of(region).get(name)?.settings,
    operations: {
      PutMetricData(json, { region }) {
        const input = parameters(json).only(["Namespace", "MetricData"]);
        const namespace = input.text("Namespace", { minimum: 1, maximum: 255, pattern: /^[^:]/ });
        for (const { set, at, ...metric } of readMetricData(input, surroundings.clock.now()))
          metrics.recordSet({ region, namespace, ...metric }, set, at);
      },
      GetMetricData: (json, call) => getMetricData(metrics, json, call),
      GetMetricStatistics: (json, call) => getMetricStatistics(metrics, json, call),
      ListMetrics: (json, call) => listMetrics(metrics, json, call, surroundings.clock.now()),
      ...alarmOperations(alarms),
    },
    async close() {
      alarms.close();
    },
  };
}
