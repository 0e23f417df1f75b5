import { isJson } from "../../input.ts";
import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, type Place, passed, regional, rows } from "./table.ts";

/** Amazon EventBridge Scheduler. */
function schedule(input: Json, at: Place): string {
  return regional(
    "scheduler",
    at,
    `schedule/${member(input, "GroupName") || "default"}/${member(input, "Name")}`,
  );
}

const withRole = (action: string) => (input: Json, at: Place) => [
  { action, resource: schedule(input, at) },
  ...passed(isJson(input.Target) ? input.Target.RoleArn : undefined, "scheduler.amazonaws.com"),
];

export const SCHEDULER_ACTIONS: ActionTable = {
  CreateSchedule: withRole("scheduler:CreateSchedule"),
  UpdateSchedule: withRole("scheduler:UpdateSchedule"),
  ...rows("scheduler", schedule, "GetSchedule", "DeleteSchedule"),
  ...rows("scheduler", anything, "ListSchedules"),
};
