import { Input } from "../input.ts";
import type { Pauses } from "../pauses.ts";
import type { Json } from "../service.ts";
import { ratePeriod } from "./rate.ts";
import { readTarget, type ScheduleTarget, showTarget } from "./target.ts";

/** The only group that there is: others are not carried out. */
export const DEFAULT_GROUP = "default";

/** What CreateSchedule and UpdateSchedule set. */
export interface ScheduleSettings {
  readonly description: string | undefined;
  readonly expression: string;
  /** Milliseconds from one run to the next. */
  readonly period: number;
  readonly isEnabled: boolean;
  readonly target: ScheduleTarget;
}

export interface Schedule {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number;
  modified: number;
  settings: ScheduleSettings;
  /** From when its periods count. */
  countedFrom: number;
  /** ClientToken and settings of the request that made it. */
  readonly madeBy: string | undefined;
  /** Ends the wait for the next run. */
  cancel: () => void;
  /** Pauses of its invocations before their retries. */
  readonly pauses: Pauses;
}

const MEMBERS = [
  ...["Name", "GroupName", "ClientToken", "Description", "State", "Target", "ActionAfterCompletion"],
  ...["FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone"],
];

/** A schedule's name, which may be 64 characters long. Throws ValidationException. */
export function nameOf(input: Input): string {
  return input.text("Name", { pattern: /^[0-9a-zA-Z\-_.]{1,64}$/ });
}

/** Refuses time windows other than none. */
export function readWindow(window: Json): void {
  new Input(window).only(["Mode"]).text("Mode", { oneOf: ["OFF"] });
}

/**
 * Settings of a request in a region (EventBridge Scheduler API Reference, "CreateSchedule", "UpdateSchedule"). Whatever
 * is left out has its default, in an update too. Members and values without effect here are refused by name with a
 * ValidationException.
 */
export function readSettings(json: Json, region: string): ScheduleSettings {
  const input = new Input(json).only(MEMBERS);
  if (!input.has("FlexibleTimeWindow")) input.text("FlexibleTimeWindow");
  if (!input.has("Target")) input.text("Target");
  readWindow(input.record("FlexibleTimeWindow"));
  input.optionalText("ScheduleExpressionTimezone", { oneOf: ["UTC"] });
  input.optionalText("ActionAfterCompletion", { oneOf: ["NONE"] });
  const expression = input.text("ScheduleExpression", { minimum: 1, maximum: 256 });
  return {
    description: input.optionalText("Description", { maximum: 512 }),
    ...{ expression, period: ratePeriod(expression) },
    isEnabled: input.optionalText("State", { oneOf: ["ENABLED", "DISABLED"] }) !== "DISABLED",
    target: readTarget(input.record("Target"), region),
  };
}

/** The schedule as GetSchedule gives it. */
export function showSchedule({ name, arn, created, modified, settings }: Schedule): Json {
  return {
    ...{ Name: name, Arn: arn, GroupName: DEFAULT_GROUP, State: stateOf(settings) },
    ...(settings.description === undefined ? {} : { Description: settings.description }),
    ...{ CreationDate: created / 1_000, LastModificationDate: modified / 1_000 },
    ...{ ScheduleExpression: settings.expression, ScheduleExpressionTimezone: "UTC" },
    ...{ FlexibleTimeWindow: { Mode: "OFF" }, ActionAfterCompletion: "NONE" },
    Target: showTarget(settings.target),
  };
}

/** The schedule as ListSchedules gives it. */
export function summarize({ name, arn, created, modified, settings }: Schedule): Json {
  return {
    ...{ Name: name, Arn: arn, GroupName: DEFAULT_GROUP, State: stateOf(settings) },
    ...{ CreationDate: created / 1_000, LastModificationDate: modified / 1_000 },
    Target: { Arn: settings.target.arn },
  };
}

function stateOf({ isEnabled }: ScheduleSettings): "ENABLED" | "DISABLED" {
  return isEnabled ? "ENABLED" : "DISABLED";
}
