import { record } from "../providers/resource-type.ts";
import { ASSUMPTIONS } from "./assumptions.ts";
import type { Usage } from "./cost.ts";
import {
  EVENT_KILOBYTES,
  executionUsage,
  functionOf,
  invocationUsage,
  times,
  variablesOf,
  writeUsage,
} from "./execution-usage.ts";
import type { Snapshot, SnapshotResource } from "./snapshot.ts";

const SCHEDULE = "aws:scheduler/schedule:Schedule";
const MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };

/** What a stack's schedules use in a month without any trade: their runs, and what each sets off. */
export function scheduleUsage(snapshot: Snapshot, hours: number): { usages: Usage[]; problems: string[] } {
  const problems: string[] = [];
  const usages = schedulesOf(snapshot).flatMap((schedule) => {
    try {
      const runs = (hours * 60) / minutesOf(schedule);
      const { region } = schedule;
      const run: Usage = { price: "scheduledRun", region, quantity: 1 };
      return times(runs, [run, ...targetUsage(schedule, snapshot)]);
    } catch (error) {
      problems.push(`costs of schedule ${schedule.name}: ${(error as Error).message}`);
      return [];
    }
  });
  return { usages, problems };
}

/** Whether a region's archive is regularly replayed to a census. */
export function hasCensus(snapshot: Snapshot, region: string): boolean {
  return schedulesOf(snapshot).some((each) => each.region === region && isCensus(each, snapshot));
}

function schedulesOf({ resources }: Snapshot): SnapshotResource[] {
  return resources.filter(({ type }) => type === SCHEDULE);
}

/** Minutes of a rate, such as `rate(5 minutes)`. Throws naming another expression. */
function minutesOf({ inputs }: SnapshotResource): number {
  const expression = String(inputs.scheduleExpression);
  const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = Number(count) * (MINUTES[unit] ?? Number.NaN);
  if (!(minutes > 0)) throw new Error(`scheduleExpression is "${expression}"; only rates are counted`);
  return minutes;
}

const targetArn = ({ inputs }: SnapshotResource) => String(record(inputs.target).arn);

function isCensus(schedule: SnapshotResource, snapshot: Snapshot): boolean {
  const invoked = functionOf(targetArn(schedule), snapshot, schedule.region);
  return invoked !== undefined && Object.hasOwn(variablesOf(invoked), "CENSUS_QUEUE_URL");
}

/** What one run sets off: an invocation, or a heartbeat that goes the way of a trade. */
function targetUsage(schedule: SnapshotResource, snapshot: Snapshot): Usage[] {
  const { region } = schedule;
  const arn = targetArn(schedule);
  if (!arn.includes(":event-bus/")) {
    const milliseconds = isCensus(schedule, snapshot)
      ? ASSUMPTIONS.censusMilliseconds
      : ASSUMPTIONS.maintenanceMilliseconds;
    return invocationUsage(arn, snapshot, { region, milliseconds, callsMarketData: false });
  }
  const machine = snapshot.resources.find(
    (each) => each.type === "aws:sfn/stateMachine:StateMachine" && each.region === region,
  );
  if (!machine) throw new Error(`there is no workflow in "${region}"`);
  return [
    { price: "event", region, quantity: Math.ceil(ASSUMPTIONS.eventKilobytes / EVENT_KILOBYTES) },
    ...executionUsage(machine, ASSUMPTIONS.heartbeatThrough, snapshot, { region, isEnriched: false }),
    ...heartbeatTables(snapshot, region).flatMap((table) => writeUsage(table, 1, snapshot, region)),
  ];
}

/** Tables of a region's last heartbeat: those whose rows are keyed by region. */
function heartbeatTables({ resources }: Snapshot, region: string): string[] {
  return resources
    .filter(
      (each) =>
        each.type === "aws:dynamodb/table:Table" &&
        each.region === region &&
        each.inputs.hashKey === "region",
    )
    .map(({ id }) => id);
}
