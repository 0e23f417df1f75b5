import { createHash } from "node:crypto";
import { isJson } from "../cloud/input.ts";
import { readSettings } from "../cloud/route53/settings.ts";
import type { Properties } from "../program/wire.ts";
import { isKnown } from "./checks.ts";
import { drift, sameSet, taken } from "./drift.ts";
import type { ExistingRequest, ProviderPorts, ResourceType } from "./resource-type.ts";
import { deployer, given, optionalText, tagChanges, tagList, unlessGone } from "./resource-type.ts";

/** Members of HealthCheckConfig, by the input that sets each. */
const MEMBERS = {
  type: "Type",
  childHealthThreshold: "HealthThreshold",
  childHealthchecks: "ChildHealthChecks",
  disabled: "Disabled",
  enableSni: "EnableSNI",
  failureThreshold: "FailureThreshold",
  fqdn: "FullyQualifiedDomainName",
  insufficientDataHealthStatus: "InsufficientDataHealthStatus",
  invertHealthcheck: "Inverted",
  ipAddress: "IPAddress",
  measureLatency: "MeasureLatency",
  port: "Port",
  regions: "Regions",
  requestInterval: "RequestInterval",
  resourcePath: "ResourcePath",
  routingControlArn: "RoutingControlArn",
  searchString: "SearchString",
} as const;
const ALARM_MEMBERS = { cloudwatchAlarmName: "Name", cloudwatchAlarmRegion: "Region" } as const;
const RESOURCE_TYPE = "healthcheck";
/** Longest CallerReference, and what the provider leaves of a reference name in it. */
const MAXIMUM_REFERENCE = 64;
const MAXIMUM_REFERENCE_NAME = 27;

const arnOf = (id: string) => `arn:aws:route53:::healthcheck/${id}`;

/** HealthCheckConfig; of what is known only. */
function config(inputs: Properties): Properties {
  const alarm = given(inputs, ALARM_MEMBERS);
  return {
    ...given(inputs, MEMBERS),
    ...(Object.keys(alarm).length === 0 ? {} : { AlarmIdentifier: alarm }),
  };
}

function check(inputs: Properties): { property: string; reason: string }[] {
  const names = [...Object.keys(MEMBERS), ...Object.keys(ALARM_MEMBERS)];
  if (!names.every((name) => isKnown(inputs[name]))) return [];
  try {
    readSettings(config(inputs));
    return [];
  } catch (error) {
    const { message } = error as Error;
    const member = /at '(\w+)/.exec(message)?.[1] ?? "";
    const all: readonly (readonly [string, string])[] = [
      ...Object.entries(MEMBERS),
      ...Object.entries(ALARM_MEMBERS),
      ["cloudwatchAlarmName", "AlarmIdentifier"],
    ];
    return [{ property: all.find(([, name]) => name === member)?.[0] ?? "type", reason: message }];
  }
}

/** An id in the form of Route 53's, for an evaluation that makes nothing. */
function foreseenId(urn: string): string {
  const digits = createHash("sha256").update(urn).digest("hex");
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20, 32),
  ].join("-");
}

async function changeTags(
  id: string,
  changes: { AddTags?: object[]; RemoveTagKeys?: string[] },
  { call }: ProviderPorts,
  request: { region: string },
): Promise<void> {
  const input = { ResourceType: RESOURCE_TYPE, ResourceId: id, ...changes };
  await call("route53", "ChangeTagsForResource", input, deployer(request));
}

async function found(request: ExistingRequest, { call }: ProviderPorts): Promise<Properties | undefined> {
  const input = { HealthCheckId: request.id };
  const answer = await unlessGone(call("route53", "GetHealthCheck", input, deployer(request)));
  const { HealthCheck: now } = answer ?? {};
  if (!isJson(now) || !isJson(now.HealthCheckConfig)) return undefined;
  const { HealthCheckConfig: settings } = now;
  const children = settings.ChildHealthChecks;
  return {
    ...Object.fromEntries(
      [...Object.keys(MEMBERS), ...Object.keys(ALARM_MEMBERS)].map((name) => [name, null]),
    ),
    ...taken(settings, MEMBERS),
    ...taken(settings.AlarmIdentifier, ALARM_MEMBERS),
    ...(children === undefined
      ? {}
      : { childHealthchecks: sameSet(request.inputs.childHealthchecks, children) }),
  };
}

/** A health check of Route 53. */
export const HEALTH_CHECK: ResourceType = {
  // The id is the service's own: `create` fills it in.
  describe: ({ urn }) => {
    const id = foreseenId(urn);
    return { id, outputs: { arn: arnOf(id) } };
  },
  check,
  create: async (request, ports, described) => {
    const { inputs } = request;
    const reference = `${(optionalText(inputs.referenceName) ?? "terraform-").slice(0, MAXIMUM_REFERENCE_NAME)}${described.id}`;
    const input = {
      CallerReference: reference.slice(0, MAXIMUM_REFERENCE),
      HealthCheckConfig: config(inputs),
    };
    const { HealthCheck } = await ports.call("route53", "CreateHealthCheck", input, deployer(request));
    const id = isJson(HealthCheck) ? HealthCheck.Id : undefined;
    if (typeof id !== "string") return;
    Object.assign(described, { id, outputs: { arn: arnOf(id) } });
    const AddTags = tagList(inputs);
    if (AddTags.length > 0) await changeTags(id, { AddTags }, ports, request);
  },
  replacedBy: ["type", "referenceName", "requestInterval", "measureLatency", "routingControlArn"],
  // `triggers` has no member: naming the alarm again makes Route 53 read its settings again.
  update: async (request, ports) => {
    const { id, inputs, before } = request;
    const { type: _type, ...alterable } = inputs;
    const input = { HealthCheckId: id, Inverted: false, Disabled: false, ...config(alterable) };
    await ports.call("route53", "UpdateHealthCheck", input, deployer(request));
    const { put, gone } = tagChanges(before, inputs);
    const AddTags = tagList({ tags: put });
    if (AddTags.length + gone.length > 0)
      await changeTags(
        id,
        { ...(AddTags.length > 0 && { AddTags }), ...(gone.length > 0 && { RemoveTagKeys: gone }) },
        ports,
        request,
      );
  },
  delete: async (request, { call }) => {
    const input = { HealthCheckId: request.id };
    await unlessGone(call("route53", "DeleteHealthCheck", input, deployer(request)));
  },
  read: async (request, ports) => {
    const now = await found(request, ports);
    const defaults = {
      invertHealthcheck: false,
      disabled: false,
      insufficientDataHealthStatus: "LastKnownStatus",
    };
    return now && { inputs: drift(request.inputs, now, defaults), outputs: { arn: arnOf(request.id) } };
  },
  except: "types CLOUDWATCH_METRIC and CALCULATED only",
};
