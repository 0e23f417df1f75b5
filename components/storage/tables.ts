import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Names } from "../naming.ts";
import type { TableShape } from "./table-shapes.ts";
import { OUTCOMES_TABLE, TRADES_TABLE } from "./table-shapes.ts";

export interface TablesArgs {
  names: Names;
  /** Customer key of the primary region. */
  keyArn: pulumi.Input<string>;
}

/** What every table has: on demand, restorable to any second, encrypted with the customer key, with a stream. */
export function tableArgs(
  name: string,
  shape: TableShape,
  keyArn: pulumi.Input<string>,
): aws.dynamodb.TableArgs {
  return {
    ...shape,
    name,
    billingMode: "PAY_PER_REQUEST",
    // Replication reads the stream.
    streamEnabled: true,
    streamViewType: "NEW_AND_OLD_IMAGES",
    pointInTimeRecovery: { enabled: true },
    serverSideEncryption: { enabled: true, kmsKeyArn: keyArn },
    deletionProtectionEnabled: false,
  };
}

/** The tables of trades and outcomes in the primary region. Their replicas are resources of their own. */
export class Tables extends pulumi.ComponentResource {
  readonly trades: aws.dynamodb.Table;
  readonly outcomes: aws.dynamodb.Table;

  constructor(name: string, args: TablesArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:storage:Tables", name, {}, opts);
    const { names, keyArn } = args;
    const table = (purpose: string, tableName: string, shape: TableShape) =>
      new aws.dynamodb.Table(
        `${name}-${purpose}`,
        tableArgs(tableName, shape, keyArn),
        // TableReplica makes and unmakes the replica; this resource must not undo that.
        { parent: this, ignoreChanges: ["replicas"] },
      );
    this.trades = table("trades", names.tradesTable, TRADES_TABLE);
    this.outcomes = table("outcomes", names.outcomesTable, OUTCOMES_TABLE);
    this.registerOutputs({ trades: this.trades.name, outcomes: this.outcomes.name });
  }
}
