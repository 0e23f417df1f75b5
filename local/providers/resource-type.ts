import { createHash } from "node:crypto";
import type { Caller } from "../cloud/service.ts";
import type { Created, CreateRequest } from "../program/provider.ts";
import type { Properties, Value } from "../program/wire.ts";
import { isRecord } from "../program/wire.ts";

/** How a resource type's effect reaches the local cloud. */
export interface ProviderPorts {
  call: Caller;
  /** Keeps a built image: its bundle folder, by digest. */
  pushImage(image: {
    region: string;
    repositoryName: string;
    tags: string[];
    digest: string;
    directory: string;
    command: string[];
  }): Promise<void>;
}

/** One Pulumi resource type: what it is called once made, and what its making does in the local cloud. */
export interface ResourceType {
  /** Id and computed outputs, from inputs alone. */
  describe(request: CreateRequest): Created;
  /** Makes it in the local cloud. */
  create?(request: CreateRequest, ports: ProviderPorts, described: Created): Promise<void>;
  /** Why it has no behaviour in the local cloud, where it has none. */
  inert?: string;
  /** What of its behaviour is not carried out, where it is made. */
  except?: string;
  /** Input that gets a generated name when it is left out. */
  autoname?: "name" | "namePrefix";
}

export type ResourceTypes = Readonly<Record<string, ResourceType>>;

/** The principal that deployments run as. */
export const DEPLOYER = "arn:aws:iam::000000000000:role/deployer";

/** A stable id such as `vpc-0a1b2c3d4e5f60718`, from the resource's URN. */
export function generatedId(prefix: string, urn: string): string {
  return `${prefix}-${createHash("sha256").update(urn).digest("hex").slice(0, 17)}`;
}

/** A required text input. Throws naming the property. */
export function text(inputs: Properties, property: string): string {
  const value = inputs[property];
  if (typeof value !== "string") throw new Error(`${property}: must be a text, got ${JSON.stringify(value)}`);
  return value;
}

export function optionalText(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function record(value: Value | undefined): Properties {
  return isRecord(value) ? value : {};
}

export function list(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

export function texts(value: Value | undefined): string[] {
  return list(value).filter((each) => typeof each === "string");
}

/** Tags as the list of Key and Value that most services take. */
export function tagList(inputs: Properties): { Key: string; Value: string }[] {
  return Object.entries(record(inputs.tags)).map(([Key, value]) => ({ Key, Value: String(value) }));
}

/** ARN of a regional resource. */
export function arn(request: CreateRequest, service: string, rest: string): string {
  return `arn:aws:${service}:${request.region}:${request.account}:${rest}`;
}
