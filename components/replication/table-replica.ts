import * as pulumi from "@pulumi/pulumi";
import type { ReplicaInputs } from "./replica-inputs.ts";
import { replicaProvider } from "./replica-provider.ts";

/** Version of the provider's behaviour. Raise it with every change of it. */
const PROVIDER_VERSION = "3";

export type TableReplicaArgs = {
  [Key in Exclude<keyof ReplicaInputs, "providerVersion" | "roleArn">]: pulumi.Input<ReplicaInputs[Key]>;
} & { roleArn?: pulumi.Input<string> };

/** A table's replica in another region. */
export class TableReplica extends pulumi.dynamic.Resource {
  declare readonly replicaArn: pulumi.Output<string>;
  declare readonly replicaStatus: pulumi.Output<string>;
  declare readonly replicaStreamArn: pulumi.Output<string>;

  constructor(name: string, args: TableReplicaArgs, opts: pulumi.CustomResourceOptions) {
    super(
      replicaProvider,
      name,
      {
        ...args,
        providerVersion: PROVIDER_VERSION,
        replicaArn: undefined,
        replicaStatus: undefined,
        replicaStreamArn: undefined,
      },
      opts,
      "trade-processing",
      "TableReplica",
    );
  }
}
