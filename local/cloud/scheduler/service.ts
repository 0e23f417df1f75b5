import { Input } from "../input.ts";
import { Pauses } from "../pauses.ts";
import { RegionState } from "../region-state.ts";
import type { Call, Json, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { MetricsPort } from "../states/ports.ts";
import { groupArn, SCHEDULER_PRINCIPAL } from "./invocation.ts";
import { Invocations } from "./invocations.ts";
import { DEFAULT_GROUP, nameOf, readSettings, type Schedule, showSchedule, summarize } from "./schedule.ts";
import { Timetable } from "./timetable.ts";

export interface SchedulerPorts {
  readonly metrics: MetricsPort;
}

export interface SchedulerOptions {
  /** First pause before a retry; doubles each time. Default: 1 s. */
  readonly retryMilliseconds?: number;
  /** Longest pause before a retry. Default: 5 minutes. */
  readonly longestRetryMilliseconds?: number;
}

/** Most schedules of a page (EventBridge Scheduler API Reference, "ListSchedules", "MaxResults"). */
const MAXIMUM_PAGE = 100;

/** EventBridge Scheduler: schedules with rates that invoke functions and event buses, region by region. */
export function createScheduler(
  surroundings: Surroundings,
  { metrics }: SchedulerPorts,
  options: SchedulerOptions = {},
): Service {
  const { account, clock } = surroundings;
  const regions = new RegionState(() => new Map<string, Schedule>());
  const invocations = new Invocations({
    ...{ surroundings, metrics },
    retryMilliseconds: options.retryMilliseconds ?? 1_000,
    longestRetryMilliseconds: options.longestRetryMilliseconds ?? 300_000,
  });
  const timetable = new Timetable(clock, (schedule, due) => invocations.start(schedule, due));

  function find(input: Input, region: string): Schedule {
    const name = nameOf(input);
    inDefaultGroup(input);
    const schedule = regions.of(region).get(name);
    if (!schedule) throw notFound(`Schedule ${name} does not exist.`);
    return schedule;
  }

  /** Refuses a role that the service may not have. */
  async function checkRole(RoleArn: string, { region }: Call): Promise<void> {
    const sourceArn = groupArn(region, account, DEFAULT_GROUP);
    const from = { region, principal: SCHEDULER_PRINCIPAL, sourceArn };
    await surroundings
      .call("sts", "AssumeRole", { RoleArn, RoleSessionName: "scheduler" }, from)
      .catch((error) => {
        if (error instanceof ServiceError && error.code === "UnknownServiceException") return;
        throw new ServiceError(
          "ValidationException",
          "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        );
      });
  }

  async function create(json: Json, call: Call): Promise<Json> {
    const input = new Input(json);
    const settings = readSettings(json, call.region);
    const name = nameOf(input);
    inDefaultGroup(input);
    await checkRole(settings.target.roleArn, call);
    const token = input.optionalText("ClientToken", { minimum: 1, maximum: 64 });
    const madeBy = token === undefined ? undefined : JSON.stringify([token, settings]);
    const schedules = regions.of(call.region);
    const same = schedules.get(name);
    if (same && madeBy !== undefined && same.madeBy === madeBy) return { ScheduleArn: same.arn };
    if (same) throw new ServiceError("ConflictException", `Schedule ${name} already exists.`, 409);
    const now = clock.now();
    const arn = `arn:aws:scheduler:${call.region}:${account}:schedule/${DEFAULT_GROUP}/${name}`;
    const schedule: Schedule = {
      ...{ name, arn, region: call.region, created: now, modified: now, countedFrom: now },
      ...{ settings, madeBy, cancel: () => {}, pauses: new Pauses(clock) },
    };
    schedules.set(name, schedule);
    timetable.set(schedule);
    return { ScheduleArn: arn };
  }

  /** Periods go on counting as before unless the expression is another one. */
  async function update(json: Json, call: Call): Promise<Json> {
    const settings = readSettings(json, call.region);
    find(new Input(json), call.region);
    await checkRole(settings.target.roleArn, call);
    const schedule = find(new Input(json), call.region);
    schedule.modified = clock.now();
    if (schedule.settings.expression !== settings.expression) schedule.countedFrom = schedule.modified;
    schedule.settings = settings;
    timetable.set(schedule);
    return { ScheduleArn: schedule.arn };
  }

  function list(json: Json, { region }: Call): Json {
    const input = new Input(json).only(["GroupName", "MaxResults", "NamePrefix", "NextToken", "State"]);
    inDefaultGroup(input);
    const prefix = input.optionalText("NamePrefix") ?? "";
    const state = input.optionalText("State", { oneOf: ["ENABLED", "DISABLED"] });
    const limit = input.optionalInteger("MaxResults", { minimum: 1, maximum: MAXIMUM_PAGE }) ?? MAXIMUM_PAGE;
    const start = Number(input.optionalText("NextToken", { pattern: /^\d+$/ }) ?? 0);
    const all = [...regions.of(region).values()]
      .filter(({ name }) => name.startsWith(prefix))
      .map(summarize)
      .filter(({ State }) => state === undefined || State === state);
    const end = start + limit;
    return { Schedules: all.slice(start, end), ...(end < all.length ? { NextToken: String(end) } : {}) };
  }

  return {
    name: "scheduler",
    operations: {
      CreateSchedule: create,
      UpdateSchedule: update,
      GetSchedule: (json, { region }) =>
        showSchedule(find(new Input(json).only(["Name", "GroupName"]), region)),
      DeleteSchedule(json, { region }) {
        const schedule = find(new Input(json).only(["Name", "GroupName", "ClientToken"]), region);
        timetable.end(schedule);
        regions.of(region).delete(schedule.name);
      },
      ListSchedules: list,
    },
    async close() {
      for (const [, schedules] of regions.entries())
        for (const each of schedules.values()) timetable.end(each);
    },
  };
}

/** No other group can be made here. */
function inDefaultGroup(input: Input): void {
  const group = input.optionalText("GroupName") ?? DEFAULT_GROUP;
  if (group !== DEFAULT_GROUP) throw notFound(`Schedule group ${group} does not exist.`);
}

function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message, 404);
}
