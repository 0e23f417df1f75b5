import type alias from "@pulumi/pulumi/proto/alias_pb.js";
import type resource from "@pulumi/pulumi/proto/resource_pb.js";
import type { EvaluatedResource } from "./provider.ts";
import { fromStruct } from "./wire.ts";

/** What one registration asks for, from the wire request or from a remote component. */
export type Registration = Omit<EvaluatedResource, "urn" | "id" | "outputs"> & {
  importId?: string | undefined;
};

/** The registration that a request asks for. */
export function registrationOf(request: resource.RegisterResourceRequest): Registration {
  const provider = request.getProvider();
  return {
    type: request.getType(),
    name: request.getName(),
    ...(request.getParent() ? { parent: request.getParent() } : {}),
    custom: request.getCustom(),
    remote: request.getRemote(),
    ...(provider ? { provider: parseReference(provider) } : {}),
    providers: Object.fromEntries(request.getProvidersMap().entries()),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    dependencies: request.getDependenciesList(),
    propertyDependencies: Object.fromEntries(
      [...request.getPropertydependenciesMap().entries()].map(([key, value]) => [key, value.getUrnsList()]),
    ),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    ...(request.getDeletebeforereplacedefined()
      ? { deleteBeforeReplace: request.getDeletebeforereplace() }
      : {}),
    aliases: [
      ...request.getAliasurnsList(),
      ...request.getAliasesList().map((each) => aliasUrn(request, each)),
    ],
    inputs: fromStruct(request.getObject()),
    importId: request.getImportid() || undefined,
  };
}

/** The URN that an alias stands for; what it leaves out is as the resource has it. */
function aliasUrn(request: resource.RegisterResourceRequest, given: alias.Alias): string {
  const spec = given.getSpec();
  if (!spec) return given.getUrn();
  const own = request.getParent().split("::");
  const parent = spec.getNoparent() ? [] : (spec.getParenturn() || request.getParent()).split("::");
  const parentType = parent[2] ?? "";
  const type = spec.getType() || request.getType();
  const qualified = parentType === "" || parentType === STACK_TYPE ? type : `${parentType}$${type}`;
  const stack = spec.getStack() || (own[0] ?? "").replace("urn:pulumi:", "");
  return `urn:pulumi:${stack}::${spec.getProject() || own[1]}::${qualified}::${spec.getName() || request.getName()}`;
}

const STACK_TYPE = "pulumi:pulumi:Stack";

/** A provider reference is its URN and its id, joined by `::`. */
export function parseReference(reference: string): { urn: string; id: string } {
  const split = reference.lastIndexOf("::");
  return { urn: reference.slice(0, split), id: reference.slice(split + 2) };
}
