import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { isPassing, pauseAfter, repeatWhile, sleep } from "./repetition.ts";
import { dynamoClient } from "./replica-calls.ts";
import type { ReplicaInputs } from "./replica-inputs.ts";

/** How long AWS may take to enable the backups of a new table, in milliseconds. */
const RECOVERY_LIMIT = 20 * 60 * 1000;

/** Whether a table's point-in-time recovery is on in the client's region. */
export async function recoveryIsOn(client: DynamoDBClient, table: string): Promise<boolean> {
  const { DescribeContinuousBackupsCommand } = await import("@aws-sdk/client-dynamodb");
  const { ContinuousBackupsDescription: backups } = await client.send(
    new DescribeContinuousBackupsCommand({ TableName: table }),
  );
  return backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === "ENABLED";
}

/**
 * Turns the replica's point-in-time recovery on or off, a setting of each replica that is off when it is made, and
 * returns when AWS says that it is so. A new replica is ACTIVE before its backups are there: until then AWS refuses
 * with ContinuousBackupsUnavailableException. Throws if that takes longer than 20 minutes.
 */
export async function setRecovery(inputs: ReplicaInputs): Promise<void> {
  const { UpdateContinuousBackupsCommand } = await import("@aws-sdk/client-dynamodb");
  const client = await dynamoClient(inputs, inputs.region);
  const wanted = inputs.pointInTimeRecovery;
  const passes = (error: unknown) =>
    (error as Error).name === "ContinuousBackupsUnavailableException" || isPassing(error);
  const end = Date.now() + RECOVERY_LIMIT;
  await repeatWhile(passes, RECOVERY_LIMIT, () =>
    client.send(
      new UpdateContinuousBackupsCommand({
        TableName: inputs.table,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: wanted },
      }),
    ),
  );
  for (
    let pause = pauseAfter(0);
    (await recoveryIsOn(client, inputs.table)) !== wanted;
    pause = pauseAfter(pause)
  ) {
    if (Date.now() > end)
      throw new Error(
        `pointInTimeRecovery: set to ${wanted}, but ${inputs.table}/${inputs.region} is still at ${!wanted} after 20 minutes`,
      );
    await sleep(pause);
  }
}
