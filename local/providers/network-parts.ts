import { isJson } from "../cloud/input.ts";
import type { Json } from "../cloud/service.ts";
import type { CreateRequest } from "../program/provider.ts";
import type { Properties } from "../program/wire.ts";
import type { ExistingRequest, ProviderPorts, ResourceType, UpdateRequest } from "./resource-type.ts";
import { arn, deployer, generatedId, unlessGone } from "./resource-type.ts";

const NO_NETWORK = "function processes run on this machine and use its network";

type Outputs = (request: CreateRequest, id: string) => Properties;
/** An operation of EC2 and its input. */
export type Step = readonly [operation: string, input: Json];

/** A resource that is only written down; a change of these inputs makes another. */
export function ec2(
  prefix: string,
  kind: string,
  replacedBy: readonly string[],
  outputs: Outputs = () => ({}),
): ResourceType {
  return {
    describe(request) {
      const id = generatedId(prefix, request.urn);
      return { id, outputs: { arn: arn(request, "ec2", `${kind}/${id}`), ...outputs(request, id) } };
    },
    replacedBy,
    inert: NO_NETWORK,
  };
}

/** How EC2 makes a resource, changes it, takes it away and shows it. */
export interface Making {
  readonly operation: string;
  readonly input: (inputs: Properties) => Json;
  /** The member of the answer that holds the new id. */
  readonly id: readonly string[];
  readonly replacedBy: readonly string[];
  /** Operations that bring it to changed inputs; without them, the other inputs have no effect here. */
  readonly change?: (request: UpdateRequest) => Step[];
  readonly remove: (request: ExistingRequest) => Step;
  /** Operation that lists, its member of ids, and the answer's member of resources. */
  readonly list: readonly [operation: string, ids: string, member: string];
  /** The listed resource that holds it; its own id by default. */
  readonly listedUnder?: (request: ExistingRequest) => string;
  /** Inputs as they stand in the listed resource; undefined if it is not in there. */
  readonly stated?: (found: Json, request: ExistingRequest) => Properties | undefined;
  readonly check?: ResourceType["check"];
  readonly except?: string;
}

/** A resource that EC2 keeps; EC2 also names it. */
export function made(
  prefix: string,
  kind: string,
  making: Making,
  outputs: Outputs = () => ({}),
): ResourceType {
  const { describe } = ec2(prefix, kind, [], outputs);
  const { except, check } = making;
  return {
    describe,
    ...(check === undefined ? {} : { check }),
    create: async (request, { call }, described) => {
      const answer = await call("ec2", making.operation, making.input(request.inputs), deployer(request));
      const id = making.id.reduce<unknown>((part, name) => (isJson(part) ? part[name] : undefined), answer);
      if (typeof id !== "string") return;
      described.id = id;
      described.outputs = {
        ...described.outputs,
        arn: arn(request, "ec2", `${kind}/${id}`),
        ...outputs(request, id),
      };
    },
    replacedBy: making.replacedBy,
    update: async (request, { call }) => {
      for (const [operation, input] of making.change?.(request) ?? [])
        await call("ec2", operation, input, deployer(request));
    },
    delete: async (request, { call }) => {
      const [operation, input] = making.remove(request);
      await unlessGone(call("ec2", operation, input, deployer(request)));
    },
    read: async (request, ports) => {
      const found = await listed(making, request, ports);
      if (!found) return undefined;
      const inputs = making.stated ? making.stated(found, request) : {};
      return inputs && { inputs };
    },
    ...(except === undefined ? {} : { except }),
  };
}

async function listed(
  { list: [operation, ids, member], listedUnder }: Making,
  request: ExistingRequest,
  { call }: ProviderPorts,
): Promise<Json | undefined> {
  const input = { [ids]: [listedUnder?.(request) ?? request.id] };
  const answer = await unlessGone(call("ec2", operation, input, deployer(request)));
  const all = answer?.[member];
  return Array.isArray(all) ? all.find(isJson) : undefined;
}
