import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { OPERATOR } from "../../local/cloud/cloud.ts";
import type { Json } from "../../local/cloud/service.ts";
import { deploy } from "../../local/deploy.ts";
import { startMarketData } from "../../local/market-data/server.ts";
import { startServices } from "../../local/services.ts";
import { inFlight, type LocalSystem, systemOf } from "../../local/system.ts";

export const HOME = "us-east-1";
export const OTHER = "eu-west-1";
export const MINUTE = 60_000;
/** What a function's process may need to write its log, in real milliseconds. */
const LOG_MILLISECONDS = 40;

/** A deployed system whose services go by a clock that the test drives; its functions are processes with real time. */
export interface DrivenSystem extends LocalSystem {
  readonly clock: DrivenClock;
  call(service: string, operation: string, input?: Json, region?: string): Promise<Json>;
  /** Puts details as trades on a region's bus; gives the ids of the events. */
  put(region: string, ...details: Json[]): Promise<string[]>;
  /** Lets time pass until nothing is under way, and what is written has reached the other region. */
  settle(): Promise<void>;
  /** Lets minutes pass, one after the other, with time for the functions' metrics to come in within their minute. */
  minutes(count: number): Promise<void>;
  /** State of an alarm. */
  alarm(name: string, region?: string): Promise<unknown>;
  /** States that an alarm went to, in their order. */
  alarmStates(name: string, region?: string): Promise<string[]>;
  /** Sum of a function's metric over all time. */
  metric(service: string, name: string, region?: string): number;
  /** The same, once it is at least so much, or in the end what it is. */
  metricOnce(least: number, service: string, name: string, region?: string): Promise<number>;
}

export async function startDrivenSystem(
  start: number,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<DrivenSystem> {
  const clock = new DrivenClock({ start });
  const cacheDirectory = await mkdtemp(join(tmpdir(), "driven-"));
  const services = await startServices({ clock, cacheDirectory });
  const { metrics } = services.monitoring;
  const recordSet = metrics.recordSet.bind(metrics);
  // A function's process has real time, and says so in its metrics; here they count at the driven time.
  metrics.recordSet = (identity, set, at) =>
    identity.namespace === "TradingSystem" ? recordSet(identity, set) : recordSet(identity, set, at);
  const marketData = await startMarketData();
  // New tables and replicas take some time, which has to pass.
  const passing = setInterval(() => clock.skip(1_000), 20);
  const deployment = await deploy(services, { stack: "dev", overrides }).finally(() =>
    clearInterval(passing),
  );
  const system = await systemOf(services, marketData, deployment.outputs);
  const call = (service: string, operation: string, input: Json = {}, region = HOME) =>
    services.cloud.call({ service, operation, region, principal: OPERATOR }, input);
  const metric = (service: string, name: string, region = HOME) =>
    metrics.sum(region, "TradingSystem", name, { service, Environment: "dev" });
  return {
    ...system,
    ...{ clock, call },
    async put(region, ...details) {
      const Entries = details.map((detail) => ({
        ...{ EventBusName: "trading-event-bus-dev", Source: "trading.system1", DetailType: "Trade Event" },
        Detail: JSON.stringify(detail),
      }));
      const answer = await call("events", "PutEvents", { Entries }, region);
      return (answer.Entries as Json[]).map(({ EventId }) => String(EventId));
    },
    async settle() {
      await clock.runUntil(() => inFlight(system) === 0);
      await clock.advance(5_000);
    },
    async minutes(count) {
      for (let minute = 0; minute < count; minute += 1) {
        await clock.advance(MINUTE);
        await pause(LOG_MILLISECONDS);
      }
    },
    async alarm(name, region) {
      const { MetricAlarms } = await call("monitoring", "DescribeAlarms", { AlarmNames: [name] }, region);
      return (MetricAlarms as Json[])[0]?.StateValue;
    },
    async alarmStates(name, region) {
      const input = { AlarmName: name, HistoryItemType: "StateUpdate", ScanBy: "TimestampAscending" };
      const { AlarmHistoryItems } = await call("monitoring", "DescribeAlarmHistory", input, region);
      return (AlarmHistoryItems as Json[]).map(({ HistorySummary }) =>
        String(HistorySummary).replace(/^.* to /, ""),
      );
    },
    metric,
    async metricOnce(least, service, name, region) {
      for (let polls = 0; polls < 200 && metric(service, name, region) < least; polls += 1) await pause(25);
      return metric(service, name, region);
    },
    async close() {
      await system.close();
      await rm(cacheDirectory, { recursive: true, force: true });
    },
  };
}
