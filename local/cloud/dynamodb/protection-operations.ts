import { createHash } from "node:crypto";
import { Input } from "../input.ts";
import type { RegionState } from "../region-state.ts";
import type { Clock, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type RegionTables, tableName } from "./region-tables.ts";
import type { TableSettings } from "./table-settings.ts";

/** Amazon DynamoDB API Reference, PutResourcePolicy: 20 KB. */
const MAXIMUM_POLICY_BYTES = 20_480;

/** Point-in-time recovery and resource policies, each by region. They are kept and shown; nothing is backed up. */
export function protectionOperations(
  clock: Clock,
  regions: RegionState<RegionTables>,
): Record<string, Operation> {
  const find = async (region: string, name: string): Promise<TableSettings> => {
    const tables = regions.of(region);
    const known = tables.settings.has(name) && (await tables.settled(name));
    if (!known) throw new ServiceError("TableNotFoundException", `Table not found: ${name}`);
    return tables.settingsOf(name);
  };
  const findByArn = (region: string, json: Json): TableSettings => {
    const arn = new Input(json).text("ResourceArn");
    const settings = regions.of(region).settings.get(tableName(arn));
    if (!settings)
      throw new ServiceError(
        "ResourceNotFoundException",
        `Requested resource not found: ResourcArn: ${arn} not found`,
      );
    return settings;
  };
  return {
    async DescribeContinuousBackups(json, { region }) {
      const settings = await find(region, tableName(new Input(json).text("TableName")));
      return { ContinuousBackupsDescription: showBackups(settings, clock.now()) };
    },
    async UpdateContinuousBackups(json, { region }) {
      const input = new Input(json).only(["TableName", "PointInTimeRecoverySpecification"]);
      const settings = await find(region, tableName(input.text("TableName")));
      const specification = new Input(input.record("PointInTimeRecoverySpecification"));
      const enabled = specification.flag("PointInTimeRecoveryEnabled");
      settings.recoverableSince = enabled ? (settings.recoverableSince ?? clock.now()) : undefined;
      settings.recoveryPeriodInDays =
        specification.optionalInteger("RecoveryPeriodInDays", { minimum: 1, maximum: 35 }) ?? 35;
      return { ContinuousBackupsDescription: showBackups(settings, clock.now()) };
    },
    PutResourcePolicy(json, { region }) {
      const settings = findByArn(region, json);
      const input = new Input(json).only(["ResourceArn", "Policy", "ExpectedRevisionId"]);
      const policy = input.text("Policy");
      if (Buffer.byteLength(policy) > MAXIMUM_POLICY_BYTES)
        throw input.refuse(
          "policy",
          policy.slice(0, 50),
          `Member must have at most ${MAXIMUM_POLICY_BYTES} bytes`,
        );
      try {
        JSON.parse(policy);
      } catch {
        throw new ServiceError("ValidationException", "Policy is not valid JSON");
      }
      checkRevision(settings, input);
      settings.resourcePolicy = policy;
      return { RevisionId: revision(policy) };
    },
    GetResourcePolicy(json, { region }) {
      const { resourcePolicy } = findByArn(region, json);
      if (resourcePolicy === undefined) throw noPolicy(json);
      return { Policy: resourcePolicy, RevisionId: revision(resourcePolicy) };
    },
    DeleteResourcePolicy(json, { region }) {
      const settings = findByArn(region, json);
      checkRevision(settings, new Input(json));
      settings.resourcePolicy = undefined;
    },
  };
}

function checkRevision(settings: TableSettings, input: Input): void {
  const expected = input.optionalText("ExpectedRevisionId");
  if (expected === undefined) return;
  const actual = settings.resourcePolicy === undefined ? "NO_POLICY" : revision(settings.resourcePolicy);
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
            EarliestRestorableDateTime: since / 1000,
            LatestRestorableDateTime: now / 1000,
          }),
    },
  };
}
