/** What a replica is made from, once Pulumi has resolved it. */
export interface ReplicaInputs {
  /** Table name, the same in both regions. */
  table: string;
  /** Region of the replica. */
  region: string;
  /** Region of the table that it is a replica of. */
  homeRegion: string;
  /** Account that the deployment is meant for. */
  accountId: string;
  /** Role to assume for the calls; without one, the deployment's own credentials. */
  roleArn?: string;
  /** Customer key of the replica's region. */
  replicaKmsKeyArn: string;
  pointInTimeRecovery: boolean;
  tags: Record<string, string>;
  /** Changes whenever the provider's behaviour does, so that existing replicas show a diff. */
  providerVersion: string;
}

/** What the state keeps: the inputs and what AWS says of the replica. */
export interface ReplicaState extends ReplicaInputs {
  replicaArn: string;
  /** Stream of the replica in its own region: what is written there, and what arrives. */
  replicaStreamArn: string;
  replicaStatus: string;
}

/** Inputs whose change makes another replica. */
export const REPLACING: readonly (keyof ReplicaInputs)[] = ["table", "region", "homeRegion", "accountId"];

/** Inputs that an existing replica can take on. */
export const UPDATING: readonly (keyof ReplicaInputs)[] = [
  "replicaKmsKeyArn",
  "pointInTimeRecovery",
  "tags",
  "roleArn",
  "providerVersion",
];

/** Identifies a replica. */
export function replicaId(inputs: { table: string; region: string }): string {
  return `${inputs.table}/${inputs.region}`;
}

/** The ARN of a table's replica. */
export function replicaArn(inputs: Pick<ReplicaInputs, "table" | "region" | "accountId">): string {
  return `arn:aws:dynamodb:${inputs.region}:${inputs.accountId}:table/${inputs.table}`;
}

/** Names of the given inputs that differ, whatever the order of the keys inside them. */
export function changedInputs(
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): string[] {
  return keys.filter((key) => ordered(olds[key]) !== ordered(news[key]));
}

function ordered(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) as string;
}
