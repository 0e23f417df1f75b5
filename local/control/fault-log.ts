import type { ActiveFault, FaultReport } from "../cloud/faults.ts";

/** Log group of each region in which faults leave their traces, so that a test's or a drill's cause can be told. */
export const FAULT_LOG_GROUP = "/local-cloud/faults";
const STREAM = "faults";

/** Takes one line for a log stream. */
type Log = (region: string, group: string, stream: string, message: string) => void;

/**
 * Writes a line for every fault that is added, applied or removed: in the region of the call that it applied to, or
 * else in the fault's own region, or in all of `regions()`.
 */
export function faultLog(log: Log, regions: () => readonly string[]): (report: FaultReport) => void {
  return (report) => {
    const line = JSON.stringify({ event: report.event, ...described(report.active), ...site(report) });
    const own = report.event === "applied" ? report.site.region : report.active.fault.region;
    for (const region of own === undefined ? regions() : [own]) log(region, FAULT_LOG_GROUP, STREAM, line);
  };
}

function described({ id, fault, applied }: ActiveFault): object {
  return { id, applied, fault };
}

function site(report: FaultReport): object {
  if (report.event !== "applied") return {};
  const { service, operation, principal, function: name } = report.site;
  return { call: { service, operation, principal, ...(name === undefined ? {} : { function: name }) } };
}
