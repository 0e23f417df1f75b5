import { texts } from "../providers/resource-type.ts";
import type { SnapshotResource } from "./snapshot.ts";

function isArm64(resource: SnapshotResource | undefined): boolean {
  return texts(resource?.inputs.architectures).includes("arm64");
}

/** Name of the price of a function's GB-seconds. Lambda's default architecture is x86_64. */
export function durationPrice(resource: SnapshotResource): "lambdaArm64" | "lambdaX86" {
  return isArm64(resource) ? "lambdaArm64" : "lambdaX86";
}

/** Name of the price of its provisioned concurrency. */
export function provisionedPrice(
  resource: SnapshotResource | undefined,
): "lambdaProvisionedArm64" | "lambdaProvisionedX86" {
  return isArm64(resource) ? "lambdaProvisionedArm64" : "lambdaProvisionedX86";
}
