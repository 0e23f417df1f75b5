import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

/** What a schedule invokes, and how (EventBridge Scheduler API Reference, "Target"). */
export interface ScheduleTarget {
  readonly arn: string;
  readonly roleArn: string;
  /** JSON text, in which context attributes may stand. */
  readonly input: string;
  /** Of an event bus; a function has none. */
  readonly event: { readonly detailType: string; readonly source: string } | undefined;
  readonly deadLetterArn: string | undefined;
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeInSeconds: number;
}

const MEMBERS = ["Arn", "RoleArn", "Input", "EventBridgeParameters", "RetryPolicy", "DeadLetterConfig"];
const FUNCTION = /^arn:aws:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/;
const BUS = /^arn:aws:events:[\w-]+:\d{12}:event-bus\/[./\-\w]+$/;
const QUEUE = /^arn:aws:sqs:[\w-]+:\d{12}:[\w-]+$/;
const ROLE = /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/**
 * Reads a target: a function or an event bus in the schedule's region. Other targets, and members without effect here,
 * are refused with a ValidationException that names them.
 */
export function readTarget(given: Json, region: string): ScheduleTarget {
  const input = new Input(given).only(MEMBERS);
  const arn = input.text("Arn", { minimum: 1, maximum: 1_600 });
  const isBus = BUS.test(arn);
  if (!isBus && !FUNCTION.test(arn))
    throw input.refuse("Arn", arn, "The local cloud carries out only: a Lambda function, an event bus");
  inRegion(input, "Arn", arn, region);
  const retry = new Input(input.record("RetryPolicy")).only([
    "MaximumEventAgeInSeconds",
    "MaximumRetryAttempts",
  ]);
  return {
    arn,
    roleArn: input.text("RoleArn", { pattern: ROLE }),
    input: jsonText(input),
    event: eventOf(input, isBus),
    deadLetterArn: deadLetterArn(input, region),
    maximumEventAgeInSeconds:
      retry.optionalInteger("MaximumEventAgeInSeconds", { minimum: 60, maximum: 86_400 }) ?? 86_400,
    maximumRetryAttempts: retry.optionalInteger("MaximumRetryAttempts", { minimum: 0, maximum: 185 }) ?? 185,
  };
}

/** The target as GetSchedule shows it. */
export function showTarget(target: ScheduleTarget): Json {
  const { maximumEventAgeInSeconds, maximumRetryAttempts, event, deadLetterArn } = target;
  return {
    ...{ Arn: target.arn, RoleArn: target.roleArn, Input: target.input },
    ...(event ? { EventBridgeParameters: { DetailType: event.detailType, Source: event.source } } : {}),
    ...(deadLetterArn === undefined ? {} : { DeadLetterConfig: { Arn: deadLetterArn } }),
    RetryPolicy: {
      MaximumEventAgeInSeconds: maximumEventAgeInSeconds,
      MaximumRetryAttempts: maximumRetryAttempts,
    },
  };
}

/** Without it AWS sends a notification of its own, which is not carried out. */
function jsonText(input: Input): string {
  const text = input.text("Input", { minimum: 1 });
  try {
    JSON.parse(text);
  } catch {
    throw input.refuse("Input", text, "Member must be JSON text");
  }
  return text;
}

function eventOf(input: Input, isBus: boolean): ScheduleTarget["event"] {
  if (!isBus) {
    if (!input.has("EventBridgeParameters")) return undefined;
    throw new ServiceError(
      "ValidationException",
      "EventBridgeParameters are for targets that are event buses",
    );
  }
  const parameters = new Input(input.record("EventBridgeParameters")).only(["DetailType", "Source"]);
  return {
    detailType: parameters.text("DetailType", { minimum: 1, maximum: 128 }),
    source: parameters.text("Source", { pattern: /^(?!aws\.)[/.\-\w]{1,256}$/ }),
  };
}

function deadLetterArn(input: Input, region: string): string | undefined {
  const config = new Input(input.record("DeadLetterConfig")).only(["Arn"]);
  const arn = config.optionalText("Arn", { pattern: QUEUE });
  if (arn !== undefined) inRegion(config, "Arn", arn, region);
  return arn;
}

function inRegion(input: Input, member: string, arn: string, region: string): void {
  if (arn.split(":")[3] !== region)
    throw input.refuse(
      member,
      arn,
      `The local cloud carries out only what is in the schedule's region, ${region}`,
    );
}
