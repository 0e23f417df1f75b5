import { differences, inputOf } from "../providers/differences.ts";
import { RESOURCE_TYPES } from "../providers/resource-provider.ts";
import type { SnapshotResource } from "./snapshot.ts";

/**
 * Inputs that say which thing a resource is. Where its type does not tell what cannot be changed in place, a change of
 * one of these is taken to make a new resource.
 */
const IDENTITY = new Set([
  ...["name", "namePrefix", "bucket", "functionName", "qualifier", "aliasName", "repository", "policyName"],
  ...["hashKey", "rangeKey", "fifoQueue", "eventSourceArn", "eventBusName", "rule", "targetId"],
  ...["vpcId", "subnetId", "allocationId", "cidrBlock", "availabilityZone", "serviceName", "vpcEndpointType"],
  ...["routeTableId", "destinationCidrBlock", "securityGroupId", "queueUrl", "packageType", "region"],
]);
/** Further ones of single types (Terraform AWS provider and this project's dynamic provider). */
const FURTHER: Readonly<Record<string, readonly string[]>> = {
  "aws:sfn/stateMachine:StateMachine": ["type"],
  "pulumi-nodejs:dynamic/trade-processing:TableReplica": ["table"],
};

/** How two versions of a resource differ. */
export interface ResourceDiff {
  /** Differing paths, and whether the difference takes a new resource. */
  readonly paths: ReadonlyMap<string, boolean>;
  readonly isReplaced: boolean;
  /** The old one goes first, since both would have one name. */
  readonly deleteBeforeReplace: boolean;
}

/** Differences as the engine would treat them: what the resource's type cannot change in place replaces it. */
export function diffOf(before: SnapshotResource, after: SnapshotResource): ResourceDiff {
  const { type, ignoreChanges, replaceOnChanges } = after;
  const paths = new Map(
    [...differences(before.inputs, after.inputs, ignoreChanges).keys()].map((path) => [
      path,
      isReplacing(type, path) || replaceOnChanges.some((each) => each === "*" || isWithin(path, each)),
    ]),
  );
  if (before.region !== after.region) paths.set("region", true);
  const isReplaced = [...paths.values()].includes(true);
  const nameInput = Object.hasOwn(RESOURCE_TYPES, type) ? RESOURCE_TYPES[type]?.autoname : undefined;
  const keepsName = nameInput !== undefined && !paths.has(nameInput) && before.region === after.region;
  return { paths, isReplaced, deleteBeforeReplace: isReplaced && keepsName };
}

/** Whether a change at a path makes a new resource. */
export function isReplacing(type: string, path: string): boolean {
  const input = inputOf(path);
  const replacedBy = Object.hasOwn(RESOURCE_TYPES, type) ? RESOURCE_TYPES[type]?.replacedBy : undefined;
  return replacedBy?.includes(input) ?? (IDENTITY.has(input) || (FURTHER[type]?.includes(input) ?? false));
}

function isWithin(path: string, place: string): boolean {
  return path === place || (path.startsWith(place) && /^[.[]/.test(path.slice(place.length)));
}
