import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type FunctionRecord, type ProvisionedConcurrency, referenceOf, versionOf } from "./functions.ts";
import { finder, invalid, type ManageNeeds } from "./manage.ts";
import { page } from "./paging.ts";
import type { Pool } from "./pool.ts";
import type { FunctionSettings } from "./settings.ts";

export interface ProvisionNeeds extends ManageNeeds {
  readonly poolOf: (record: FunctionRecord, settings: FunctionSettings) => Pool;
}

/** The operations on provisioned concurrency. */
export function provisionedOperations(needs: ProvisionNeeds): Record<string, Operation> {
  const find = finder(needs);

  function put(input: Json, call: Call): Json {
    const record = find(input, call);
    const qualifier = qualifierOf(record, input);
    const requested = input.ProvisionedConcurrentExecutions;
    if (typeof requested !== "number" || !Number.isInteger(requested) || requested < 1)
      throw invalid(
        `ProvisionedConcurrentExecutions is ${JSON.stringify(requested)}; allowed: whole numbers from 1`,
      );
    const others = [...record.provisioned].filter(([name]) => name !== qualifier);
    const sum = others.reduce((total, [, each]) => total + each.requested, requested);
    if (record.reserved !== undefined && sum > record.reserved)
      throw invalid(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
      );
    const config = { requested, lastModified: needs.surroundings.clock.now() };
    record.provisioned.set(qualifier, config);
    provision(needs, record);
    return show(needs, record, qualifier, config);
  }

  function get(input: Json, call: Call): Json {
    const record = find(input, call);
    const qualifier = qualifierOf(record, input);
    const config = record.provisioned.get(qualifier);
    if (!config)
      throw new ServiceError(
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        404,
      );
    return show(needs, record, qualifier, config);
  }

  return {
    PutProvisionedConcurrencyConfig: put,
    GetProvisionedConcurrencyConfig: get,
    DeleteProvisionedConcurrencyConfig(input, call) {
      const record = find(input, call);
      record.provisioned.delete(qualifierOf(record, input));
      provision(needs, record);
    },
    ListProvisionedConcurrencyConfigs(input, call) {
      const record = find(input, call);
      const shown = [...record.provisioned].map(([qualifier, config]) => ({
        FunctionArn: `${record.arn}:${qualifier}`,
        ...show(needs, record, qualifier, config),
      }));
      return page(input, "ProvisionedConcurrencyConfigs", shown);
    },
  };
}

/** Starts environments ahead as the function's versions and aliases ask for, and lets the others go idle. */
export function provision({ poolOf }: Pick<ProvisionNeeds, "poolOf">, record: FunctionRecord): void {
  const wanted = new Map<string, number>();
  for (const version of record.pools.keys()) wanted.set(version, 0);
  for (const [qualifier, { requested }] of record.provisioned) {
    const { version } = versionOf(record, qualifier);
    wanted.set(version, (wanted.get(version) ?? 0) + requested);
  }
  for (const [version, count] of wanted) poolOf(record, versionOf(record, version)).provision(count);
}

function qualifierOf(record: FunctionRecord, input: Json): string {
  const { qualifier } = referenceOf(input);
  if (qualifier === undefined) throw invalid("Qualifier is missing; allowed is a version or an alias");
  if (versionOf(record, qualifier).version === "$LATEST")
    throw invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  return qualifier;
}

function show(
  { poolOf }: ProvisionNeeds,
  record: FunctionRecord,
  qualifier: string,
  { requested, lastModified }: ProvisionedConcurrency,
): Json {
  const { isReady, failure } = poolOf(record, versionOf(record, qualifier)).provisioning;
  const ready = isReady && failure === undefined ? requested : 0;
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: ready,
    AllocatedProvisionedConcurrentExecutions: ready,
    Status: failure !== undefined ? "FAILED" : isReady ? "READY" : "IN_PROGRESS",
    ...(failure === undefined ? {} : { StatusReason: failure }),
    LastModified: new Date(lastModified).toISOString().replace("Z", "+0000"),
  };
}
