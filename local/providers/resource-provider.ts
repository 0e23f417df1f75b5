import { createHash } from "node:crypto";
import { LOCAL_ACCOUNT } from "../cloud/cloud.ts";
import type { CreateRequest, ResourceProvider } from "../program/provider.ts";
import type { Properties } from "../program/wire.ts";
import { UNKNOWN } from "../program/wire.ts";
import { COMPUTE_TYPES } from "./compute.ts";
import { EVENT_TYPES } from "./events.ts";
import { invoke } from "./invokes.ts";
import { MONITORING_TYPES } from "./monitoring.ts";
import { NETWORK_TYPES } from "./network.ts";
import { QUEUE_TYPES } from "./queues.ts";
import { REGISTRY_TYPES } from "./registry.ts";
import type { ProviderPorts, ResourceType, ResourceTypes } from "./resource-type.ts";
import { optionalText } from "./resource-type.ts";
import { SCHEDULE_TYPES } from "./schedules.ts";
import { propertyFailures } from "./schema-check.ts";
import { SECURITY_TYPES } from "./security.ts";
import { STORAGE_TYPES } from "./storage.ts";
import { constructVpc } from "./vpc-component.ts";

/** Every resource type that is carried out, or known to have no local behaviour. */
export const RESOURCE_TYPES: ResourceTypes = {
  ...NETWORK_TYPES,
  ...SECURITY_TYPES,
  ...STORAGE_TYPES,
  ...QUEUE_TYPES,
  ...MONITORING_TYPES,
  ...EVENT_TYPES,
  ...SCHEDULE_TYPES,
  ...COMPUTE_TYPES,
  ...REGISTRY_TYPES,
};

/** Every remote component that is carried out: its children are registered as the real one registers them. */
export const COMPONENTS: Readonly<Record<string, typeof constructVpc>> = { "awsx:ec2:Vpc": constructVpc };

/** How a remote component is made. Throws naming the type if there is none. */
export function component(type: string): typeof constructVpc {
  const found = Object.hasOwn(COMPONENTS, type) ? COMPONENTS[type] : undefined;
  if (!found)
    throw new Error(
      `The local cloud cannot make a component of type "${type}"; it makes: ${Object.keys(COMPONENTS).join(", ")}`,
    );
  return found;
}

/** The entry of a resource type. Throws naming the type if there is none. */
export function resourceType(type: string): ResourceType {
  const found = Object.hasOwn(RESOURCE_TYPES, type) ? RESOURCE_TYPES[type] : undefined;
  if (!found) throw new Error(`The local cloud cannot make a resource of type "${type}"`);
  return found;
}

/**
 * The request in the region that the resource itself may name, and with a generated name where the type wants one and
 * none was given, as the provider's autonaming does.
 */
function completed(given: CreateRequest): CreateRequest {
  const property = resourceType(given.type).autoname;
  const request = { ...given, region: optionalText(given.inputs.region) ?? given.region };
  if (!property || request.inputs[property] !== undefined) return request;
  const suffix = createHash("sha256").update(request.urn).digest("hex").slice(0, 7);
  return { ...request, inputs: { ...request.inputs, [property]: `${request.name}-${suffix}` } };
}

/**
 * The providers aws, awsx and docker-build as an in-process evaluation needs them. With ports, resources are made
 * in the local cloud; without, they only get the ids and outputs that they would have.
 */
export function createResourceProvider(ports?: ProviderPorts): ResourceProvider {
  return {
    account: LOCAL_ACCOUNT,
    check({ type, inputs }) {
      resourceType(type);
      return propertyFailures(type, inputs).map(({ property, reason }) => `${property}: ${reason}`);
    },
    async create(given) {
      const request = completed(given);
      const type = resourceType(request.type);
      const { region } = request;
      const described = type.describe(request);
      if (ports || request.type === "docker-build:index:Image")
        await type.create?.(request, ports ?? OFFLINE, described);
      return {
        id: described.id,
        outputs: { ...withRegion(request, region), ...described.outputs },
      };
    },
    preview(given) {
      const request = completed(given);
      const { outputs } = resourceType(request.type).describe(request);
      const unknown = Object.fromEntries(Object.keys(outputs).map((property) => [property, UNKNOWN]));
      return { ...request.inputs, ...unknown };
    },
    async read(request) {
      return resourceType(request.type).describe(completed(request)).outputs;
    },
    invoke,
    async construct(type, request) {
      return component(type)(request);
    },
  };
}

/** An image's digest comes from its build context, so even an evaluation without effects reads that. */
const OFFLINE: ProviderPorts = { call: async () => ({}), pushImage: async () => {} };

function withRegion({ inputs }: CreateRequest, region: string): Properties {
  return region ? { region, ...inputs } : inputs;
}
