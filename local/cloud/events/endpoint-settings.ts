import { createHash } from "node:crypto";
import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { BusStore } from "./store.ts";

/** What CreateEndpoint and UpdateEndpoint say of a global endpoint. */
export interface EndpointSettings {
  readonly description: string | undefined;
  /** ARN of the health check of the primary region. */
  readonly healthCheck: string;
  readonly secondaryRegion: string;
  readonly isReplicated: boolean;
  readonly roleArn: string | undefined;
  /** The bus of the primary region, then that of the secondary one. */
  readonly busArns: readonly [primary: string, secondary: string];
  /** What both buses are called. */
  readonly busName: string;
}

export interface SettingsNeeds {
  readonly store: BusStore;
  /** Whether Route 53 has a health check of this id. */
  readonly hasHealthCheck: (id: string) => boolean;
}

const ENDPOINT_MEMBERS = ["Description", "RoutingConfig", "ReplicationConfig", "EventBuses", "RoleArn"];
const BUS_ARN = /^arn:aws:events:([a-z0-9-]+):\d{12}:event-bus\/([.\-_A-Za-z0-9]+)$/;
const HEALTH_CHECK_ARN = /^arn:aws:route53:::healthcheck\/([\da-f-]+)$/;

/** The id in a health check's ARN. */
export function healthCheckId(arn: string): string {
  return HEALTH_CHECK_ARN.exec(arn)?.[1] ?? "";
}

/** The URL's subdomain of an endpoint, `NAME.KIND`: here it follows from the ARN, so that it is known beforehand. */
export function endpointIdOf(arn: string): string {
  const digest = BigInt(`0x${createHash("sha256").update(arn).digest("hex")}`);
  return `${digest.toString(36).slice(0, 10)}.veo`;
}

export function endpointUrlOf(id: string): string {
  return `https://${id}.endpoint.events.amazonaws.com`;
}

/**
 * Reads a global endpoint whose primary region is `region`; what an update leaves out stays as it was before
 * (EventBridge API Reference, CreateEndpoint and UpdateEndpoint). Throws ValidationException.
 */
export function readEndpoint(
  json: Json,
  region: string,
  needs: SettingsNeeds,
  before?: EndpointSettings,
): EndpointSettings {
  const input = new Input(json).only(["Name", ...ENDPOINT_MEMBERS]);
  const failover = before && !input.has("RoutingConfig") ? before : readRouting(input, needs);
  const state = new Input(input.record("ReplicationConfig"))
    .only(["State"])
    .optionalText("State", { oneOf: ["ENABLED", "DISABLED"] });
  const isReplicated = state === undefined ? (before?.isReplicated ?? true) : state === "ENABLED";
  const roleArn =
    input.optionalText("RoleArn", { pattern: /^arn:aws:iam::\d{12}:role\/.+$/ }) ?? before?.roleArn;
  if (isReplicated && roleArn === undefined)
    throw input.refuse(
      "RoleArn",
      undefined,
      "Member must not be null while ReplicationConfig.State is ENABLED",
    );
  const { healthCheck, secondaryRegion } = failover;
  const buses =
    before && !input.has("EventBuses") ? before : readBuses(input, needs.store, [region, secondaryRegion]);
  if (buses.busArns[1].split(":")[3] !== secondaryRegion)
    throw input.refuse("RoutingConfig", secondaryRegion, `The secondary event bus is ${buses.busArns[1]}`);
  return {
    description: input.optionalText("Description", { maximum: 512 }) ?? before?.description,
    ...{ healthCheck, secondaryRegion, isReplicated, roleArn },
    ...{ busArns: buses.busArns, busName: buses.busName },
  };
}

function readRouting(input: Input, { hasHealthCheck }: SettingsNeeds) {
  const routing = new Input(input.record("RoutingConfig")).only(["FailoverConfig"]);
  const failover = new Input(routing.record("FailoverConfig")).only(["Primary", "Secondary"]);
  const primary = new Input(failover.record("Primary")).only(["HealthCheck"]);
  const secondary = new Input(failover.record("Secondary")).only(["Route"]);
  const healthCheck = primary.text("HealthCheck", { pattern: HEALTH_CHECK_ARN });
  if (!hasHealthCheck(healthCheckId(healthCheck)))
    throw new ServiceError("ValidationException", `Health check ${healthCheck} does not exist.`);
  return { healthCheck, secondaryRegion: secondary.text("Route", { minimum: 9, maximum: 20 }) };
}

function readBuses(
  input: Input,
  store: BusStore,
  regions: readonly [string, string],
): Pick<EndpointSettings, "busArns" | "busName"> {
  const given = input
    .records("EventBuses")
    .map((each) => new Input(each).only(["EventBusArn"]).text("EventBusArn", { pattern: BUS_ARN }));
  const [one, other, ...more] = given;
  if (one === undefined || other === undefined || more.length > 0)
    throw input.refuse("EventBuses", given, "Member must have length 2");
  const names = [...new Set(given.map((arn) => BUS_ARN.exec(arn)?.[2] ?? ""))];
  const [busName = ""] = names;
  if (names.length > 1)
    throw input.refuse("EventBuses", given, "The names of the event buses must be identical");
  if (busName === "default")
    throw input.refuse(
      "EventBuses",
      given,
      "The local cloud carries out endpoints of custom event buses only",
    );
  const [primary, secondary] = regions.map((region) =>
    given.find((arn) => BUS_ARN.exec(arn)?.[1] === region),
  );
  if (primary === undefined || secondary === undefined || primary === secondary)
    throw input.refuse(
      "EventBuses",
      given,
      `One event bus must be in ${regions[0]} and one in ${regions[1]}`,
    );
  const missing = [primary, secondary].find((arn, index) => !store.find(regions[index] ?? "", arn));
  if (missing !== undefined)
    throw new ServiceError("ValidationException", `Event bus ${missing} does not exist.`);
  return { busArns: [primary, secondary], busName };
}

/** The members of the API that say what an endpoint is set to. */
export function describeSettings(settings: EndpointSettings): Json {
  const { description, healthCheck, secondaryRegion, isReplicated, roleArn, busArns } = settings;
  return {
    ...(description === undefined ? {} : { Description: description }),
    RoutingConfig: {
      FailoverConfig: { Primary: { HealthCheck: healthCheck }, Secondary: { Route: secondaryRegion } },
    },
    ReplicationConfig: { State: isReplicated ? "ENABLED" : "DISABLED" },
    EventBuses: busArns.map((EventBusArn) => ({ EventBusArn })),
    ...(roleArn === undefined ? {} : { RoleArn: roleArn }),
  };
}
