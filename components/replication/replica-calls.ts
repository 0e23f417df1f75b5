import type { DynamoDBClient, ReplicaDescription, TableDescription } from "@aws-sdk/client-dynamodb";
import { isPassing, pauseAfter, repeatWhile, sleep } from "./repetition.ts";
import type { ReplicaInputs } from "./replica-inputs.ts";
import { replicaArn } from "./replica-inputs.ts";

/*
 * The calls behind a replica. These functions are serialized into the stack's state with the dynamic provider,
 * so packages are imported inside them, and no credentials are captured.
 */

/** How long to wait for a change of a replica, which AWS carries out in minutes, in milliseconds. */
const WAIT_LIMIT = 30 * 60 * 1000;
/** How long tags may be refused while AWS is busy with the table, in milliseconds. */
const TAGS_LIMIT = 5 * 60 * 1000;

type Place = Pick<ReplicaInputs, "roleArn">;

/** Credentials of the role to assume; nothing if the deployment's own are to be used. */
async function credentialsOf({ roleArn }: Place, region: string) {
  if (roleArn === undefined || roleArn === "") return {};
  const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/client-sts");
  const client = new STSClient({ region });
  const command = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "trade-processing-replica" });
  const { Credentials: assumed } = await client.send(command);
  if (!assumed?.AccessKeyId || !assumed.SecretAccessKey || !assumed.SessionToken)
    throw new Error(`roleArn: ${roleArn} gave no credentials`);
  return {
    credentials: {
      accessKeyId: assumed.AccessKeyId,
      secretAccessKey: assumed.SecretAccessKey,
      sessionToken: assumed.SessionToken,
    },
  };
}

/** A DynamoDB client for a region. */
export async function dynamoClient(inputs: Place, region: string): Promise<DynamoDBClient> {
  const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
  return new DynamoDBClient({ region, ...(await credentialsOf(inputs, region)) });
}

/** The account whose credentials the calls are made with. */
export async function callerAccount(inputs: Place, region: string): Promise<string | undefined> {
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const client = new STSClient({ region, ...(await credentialsOf(inputs, region)) });
  return (await client.send(new GetCallerIdentityCommand({}))).Account;
}

/** The table in its home region; nothing if it is gone. */
export async function describeTable(
  client: DynamoDBClient,
  table: string,
): Promise<TableDescription | undefined> {
  const { DescribeTableCommand } = await import("@aws-sdk/client-dynamodb");
  try {
    return (await client.send(new DescribeTableCommand({ TableName: table }))).Table;
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

/** The stream of a table in the client's region. Throws if it has none. */
export async function streamOf(client: DynamoDBClient, table: string): Promise<string> {
  const arn = (await describeTable(client, table))?.LatestStreamArn;
  if (arn === undefined)
    throw new Error(
      `${table}/${await client.config.region()}: the replica has no stream, and replication needs one`,
    );
  return arn;
}

/** A table's replica in a region, if it has one. */
export function replicaIn(
  table: TableDescription | undefined,
  region: string,
): ReplicaDescription | undefined {
  return table?.Replicas?.find((replica) => replica.RegionName === region);
}

/** Polls the table until `done` says so. Throws with the last status at `end`, by default in half an hour. */
export async function waitForTable(
  client: DynamoDBClient,
  inputs: Pick<ReplicaInputs, "table" | "region">,
  done: (table: TableDescription | undefined, replica: ReplicaDescription | undefined) => boolean,
  end: number = Date.now() + WAIT_LIMIT,
): Promise<TableDescription | undefined> {
  for (let pause = pauseAfter(0); ; pause = pauseAfter(pause)) {
    const table = await describeTable(client, inputs.table);
    const replica = replicaIn(table, inputs.region);
    if (done(table, replica)) return table;
    if (Date.now() > end) {
      const status = `table ${table?.TableStatus ?? "gone"}, replica ${replica?.ReplicaStatus ?? "gone"}`;
      throw new Error(`${inputs.table}/${inputs.region}: still changing after 30 minutes: ${status}`);
    }
    await sleep(pause);
  }
}

/** Waits until neither the table nor its replica is changing. */
export function waitUntilActive(client: DynamoDBClient, inputs: Pick<ReplicaInputs, "table" | "region">) {
  return waitForTable(client, inputs, (table, replica) => {
    if (!table) throw new Error(`table: "${inputs.table}" is not there, so it can have no replica`);
    return table.TableStatus === "ACTIVE" && replica?.ReplicaStatus === "ACTIVE";
  });
}

/** Gives the replica its tags, which are not replicated either, and takes away those that are no longer asked for. */
export async function setTags(
  inputs: ReplicaInputs,
  former: Readonly<Record<string, string>>,
): Promise<void> {
  const { TagResourceCommand, UntagResourceCommand } = await import("@aws-sdk/client-dynamodb");
  const client = await dynamoClient(inputs, inputs.region);
  const ResourceArn = replicaArn(inputs);
  const tags = Object.entries(inputs.tags).map(([Key, Value]) => ({ Key, Value }));
  if (tags.length > 0)
    await repeatWhile(isPassing, TAGS_LIMIT, () =>
      client.send(new TagResourceCommand({ ResourceArn, Tags: tags })),
    );
  const gone = Object.keys(former).filter((key) => !(key in inputs.tags));
  if (gone.length > 0)
    await repeatWhile(isPassing, TAGS_LIMIT, () =>
      client.send(new UntagResourceCommand({ ResourceArn, TagKeys: gone })),
    );
}
