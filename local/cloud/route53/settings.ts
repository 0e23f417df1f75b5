import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";

export const HEALTH_CHECK_TYPES = ["CLOUDWATCH_METRIC", "CALCULATED"] as const;
export type HealthCheckType = (typeof HEALTH_CHECK_TYPES)[number];

export const INSUFFICIENT_DATA = ["Healthy", "Unhealthy", "LastKnownStatus"] as const;
export type InsufficientData = (typeof INSUFFICIENT_DATA)[number];

/** Most children of a calculated health check (Route 53 API Reference, HealthCheckConfig, "ChildHealthChecks"). */
const MAXIMUM_CHILDREN = 256;
/** Codes with HTTP status 404 and 409 are those of the API's own error list. */
const STATUS: Readonly<Record<string, number>> = {
  NoSuchHealthCheck: 404,
  HealthCheckAlreadyExists: 409,
  HealthCheckVersionMismatch: 409,
};

/** A CloudWatch alarm that a health check goes by. */
export interface AlarmIdentifier {
  readonly region: string;
  readonly name: string;
}

/** What a health check is set to, as CreateHealthCheck and UpdateHealthCheck have it. */
export interface HealthCheckSettings {
  readonly type: HealthCheckType;
  readonly isInverted: boolean;
  readonly isDisabled: boolean;
  /** Of a CLOUDWATCH_METRIC check. */
  readonly alarm: AlarmIdentifier | undefined;
  readonly insufficientData: InsufficientData;
  /** Of a CALCULATED check: ids of its children, and how many of them have to be healthy. */
  readonly children: readonly string[];
  readonly healthThreshold: number;
}

const ALTERABLE = [
  ...["Inverted", "Disabled", "HealthThreshold", "ChildHealthChecks"],
  ...["AlarmIdentifier", "InsufficientDataHealthStatus"],
];
const OF_ALARM = ["AlarmIdentifier", "InsufficientDataHealthStatus"];
const OF_CHILDREN = ["ChildHealthChecks", "HealthThreshold"];

/** An error of Route 53. */
export function refusal(code: string, message: string): ServiceError {
  return new ServiceError(code, message, STATUS[code] ?? 400);
}

/** Reads HealthCheckConfig. Throws InvalidInput, by name for what is not carried out. */
export function readSettings(config: Json): HealthCheckSettings {
  const input = new Input(config, "InvalidInput").only(["Type", ...ALTERABLE]);
  const type = HEALTH_CHECK_TYPES.find((each) => each === config.Type);
  if (!type)
    throw input.refuse(
      "Type",
      config.Type,
      `The local cloud carries out only: ${HEALTH_CHECK_TYPES.join(", ")}`,
    );
  const settings = altered(input, {
    ...{ type, isInverted: false, isDisabled: false, alarm: undefined },
    ...{ insufficientData: "LastKnownStatus", children: [], healthThreshold: 0 },
  });
  if (type === "CLOUDWATCH_METRIC" && !settings.alarm)
    throw input.refuse("AlarmIdentifier", undefined, "Member must not be null for a CLOUDWATCH_METRIC check");
  if (type === "CALCULATED" && !input.has("HealthThreshold"))
    throw input.refuse("HealthThreshold", undefined, "Member must not be null for a CALCULATED check");
  return settings;
}

/** The settings after UpdateHealthCheck; what it leaves out stays. Throws InvalidInput. */
export function updatedSettings(update: Json, before: HealthCheckSettings): HealthCheckSettings {
  const input = new Input(update, "InvalidInput").only([
    ...["HealthCheckId", "HealthCheckVersion", "ResetElements", ...ALTERABLE],
  ]);
  const reset = input.texts("ResetElements");
  const other = reset.find((element) => element !== "ChildHealthChecks");
  if (other !== undefined)
    throw input.refuse("ResetElements", other, "The local cloud carries out only: ChildHealthChecks");
  const children = reset.includes("ChildHealthChecks") ? [] : before.children;
  return altered(input, { ...before, children });
}

function altered(input: Input, before: HealthCheckSettings): HealthCheckSettings {
  const foreign = before.type === "CALCULATED" ? OF_ALARM : OF_CHILDREN;
  const member = foreign.find((each) => input.has(each));
  if (member !== undefined)
    throw refusal(
      "InvalidInput",
      `Invalid parameter : ${member} is not of health checks of type ${before.type}`,
    );
  const status = input.optionalText("InsufficientDataHealthStatus", { oneOf: INSUFFICIENT_DATA });
  const children = input.has("ChildHealthChecks") ? input.texts("ChildHealthChecks") : before.children;
  if (children.length > MAXIMUM_CHILDREN)
    throw input.refuse(
      "ChildHealthChecks",
      children.length,
      `Member must have up to ${MAXIMUM_CHILDREN} members`,
    );
  const threshold = input.optionalInteger("HealthThreshold", { minimum: 0, maximum: MAXIMUM_CHILDREN });
  return {
    type: before.type,
    isInverted: input.has("Inverted") ? input.flag("Inverted") : before.isInverted,
    isDisabled: input.has("Disabled") ? input.flag("Disabled") : before.isDisabled,
    alarm: input.has("AlarmIdentifier") ? readAlarm(input.record("AlarmIdentifier")) : before.alarm,
    insufficientData: INSUFFICIENT_DATA.find((each) => each === status) ?? before.insufficientData,
    children,
    healthThreshold: threshold ?? before.healthThreshold,
  };
}

function readAlarm(record: Json): AlarmIdentifier {
  const input = new Input(record, "InvalidInput").only(["Region", "Name"]);
  return {
    region: input.text("Region", { pattern: /^[a-z]{2}(-[a-z]+)+-\d$/ }),
    name: input.text("Name", { minimum: 1, maximum: 256 }),
  };
}

/** HealthCheckConfig, as GetHealthCheck shows it. */
export function describeSettings(settings: HealthCheckSettings): Json {
  const { type, isInverted, isDisabled, alarm, insufficientData, children, healthThreshold } = settings;
  return {
    ...{ Type: type, Inverted: isInverted, Disabled: isDisabled },
    ...(alarm
      ? {
          AlarmIdentifier: { Region: alarm.region, Name: alarm.name },
          InsufficientDataHealthStatus: insufficientData,
        }
      : { HealthThreshold: healthThreshold, ChildHealthChecks: children }),
  };
}
