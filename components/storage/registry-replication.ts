import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Names } from "../naming.ts";
import { RegistryOwnership } from "./registry-ownership.ts";
import { ownRule } from "./registry-rules.ts";

export interface RegistryReplicationArgs {
  names: Names;
  account: pulumi.Input<string>;
  /** Region of the registry. */
  region: string;
  destinationRegion: string;
}

/**
 * Replicates this deployment's repository to the other region. The configuration is one a registry (account and
 * region), so at most one stack may own it, and none takes over a registry that has other rules. Functions do not wait
 * for it: each image is pushed to both regions.
 */
export class RegistryReplication extends pulumi.ComponentResource {
  constructor(name: string, args: RegistryReplicationArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:storage:RegistryReplication", name, {}, opts);
    const { account, region, destinationRegion, names } = args;
    const ownership = new RegistryOwnership(
      `${name}-ownership`,
      { registryId: account, region, destinationRegion, repository: names.repository },
      { parent: this },
    );
    const rule = pulumi
      .output(account)
      .apply((registryId) => ownRule({ registryId, destinationRegion, repository: names.repository }));
    new aws.ecr.ReplicationConfiguration(
      `${name}-configuration`,
      { replicationConfiguration: { rules: [rule] } },
      { parent: this, dependsOn: [ownership] },
    );
    this.registerOutputs({});
  }
}
