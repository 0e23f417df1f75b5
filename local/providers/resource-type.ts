import { createHash } from "node:crypto";
import { type Caller, ServiceError } from "../cloud/service.ts";
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
    /** The image carries the Lambda Insights agent. */
    hasInsights: boolean;
  }): Promise<void>;
}

/** A resource that was made, with its inputs and outputs as the engine's state has them. */
export interface ExistingRequest extends CreateRequest {
  readonly id: string;
  readonly outputs: Properties;
}

/** The same, to be changed: `inputs` are the new ones. */
export interface UpdateRequest extends ExistingRequest {
  readonly before: Properties;
  /** Inputs that differ. */
  readonly changed: readonly string[];
}

/** A resource as it is in the local cloud, whatever the engine's state says. */
export interface Found {
  /** Inputs as they stand now; those that are left out stand as the state has them. */
  readonly inputs?: Properties;
  readonly outputs?: Properties;
}

/** One Pulumi resource type: what it is called once made, and what its making does in the local cloud. */
export interface ResourceType {
  /** Id and computed outputs, from inputs alone. */
  describe(request: CreateRequest): Created;
  /** Makes it in the local cloud. */
  create?(request: CreateRequest, ports: ProviderPorts, described: Created): Promise<void>;
  /** Inputs whose values its service would refuse, as `property` and `reason`. Values may be unknown. */
  check?(inputs: Properties): { property: string; reason: string }[];
  /** Inputs that cannot be changed in place: a change makes a new resource. All of them if it has no `update`. */
  replacedBy?: readonly string[];
  /** Changes it in place; the result replaces outputs that are other now. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most updates change no output
  update?(request: UpdateRequest, ports: ProviderPorts): Promise<Properties | void>;
  /** Outputs that a change of these inputs may change: unknown in a preview. */
  recomputed?(changed: readonly string[], inputs: Properties): readonly string[];
  /**
   * Outputs that can be told before it is made or changed. Where they are other than those that there are, the
   * resource is to be changed, though its inputs are the same.
   */
  foreseen?(request: CreateRequest): Promise<Properties>;
  /** Takes it out of the local cloud; what is gone already is no error. */
  delete?(request: ExistingRequest, ports: ProviderPorts): Promise<void>;
  /** Looks it up; undefined if it is gone. Without it, the local cloud cannot say, and the state stands. */
  read?(request: ExistingRequest, ports: ProviderPorts): Promise<Found | undefined>;
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

/** Members of a request by the inputs that set them, of those that are given. */
export function given(inputs: Properties, members: Readonly<Record<string, string>>): Properties {
  return Object.fromEntries(
    Object.entries(members).flatMap(([input, member]) => {
      const value = inputs[input];
      return value === undefined || value === null ? [] : [[member, value]];
    }),
  );
}

/** From where a deployment calls. */
export function deployer({ region }: { readonly region: string }): { region: string; principal: string } {
  return { region, principal: DEPLOYER };
}

/** Tags as the list of Key and Value that most services take. */
export function tagList(inputs: Properties): { Key: string; Value: string }[] {
  return Object.entries(record(inputs.tags)).map(([Key, value]) => ({ Key, Value: String(value) }));
}

/** Tags that are new or other, and keys that are no more. */
export function tagChanges(before: Properties, inputs: Properties): { put: Properties; gone: string[] } {
  const then = record(before.tags);
  const now = record(inputs.tags);
  return {
    put: Object.fromEntries(Object.entries(now).filter(([key, value]) => then[key] !== value)),
    gone: Object.keys(then).filter((key) => !Object.hasOwn(now, key)),
  };
}

const GONE =
  /NotFound|NoSuchEntity|NoSuchHealthCheck|DoesNotExist|NonExistent|AWS\.SimpleQueueService\.NonExistentQueue/;

/** The answer to a call, or undefined if what it is about is gone. */
export async function unlessGone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ServiceError && GONE.test(error.code)) return undefined;
    throw error;
  }
}

/** A policy as the service has it, or as the state has it where both say the same in other words. */
export function samePolicy(stated: Value | undefined, found: unknown): Value {
  const parsed = (text: unknown): string | undefined => {
    try {
      return JSON.stringify(sorted(JSON.parse(String(text))));
    } catch {
      return undefined;
    }
  };
  const isSame = parsed(stated) !== undefined && parsed(stated) === parsed(found);
  return isSame && stated !== undefined ? stated : String(found);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** ARN of a regional resource. */
export function arn(request: CreateRequest, service: string, rest: string): string {
  return `arn:aws:${service}:${request.region}:${request.account}:${rest}`;
}
