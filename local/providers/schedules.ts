import { ratePeriod } from "../cloud/scheduler/rate.ts";
import { readWindow } from "../cloud/scheduler/schedule.ts";
import { readTarget } from "../cloud/scheduler/target.ts";
import type { Properties, Value } from "../program/wire.ts";
import { matching, notCarriedOut, oneOf, refused } from "./checks.ts";
import { drift, isSame, taken } from "./drift.ts";
import type { ResourceType, ResourceTypes } from "./resource-type.ts";
import { arn, deployer, given, optionalText, record, text, unlessGone } from "./resource-type.ts";

const SETTINGS = {
  ...{ description: "Description", state: "State", scheduleExpression: "ScheduleExpression" },
  ...{ scheduleExpressionTimezone: "ScheduleExpressionTimezone" },
  actionAfterCompletion: "ActionAfterCompletion",
} as const;
const DEFAULTS = { state: "ENABLED", scheduleExpressionTimezone: "UTC", actionAfterCompletion: "NONE" };
const WINDOW = { mode: "Mode", maximumWindowInMinutes: "MaximumWindowInMinutes" } as const;
const TARGET = { arn: "Arn", roleArn: "RoleArn", input: "Input" } as const;
const EVENT = { detailType: "DetailType", source: "Source" } as const;
const RETRY = {
  maximumEventAgeInSeconds: "MaximumEventAgeInSeconds",
  maximumRetryAttempts: "MaximumRetryAttempts",
} as const;
const RETRY_DEFAULTS = { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 };
const DEAD_LETTER = { arn: "Arn" } as const;
/** Parameters of targets that are not carried out: the service refuses them by these names. */
const OTHER_TARGETS = {
  ...{ ecsParameters: "EcsParameters", kinesisParameters: "KinesisParameters" },
  ...{ sagemakerPipelineParameters: "SageMakerPipelineParameters", sqsParameters: "SqsParameters" },
} as const;

function groupName(inputs: Properties): string {
  return optionalText(inputs.groupName) ?? "default";
}

function targetInput(target: Properties): Properties {
  return {
    ...given(target, { ...TARGET, ...OTHER_TARGETS }),
    ...(target.eventbridgeParameters
      ? { EventBridgeParameters: given(record(target.eventbridgeParameters), EVENT) }
      : {}),
    ...(target.retryPolicy ? { RetryPolicy: given(record(target.retryPolicy), RETRY) } : {}),
    ...(target.deadLetterConfig
      ? { DeadLetterConfig: given(record(target.deadLetterConfig), DEAD_LETTER) }
      : {}),
  };
}

/** What CreateSchedule and UpdateSchedule both take. */
function scheduleInput(inputs: Properties): Properties {
  return {
    ...{ Name: text(inputs, "name"), GroupName: groupName(inputs), ...given(inputs, SETTINGS) },
    FlexibleTimeWindow: given(record(inputs.flexibleTimeWindow), WINDOW),
    Target: targetInput(record(inputs.target)),
  };
}

/** The target as inputs; a retry policy that says no more than what is stated is as it is stated. */
function foundTarget(found: Properties, stated: Properties): Properties {
  const retry = taken(found.RetryPolicy, RETRY);
  const isAsStated = isSame({ ...RETRY_DEFAULTS, ...record(stated.retryPolicy) }, retry);
  const structures = {
    eventbridgeParameters: taken(found.EventBridgeParameters, EVENT),
    retryPolicy: isAsStated ? record(stated.retryPolicy) : retry,
    deadLetterConfig: taken(found.DeadLetterConfig, DEAD_LETTER),
  };
  const there = Object.entries(structures).filter(([, members]) => Object.keys(members).length > 0);
  return { ...taken(found, TARGET), ...Object.fromEntries(there) };
}

/** What CreateSchedule would refuse of a target, which is taken to be in the right region. */
function checkTarget(value: Value): void {
  const target = record(value);
  readTarget(targetInput(target), String(target.arn).split(":")[3] ?? "");
}

const SCHEDULE: ResourceType = {
  describe: (request) => {
    const group = groupName(request.inputs);
    const id = `${group}/${text(request.inputs, "name")}`;
    return { id, outputs: { arn: arn(request, "scheduler", `schedule/${id}`), groupName: group } };
  },
  check: (inputs) =>
    refused(inputs, {
      name: matching(/^[0-9a-zA-Z\-_.]{1,64}$/),
      groupName: oneOf(["default"]),
      scheduleExpression: (expression) => ratePeriod(String(expression)),
      scheduleExpressionTimezone: oneOf(["UTC"]),
      flexibleTimeWindow: (window) => readWindow(given(record(window), WINDOW)),
      state: oneOf(["ENABLED", "DISABLED"]),
      actionAfterCompletion: oneOf(["NONE"]),
      target: checkTarget,
      ...{ startDate: notCarriedOut, endDate: notCarriedOut, kmsKeyArn: notCarriedOut },
    }),
  create: async (request, { call }) => {
    await call("scheduler", "CreateSchedule", scheduleInput(request.inputs), deployer(request));
  },
  replacedBy: ["name", "namePrefix", "groupName"],
  update: async (request, { call }) => {
    await call("scheduler", "UpdateSchedule", scheduleInput(request.inputs), deployer(request));
  },
  delete: async (request, { call }) => {
    const input = { Name: text(request.inputs, "name"), GroupName: groupName(request.inputs) };
    await unlessGone(call("scheduler", "DeleteSchedule", input, deployer(request)));
  },
  read: async (request, { call }) => {
    const { inputs } = request;
    const input = { Name: text(inputs, "name"), GroupName: groupName(inputs) };
    const found = await unlessGone(call("scheduler", "GetSchedule", input, deployer(request)));
    if (!found) return undefined;
    const none = Object.fromEntries(Object.keys(SETTINGS).map((setting) => [setting, undefined]));
    const now = {
      ...{ ...none, ...taken(found, SETTINGS) },
      flexibleTimeWindow: taken(found.FlexibleTimeWindow, WINDOW),
      target: foundTarget(record(found.Target as Value), record(inputs.target)),
    };
    return { inputs: drift(inputs, now, DEFAULTS) };
  },
  autoname: "name",
};

/** Amazon EventBridge Scheduler. */
export const SCHEDULE_TYPES: ResourceTypes = { "aws:scheduler/schedule:Schedule": SCHEDULE };
