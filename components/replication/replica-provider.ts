import type { dynamic } from "@pulumi/pulumi";
import {
  callerAccount,
  describeTable,
  dynamoClient,
  replicaIn,
  setTags,
  streamOf,
  waitForTable,
  waitUntilActive,
} from "./replica-calls.ts";
import { makeReplica, removeReplica } from "./replica-changes.ts";
import type { ReplicaInputs, ReplicaState } from "./replica-inputs.ts";
import { changedInputs, REPLACING, replicaArn, replicaId, UPDATING } from "./replica-inputs.ts";
import { recoveryIsOn, setRecovery } from "./replica-recovery.ts";

/** Stands for a value that a preview does not know yet (Pulumi's engine). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Makes the replica if need be, brings it to its inputs and tells what the state keeps. Once there is a replica, an
 * error carries what Pulumi keeps in the state, so that the next deployment goes on with it, or removes it.
 */
async function bring(inputs: ReplicaInputs, formerTags: Record<string, string>): Promise<ReplicaState> {
  const home = await dynamoClient(inputs, inputs.homeRegion);
  await makeReplica(home, inputs);
  const known = { ...inputs, replicaArn: replicaArn(inputs) };
  let [replicaStatus, replicaStreamArn] = ["UNKNOWN", ""];
  try {
    const table = await waitUntilActive(home, inputs);
    replicaStatus = replicaIn(table, inputs.region)?.ReplicaStatus ?? replicaStatus;
    replicaStreamArn = await streamOf(await dynamoClient(inputs, inputs.region), inputs.table);
    await setRecovery(inputs);
    await setTags(inputs, formerTags);
  } catch (error) {
    // With the former tags, since those that are no longer asked for may still be there to take away.
    const tags = { ...formerTags, ...inputs.tags };
    throw unfinished(error, { ...known, tags, replicaStatus, replicaStreamArn });
  }
  return { ...known, replicaStatus, replicaStreamArn };
}

/**
 * The error with which Pulumi's dynamic provider reports a resource that was made but not finished: it asks for
 * `id`, `properties` and `reasons`. The properties must hold the serialized provider, which Pulumi adds to what is
 * returned, but not to what is thrown; it is among the inputs.
 */
function unfinished(error: unknown, properties: ReplicaState): Error {
  const { name, message } = error as Error;
  const reason = `${replicaId(properties)}: ${name}: ${message}`;
  return Object.assign(new Error(reason, { cause: error }), {
    id: replicaId(properties),
    properties,
    reasons: [reason],
  });
}

/**
 * A table's replica in another region, through UpdateTable. Creating one that is there already takes it over, and
 * deleting one that is gone succeeds, so that an interrupted deployment can be repeated; one that is gone when it is
 * updated is made again. Every change waits until table and replica are ACTIVE, or the replica is gone: until then
 * AWS refuses the next one.
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
    return { id: replicaId(inputs), outs: await bring(inputs, {}) };
  },

  async read(id: string, props?: ReplicaState) {
    const [table = "", region = ""] = id.split("/");
    if (!props) throw new Error(`${id}: a replica cannot be imported; deploying takes over one that exists`);
    const home = await dynamoClient(props, props.homeRegion);
    const replica = replicaIn(await describeTable(home, table), region);
    if (!replica) return { id: "", props };
    const { ListTagsOfResourceCommand } = await import("@aws-sdk/client-dynamodb");
    const there = await dynamoClient(props, region);
    const listed = await there.send(new ListTagsOfResourceCommand({ ResourceArn: replicaArn(props) }));
    const tags = (listed.Tags ?? []).flatMap(({ Key, Value }) =>
      Key && Value ? [[Key, Value] as const] : [],
    );
    return {
      id,
      props: {
        ...props,
        replicaKmsKeyArn: replica.KMSMasterKeyId ?? "",
        pointInTimeRecovery: await recoveryIsOn(there, table),
        tags: Object.fromEntries(tags),
        replicaStatus: replica.ReplicaStatus ?? "UNKNOWN",
        replicaStreamArn: await streamOf(there, table),
      },
    };
  },

  async update(_id: string, olds: ReplicaState, news: ReplicaInputs) {
    return { outs: await bring(news, olds.tags) };
  },

  async delete(_id: string, props: ReplicaState) {
    const home = await dynamoClient(props, props.homeRegion);
    await removeReplica(home, props);
    await waitForTable(
      home,
      props,
      (table, replica) => !table || (table.TableStatus === "ACTIVE" && !replica),
    );
  },
};
