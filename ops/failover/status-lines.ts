import { bounded } from "../../functions/domain/text.ts";
import { table } from "../frame/terminal.ts";
import type { RegionState } from "./region-state.ts";
import type { FailoverStatus } from "./status.ts";

const LONGEST_LINE = 600;
const HEADINGS = [
  ...["region", "latency alarm", "heartbeat alarm", "last heartbeat"],
  ...["trades in 5 min", "replication"],
];

/** A status as people read it. */
export function statusLines(status: FailoverStatus): string[] {
  const { problem, regions, record, isHeld } = status;
  return [
    destination(status),
    ...(problem === undefined ? [] : [bounded(problem, LONGEST_LINE)]),
    ...table([HEADINGS, ...regions.map(row)]).map((line) => `  ${line}`),
    lastRecord(record),
    ...(record?.action === "start" && isHeld === false
      ? ["Nothing is held any more all the same: a deployment sets the health check back."]
      : []),
  ];
}

function destination({ primaryRegion, replicaRegion, isPrimaryHealthy, isHeld }: FailoverStatus): string {
  if (isHeld)
    return `Trades go to ${replicaRegion}: an operator holds ${primaryRegion} unhealthy until \`failover return\`.`;
  if (isPrimaryHealthy === undefined)
    return `Route 53's metrics say nothing about ${primaryRegion}, so where trades go is not known; which region takes them, the table shows.`;
  return isPrimaryHealthy
    ? `Trades go to ${primaryRegion}, which is healthy.`
    : `Trades go to ${replicaRegion}, since ${primaryRegion} is unhealthy; they return by themselves.`;
}

function row(state: RegionState): string[] {
  const { region, alarms, lastHeartbeat, matched, replicationMilliseconds: replication } = state;
  const shown = <Value>(value: Value | undefined, show: (value: Value) => string) =>
    value === undefined ? "unknown" : show(value);
  return [
    region,
    shown(alarms, ({ latency }) => latency ?? "none"),
    shown(alarms, ({ heartbeat }) => heartbeat ?? "none"),
    shown(lastHeartbeat, (at) => at ?? "never"),
    shown(matched, String),
    shown(replication, (took) => (took === null ? "no writes" : `${Math.round(took)} ms`)),
  ];
}

function lastRecord(record: FailoverStatus["record"]): string {
  if (record === undefined) return "No operator has started a failover or a return.";
  const { action, at, by, reason } = record;
  return bounded(`Last by an operator: ${action} at ${at} by ${by}: ${reason}`, LONGEST_LINE);
}
