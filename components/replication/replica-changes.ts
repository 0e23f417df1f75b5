import type { DynamoDBClient, ReplicaDescription, ReplicationGroupUpdate } from "@aws-sdk/client-dynamodb";
import { isPassing, repeatWhile } from "./repetition.ts";
import { replicaIn, waitForTable } from "./replica-calls.ts";
import type { ReplicaInputs } from "./replica-inputs.ts";

/** How long a change may be refused, or carried out, in milliseconds; AWS takes minutes for one. */
const CHANGE_LIMIT = 30 * 60 * 1000;

/**
 * Sends the one change that `decide` finds necessary in the replica as it is, once the table is ACTIVE or gone.
 * Another change may begin between the look at the table and the call, and a deployment changes several replicas at
 * once: what AWS refuses for the moment is looked at and decided anew, for at most half an hour. So a call that was
 * carried out although its answer got lost is not sent twice either.
 */
export async function changeReplica(
  client: DynamoDBClient,
  inputs: Pick<ReplicaInputs, "table" | "region">,
  decide: (
    replica: ReplicaDescription | undefined,
    tableExists: boolean,
  ) => ReplicationGroupUpdate | undefined,
): Promise<void> {
  const { UpdateTableCommand } = await import("@aws-sdk/client-dynamodb");
  await repeatWhile(isPassing, CHANGE_LIMIT, async (end) => {
    const table = await waitForTable(
      client,
      inputs,
      (each) => each === undefined || each.TableStatus === "ACTIVE",
      end,
    );
    const change = decide(replicaIn(table, inputs.region), table !== undefined);
    if (change)
      await client.send(new UpdateTableCommand({ TableName: inputs.table, ReplicaUpdates: [change] }));
  });
}

/** Makes the replica if it is not there, and gives it the key of the inputs. Throws if there is no table. */
export function makeReplica(client: DynamoDBClient, inputs: ReplicaInputs): Promise<void> {
  const wanted = { RegionName: inputs.region, KMSMasterKeyId: inputs.replicaKmsKeyArn };
  return changeReplica(client, inputs, (replica, tableExists) => {
    if (!tableExists) throw new Error(`table: "${inputs.table}" is not there, so it can have no replica`);
    if (!replica) return { Create: wanted };
    return replica.KMSMasterKeyId === wanted.KMSMasterKeyId ? undefined : { Update: wanted };
  });
}

/** Removes the replica, if it or its table is not gone already. */
export function removeReplica(
  client: DynamoDBClient,
  inputs: Pick<ReplicaInputs, "table" | "region">,
): Promise<void> {
  return changeReplica(client, inputs, (replica) =>
    replica ? { Delete: { RegionName: inputs.region } } : undefined,
  );
}
