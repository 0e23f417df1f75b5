import { createHash } from "node:crypto";
import { checkPolicy } from "../iam/policy.ts";
import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type RegionTables, tableName } from "./region-tables.ts";
import type { TableSettings } from "./table-settings.ts";

/** Amazon DynamoDB API Reference, PutResourcePolicy: 20 KB. */
const MAXIMUM_POLICY_BYTES = 20_480;
const DAY_MILLISECONDS = 86_400_000;
/** API Reference, PointInTimeRecoveryDescription: typically five minutes before the present. */
const RESTORABLE_LAG_MILLISECONDS = 300_000;

/** Point-in-time recovery and resource policies, each by region. They are kept and shown; nothing is backed up. */
export function protectionOperations(
  clock: Clock,
  regions: RegionState<RegionTables>,
): Record<string, Operation> {
  const find = (region: string, name: string): TableSettings => {
    const settings = regions.of(region).settings.get(name);
    if (!settings) throw new ServiceError("TableNotFoundException", `Table not found: ${name}`);
    return settings;
  };
  const findByArn = (region: string, json: Json): PolicyHolder => {
    const arn = new Input(json).text("ResourceArn");
    const holder = policyHolder(regions.of(region), arn, clock.now());
    if (!holder)
      throw new ServiceError(
        "ResourceNotFoundException",
        `Requested resource not found: ResourceArn: ${arn} not found`,
      );
    return holder;
  };
  return {
    DescribeContinuousBackups(json, { region }) {
      const settings = find(region, tableName(new Input(json).text("TableName")));
      return { ContinuousBackupsDescription: showBackups(settings, clock.now()) };
    },
    UpdateContinuousBackups(json, { region }) {
      const input = new Input(json).only(["TableName", "PointInTimeRecoverySpecification"]);
      const settings = find(region, tableName(input.text("TableName")));
      const specification = new Input(input.record("PointInTimeRecoverySpecification"));
      const enabled = specification.flag("PointInTimeRecoveryEnabled");
      settings.recoverableSince = enabled ? (settings.recoverableSince ?? clock.now()) : undefined;
      settings.recoveryPeriodInDays =
        specification.optionalInteger("RecoveryPeriodInDays", { minimum: 1, maximum: 35 }) ?? 35;
      return { ContinuousBackupsDescription: showBackups(settings, clock.now()) };
    },
    PutResourcePolicy(json, { region }) {
      const holder = findByArn(region, json);
      const input = new Input(json).only([
        "ResourceArn",
        "Policy",
        "ExpectedRevisionId",
        "ConfirmRemoveSelfResourceAccess",
      ]);
      const policy = input.text("Policy");
      if (Buffer.byteLength(policy) > MAXIMUM_POLICY_BYTES)
        throw input.refuse(
          "policy",
          policy.slice(0, 50),
          `Member must have at most ${MAXIMUM_POLICY_BYTES} bytes`,
        );
      checkPolicy(policy, "resource", "ValidationException");
      checkRevision(holder.policy, input);
      holder.set(policy);
      return { RevisionId: revision(policy) };
    },
    GetResourcePolicy(json, { region }) {
      const { policy } = findByArn(region, json);
      if (policy === undefined) throw noPolicy(json);
      return { Policy: policy, RevisionId: revision(policy) };
    },
    DeleteResourcePolicy(json, { region }) {
      const { policy, set } = findByArn(region, json);
      checkRevision(policy, new Input(json));
      set(undefined);
      return policy === undefined ? {} : { RevisionId: revision(policy) };
    },
  };
}

/** The policy of a table or of a stream. */
interface PolicyHolder {
  readonly policy: string | undefined;
  readonly set: (policy: string | undefined) => void;
}

/** What has the policy of an ARN: a table for itself and its indexes, or a stream. */
export function policyHolder(tables: RegionTables, arn: string, now: number): PolicyHolder | undefined {
  if (arn.includes("/stream/")) {
    const stream = tables.stream(arn, now);
    return stream && { policy: stream.policy, set: (policy) => (stream.policy = policy) };
  }
  const settings = tables.settings.get(tableName(arn));
  return settings && { policy: settings.resourcePolicy, set: (policy) => (settings.resourcePolicy = policy) };
}

function checkRevision(policy: string | undefined, input: Input): void {
  const expected = input.optionalText("ExpectedRevisionId");
  if (expected === undefined) return;
  const actual = policy === undefined ? "NO_POLICY" : revision(policy);
  if (expected !== actual)
    throw new ServiceError(
      "PolicyNotFoundException",
      `ExpectedRevisionId is ${expected}; the policy's is ${actual}`,
    );
}

function revision(policy: string): string {
  return String(BigInt(`0x${createHash("sha256").update(policy).digest("hex").slice(0, 12)}`));
}

function noPolicy(json: Json): ServiceError {
  return new ServiceError(
    "PolicyNotFoundException",
    `Resource-based policy not found for ${String(json.ResourceArn)}`,
  );
}

function showBackups(settings: TableSettings, now: number): Json {
  const since = settings.recoverableSince;
  return {
    ContinuousBackupsStatus: "ENABLED",
    PointInTimeRecoveryDescription: {
      PointInTimeRecoveryStatus: since === undefined ? "DISABLED" : "ENABLED",
      ...(since === undefined
        ? {}
        : {
            RecoveryPeriodInDays: settings.recoveryPeriodInDays,
            EarliestRestorableDateTime:
              Math.max(since, now - settings.recoveryPeriodInDays * DAY_MILLISECONDS) / 1000,
            LatestRestorableDateTime: Math.max(since, now - RESTORABLE_LAG_MILLISECONDS) / 1000,
          }),
    },
  };
}
