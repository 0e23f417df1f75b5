import { randomBytes } from "node:crypto";
import { isJson } from "../input.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { Caller, Json, Origin } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Schedule } from "./schedule.ts";
import type { ScheduleTarget } from "./target.ts";

export const SCHEDULER_PRINCIPAL = "scheduler.amazonaws.com";

/** Which bound of the retry policy was reached. */
export type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

/** One run of a schedule, with the target that it had then. */
export interface Invocation {
  readonly id: string;
  readonly schedule: Schedule;
  readonly target: ScheduleTarget;
  /** Milliseconds since the epoch. */
  readonly scheduledTime: number;
}

/** A run that begins. Its id is 16 hexadecimal digits, as in the examples of "Adding context attributes". */
export function beginInvocation(schedule: Schedule, scheduledTime: number): Invocation {
  const id = randomBytes(8).toString("hex");
  return { id, schedule, target: schedule.settings.target, scheduledTime };
}

/** For whom the service assumes a role: not the schedule but its group ("Confused deputy prevention"). */
export function groupArn(region: string, account: string, group: string): string {
  return `arn:aws:scheduler:${region}:${account}:schedule-group/${group}`;
}

/** The input with context attributes replaced ("Adding context attributes"); attempts count from 1. */
export function inputOf({ id, schedule, target, scheduledTime }: Invocation, attempt: number): string {
  const values: Readonly<Record<string, string>> = {
    "schedule-arn": schedule.arn,
    "scheduled-time": inSeconds(scheduledTime),
    "execution-id": id,
    "attempt-number": String(attempt),
  };
  return target.input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (keyword, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? keyword) : keyword,
  );
}

/** Asks the target once, in the name of the schedule's role. Throws what the target refuses with. */
export async function attempt(
  call: Caller,
  { target }: Invocation,
  text: string,
  from: Origin,
): Promise<void> {
  const { arn, event } = target;
  if (event === undefined) {
    await call("lambda", "Invoke", { FunctionName: arn, InvocationType: "Event", Payload: text }, from);
    return;
  }
  const entry = { EventBusName: arn, Source: event.source, DetailType: event.detailType, Detail: text };
  const { Entries } = await call("events", "PutEvents", { Entries: [entry] }, from);
  const [result] = Array.isArray(Entries) ? Entries.filter(isJson) : [];
  if (result?.ErrorCode === undefined) return;
  throw new ServiceError(String(result.ErrorCode), String(result.ErrorMessage ?? result.ErrorCode));
}

/**
 * A run that failed as SendMessage takes it: the input, and why in message attributes ("Configuring a schedule's
 * dead-letter queue", "Retrieve the dead-letter event").
 */
export function deadLetter(
  { id, schedule, target, scheduledTime }: Invocation,
  failed: { text: string; error: unknown; retries: number; exhausted: Exhausted; queueArn: string },
): Json {
  const { text, error, retries, exhausted } = failed;
  const code = error instanceof ServiceError ? error.code : "InternalFailure";
  const message = error instanceof Error ? error.message : String(error);
  const values = {
    ...{ ERROR_CODE: code, ERROR_MESSAGE: message === "" ? code : message, EXECUTION_ID: id },
    ...{ EXHAUSTED_RETRY_CONDITION: exhausted, IS_PAYLOAD_TRUNCATED: "false" },
    ...{ RETRY_ATTEMPTS: String(retries), SCHEDULED_TIME: inSeconds(scheduledTime) },
    ...{ SCHEDULE_ARN: schedule.arn, TARGET_ARN: target.arn },
  };
  return {
    QueueUrl: queueUrlOf(failed.queueArn),
    MessageBody: text,
    MessageAttributes: Object.fromEntries(
      Object.entries(values).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
    ),
  };
}

function inSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
