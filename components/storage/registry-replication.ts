import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Names } from "../naming.ts";

export interface RegistryReplicationArgs {
  names: Names;
  account: pulumi.Input<string>;
  destinationRegion: string;
}

/**
 * Replicates this deployment's repository to the other region. The configuration is one a registry (account and
 * region), so at most one stack may own it. Functions do not wait for it: each image is pushed to both regions.
 */
export class RegistryReplication extends pulumi.ComponentResource {
  constructor(name: string, args: RegistryReplicationArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:storage:RegistryReplication", name, {}, opts);
    new aws.ecr.ReplicationConfiguration(
      `${name}-configuration`,
      {
        replicationConfiguration: {
          rules: [
            {
              destinations: [{ region: args.destinationRegion, registryId: args.account }],
              repositoryFilters: [{ filter: args.names.repository, filterType: "PREFIX_MATCH" }],
            },
          ],
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
