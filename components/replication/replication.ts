import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { TableReplica } from "./table-replica.ts";

export interface ReplicationArgs {
  /** Tables in the home region, by what they are for. */
  tables: Readonly<Record<"trades" | "outcomes", aws.dynamodb.Table>>;
  homeRegion: string;
  replicaRegion: string;
  account: pulumi.Input<string>;
  /** Customer key of the replica's region. */
  replicaKeyArn: pulumi.Input<string>;
  tags: Record<string, string>;
  /** Role for the calls. Default: the deployment's own credentials. */
  roleArn?: pulumi.Input<string>;
}

/** Replicas of the tables in the second region. */
export class Replication extends pulumi.ComponentResource {
  readonly replicas: Readonly<Record<"trades" | "outcomes", TableReplica>>;

  constructor(name: string, args: ReplicationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("trade-processing:replication:Replication", name, {}, opts);
    const replicaOf = (purpose: "trades" | "outcomes") =>
      new TableReplica(
        `${name}-${purpose}`,
        {
          // An output of the table, so that destroying removes the replica first.
          table: args.tables[purpose].name,
          region: args.replicaRegion,
          homeRegion: args.homeRegion,
          accountId: args.account,
          replicaKmsKeyArn: args.replicaKeyArn,
          pointInTimeRecovery: true,
          tags: args.tags,
          ...(args.roleArn !== undefined && { roleArn: args.roleArn }),
        },
        { parent: this },
      );
    this.replicas = { trades: replicaOf("trades"), outcomes: replicaOf("outcomes") };
    const { trades, outcomes } = this.replicas;
    this.registerOutputs({ replicas: [trades.replicaArn, outcomes.replicaArn] });
  }
}
