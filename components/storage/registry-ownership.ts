import * as pulumi from "@pulumi/pulumi";
import type { OwnershipInputs } from "./registry-ownership-provider.ts";
import { ownershipProvider } from "./registry-ownership-provider.ts";

/** Version of the provider's behaviour. Raise it with every change of it. */
const PROVIDER_VERSION = "1";

export type RegistryOwnershipArgs = {
  [Key in Exclude<keyof OwnershipInputs, "providerVersion">]: pulumi.Input<OwnershipInputs[Key]>;
};

/** That a registry's replication rules are this stack's: refused, in previews too, where there are others. */
export class RegistryOwnership extends pulumi.dynamic.Resource {
  constructor(name: string, args: RegistryOwnershipArgs, opts: pulumi.CustomResourceOptions) {
    super(
      ownershipProvider,
      name,
      { ...args, providerVersion: PROVIDER_VERSION },
      opts,
      "trade-processing",
      "RegistryOwnership",
    );
  }
}
