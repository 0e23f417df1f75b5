import type { dynamic } from "@pulumi/pulumi";
import {
  callerAccount,
  describeTable,
  dynamoClient,
  replicaIn,
  setRecovery,
  setTags,
  waitForTable,
  waitUntilActive,
} from "./replica-calls.ts";
import type { ReplicaInputs, ReplicaState } from "./replica-inputs.ts";
import { changedInputs, REPLACING, replicaArn, replicaId, UPDATING } from "./replica-inputs.ts";

/** Stands for a value that a preview does not know yet (Pulumi's engine). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Brings an existing replica to its inputs and tells what the state keeps. */
async function settle(inputs: ReplicaInputs, formerTags: Record<string, string>): Promise<ReplicaState> {
  const home = await dynamoClient(inputs, inputs.homeRegion);
  const table = await waitUntilActive(home, inputs);
  await setRecovery(inputs);
  await setTags(inputs, formerTags);
  const replicaStatus = replicaIn(table, inputs.region)?.ReplicaStatus ?? "UNKNOWN";
  return { ...inputs, replicaArn: replicaArn(inputs), replicaStatus };
}

/**
 * A table's replica in another region, through UpdateTable. Creating one that is there already takes it over, and
 * deleting one that is gone succeeds, so that an interrupted deployment can be repeated. Every change waits until
 * table and replica are ACTIVE, or the replica is gone: until then AWS refuses the next one.
 */
export const replicaProvider: dynamic.ResourceProvider<ReplicaInputs, ReplicaState> = {
  async check(_olds: ReplicaInputs, news: ReplicaInputs) {
    const failures: dynamic.CheckFailure[] = [];
    const { region, homeRegion, accountId } = news;
    const known = (value: unknown): value is string => typeof value === "string" && value !== UNKNOWN;
    if (known(region) && region === homeRegion)
      failures.push({
        property: "region",
        reason: `got "${region}"; must differ from homeRegion, the table's own region`,
      });
    const roleKnown = news.roleArn === undefined || known(news.roleArn);
    if (known(accountId) && known(homeRegion) && roleKnown) {
      const caller = await callerAccount(
        news.roleArn === undefined ? {} : { roleArn: news.roleArn },
        homeRegion,
      );
      if (caller !== accountId)
        failures.push({
          property: "accountId",
          reason: `got "${accountId}", but the credentials are of account ${caller ?? "unknown"}`,
        });
    }
    return { inputs: news, failures };
  },

  async diff(_id: string, olds: ReplicaState, news: ReplicaInputs) {
    const replaces = changedInputs({ ...olds }, { ...news }, REPLACING);
    // Pulumi keeps the provider's code under this key; changed code is a change of the resource.
    const updates = changedInputs({ ...olds }, { ...news }, [...UPDATING, "__provider"]);
    return { changes: replaces.length + updates.length > 0, replaces, deleteBeforeReplace: true };
  },

  async create(inputs: ReplicaInputs) {
    const { UpdateTableCommand } = await import("@aws-sdk/client-dynamodb");
    const home = await dynamoClient(inputs, inputs.homeRegion);
    const steady = await waitForTable(home, inputs, (table) => {
      if (!table) throw new Error(`table: "${inputs.table}" is not there, so it can have no replica`);
      return table.TableStatus === "ACTIVE";
    });
    if (!replicaIn(steady, inputs.region))
      await home.send(
        new UpdateTableCommand({
          TableName: inputs.table,
          ReplicaUpdates: [
            { Create: { RegionName: inputs.region, KMSMasterKeyId: inputs.replicaKmsKeyArn } },
          ],
        }),
      );
    return { id: replicaId(inputs), outs: await settle(inputs, {}) };
  },

  async read(id: string, props?: ReplicaState) {
    const [table = "", region = ""] = id.split("/");
    if (!props) throw new Error(`${id}: a replica cannot be imported; deploying takes over one that exists`);
    const home = await dynamoClient(props, props.homeRegion);
    const replica = replicaIn(await describeTable(home, table), region);
    if (!replica) return { id: "", props };
    const { DescribeContinuousBackupsCommand, ListTagsOfResourceCommand } = await import(
      "@aws-sdk/client-dynamodb"
    );
    const there = await dynamoClient(props, region);
    const backups = await there.send(new DescribeContinuousBackupsCommand({ TableName: table }));
    const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    const listed = await there.send(new ListTagsOfResourceCommand({ ResourceArn: replicaArn(props) }));
    const tags = (listed.Tags ?? []).flatMap(({ Key, Value }) =>
      Key && Value ? [[Key, Value] as const] : [],
    );
    return {
      id,
      props: {
        ...props,
        replicaKmsKeyArn: replica.KMSMasterKeyId ?? "",
        pointInTimeRecovery: recovery?.PointInTimeRecoveryStatus === "ENABLED",
        tags: Object.fromEntries(tags),
        replicaStatus: replica.ReplicaStatus ?? "UNKNOWN",
      },
    };
  },

  async update(_id: string, olds: ReplicaState, news: ReplicaInputs) {
    const { UpdateTableCommand } = await import("@aws-sdk/client-dynamodb");
    const home = await dynamoClient(news, news.homeRegion);
    const table = await waitUntilActive(home, news);
    if (replicaIn(table, news.region)?.KMSMasterKeyId !== news.replicaKmsKeyArn)
      await home.send(
        new UpdateTableCommand({
          TableName: news.table,
          ReplicaUpdates: [{ Update: { RegionName: news.region, KMSMasterKeyId: news.replicaKmsKeyArn } }],
        }),
      );
    return { outs: await settle(news, olds.tags) };
  },

  async delete(_id: string, props: ReplicaState) {
    const { UpdateTableCommand } = await import("@aws-sdk/client-dynamodb");
    const home = await dynamoClient(props, props.homeRegion);
    const isSteady = (status: string | undefined) => status === undefined || status === "ACTIVE";
    const table = await waitForTable(home, props, (each) => isSteady(each?.TableStatus));
    if (replicaIn(table, props.region))
      await home.send(
        new UpdateTableCommand({
          TableName: props.table,
          ReplicaUpdates: [{ Delete: { RegionName: props.region } }],
        }),
      );
    await waitForTable(home, props, (each, replica) => !each || (each.TableStatus === "ACTIVE" && !replica));
  },
};
