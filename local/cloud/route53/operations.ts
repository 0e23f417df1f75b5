import { randomUUID } from "node:crypto";
import { Input } from "../input.ts";
import type { MetricAlarmSettings } from "../monitoring/metric-alarm.ts";
import type { Json, Operation, Surroundings } from "../service.ts";
import { type AlarmStream, alarmStream, describeStream } from "./alarm-stream.ts";
import type { Health, HealthCheck } from "./health.ts";
import {
  describeSettings,
  type HealthCheckSettings,
  readSettings,
  refusal,
  updatedSettings,
} from "./settings.ts";

/** Where Route 53's health checkers are that are said to have looked; one is enough here. */
const CHECKER_REGION = "us-east-1";
const CHECKER_ADDRESS = "127.0.0.1";
const MAXIMUM_ITEMS = 100;

type FindAlarm = (region: string, name: string) => MetricAlarmSettings | undefined;

/** The health check that an id means. Throws NoSuchHealthCheck. */
export function findCheck(checks: ReadonlyMap<string, HealthCheck>, id: string): HealthCheck {
  const check = checks.get(id);
  if (!check) throw refusal("NoSuchHealthCheck", `A health check with id ${id} does not exist.`);
  return check;
}

/** The operations on health checks. */
export function healthCheckOperations(
  health: Health,
  { clock }: Surroundings,
  findAlarm: FindAlarm,
): Record<string, Operation> {
  const { checks } = health;
  const find = (json: Json) => findCheck(checks, new Input(json, "InvalidInput").text("HealthCheckId"));

  function streamOf({ alarm }: HealthCheckSettings): AlarmStream | undefined {
    return alarm && alarmStream(alarm, findAlarm(alarm.region, alarm.name));
  }

  function requireChildren({ children }: HealthCheckSettings): void {
    const unfit = children.find((id) => checks.get(id)?.settings.type !== "CLOUDWATCH_METRIC");
    if (unfit === undefined) return;
    const reason = checks.has(unfit) ? "is itself a calculated health check" : "does not exist";
    throw refusal("InvalidInput", `Invalid parameter : child health check ${unfit} ${reason}`);
  }

  function create(json: Json): Json {
    const input = new Input(json, "InvalidInput").only(["CallerReference", "HealthCheckConfig"]);
    const callerReference = input.text("CallerReference", { minimum: 1, maximum: 64 });
    const settings = readSettings(input.record("HealthCheckConfig"));
    const existing = [...checks.values()].find((each) => each.callerReference === callerReference);
    if (existing && JSON.stringify(existing.settings) === JSON.stringify(settings)) return answer(existing);
    if (existing)
      throw refusal(
        "HealthCheckAlreadyExists",
        `A health check with CallerReference ${callerReference} and other settings exists: ${existing.id}`,
      );
    const stream = streamOf(settings);
    requireChildren(settings);
    const isHealthy = !settings.isInverted;
    const check: HealthCheck = {
      ...{ id: randomUUID(), callerReference, settings, stream, tags: new Map() },
      ...{ version: 1, found: true, isHealthy, checkedAt: clock.now() },
    };
    checks.set(check.id, check);
    health.changed();
    return answer(check);
  }

  /** The alarm's settings are read anew when AlarmIdentifier is given, though it be the same. */
  function update(json: Json): Json {
    const check = find(json);
    const version = new Input(json, "InvalidInput").optionalInteger("HealthCheckVersion", { minimum: 1 });
    if (version !== undefined && version !== check.version)
      throw refusal(
        "HealthCheckVersionMismatch",
        `HealthCheckVersion is ${version}; that of health check ${check.id} is ${check.version}`,
      );
    const settings = updatedSettings(json, check.settings);
    if (json.AlarmIdentifier !== undefined) check.stream = streamOf(settings);
    requireChildren(settings);
    check.settings = settings;
    check.version += 1;
    health.updated(check);
    return answer(check);
  }

  function list(json: Json): Json {
    const input = new Input(json, "InvalidInput").only(["Marker", "MaxItems"]);
    const most = input.optionalInteger("MaxItems", { minimum: 1, maximum: MAXIMUM_ITEMS }) ?? MAXIMUM_ITEMS;
    const marker = input.optionalText("Marker");
    const all = [...checks.values()];
    const from = marker === undefined ? 0 : all.findIndex(({ id }) => id === marker);
    if (from < 0) throw input.refuse("Marker", marker, "the NextMarker of a previous answer");
    const next = all[from + most]?.id;
    return {
      HealthChecks: all.slice(from, from + most).map(describe),
      ...{ Marker: marker ?? "", IsTruncated: next !== undefined, MaxItems: most },
      ...(next === undefined ? {} : { NextMarker: next }),
    };
  }

  return {
    CreateHealthCheck: create,
    UpdateHealthCheck: update,
    GetHealthCheck: (json) => answer(find(json)),
    GetHealthCheckStatus: (json) => ({ HealthCheckObservations: [observation(find(json))] }),
    GetHealthCheckCount: () => ({ HealthCheckCount: checks.size }),
    ListHealthChecks: list,
    // Parents may go on naming a child that is gone; it is then not healthy (API Reference, DeleteHealthCheck).
    DeleteHealthCheck: (json) => {
      checks.delete(find(json).id);
      health.changed();
    },
  };
}

function observation(check: HealthCheck): Json {
  const Status = `${check.isHealthy ? "Success" : "Failure"}: ${reasonOf(check)}`;
  return {
    ...{ Region: CHECKER_REGION, IPAddress: CHECKER_ADDRESS },
    StatusReport: { Status, CheckedTime: new Date(check.checkedAt).toISOString() },
  };
}

function reasonOf({ settings, found }: HealthCheck): string {
  if (settings.isDisabled) return "the health check is disabled";
  return `found ${found ? "healthy" : "unhealthy"}${settings.isInverted ? ", inverted" : ""}`;
}

function answer(check: HealthCheck): Json {
  return { HealthCheck: describe(check) };
}

function describe({ id, callerReference, settings, stream, version }: HealthCheck): Json {
  return {
    ...{ Id: id, CallerReference: callerReference, HealthCheckConfig: describeSettings(settings) },
    HealthCheckVersion: version,
    ...(stream ? { CloudWatchAlarmConfiguration: describeStream(stream) } : {}),
  };
}
