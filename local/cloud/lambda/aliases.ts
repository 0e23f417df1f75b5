import { randomUUID } from "node:crypto";
import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import { type FunctionRecord, versionOf } from "./functions.ts";
import { ACCOUNT_CONCURRENCY, UNRESERVED_MINIMUM } from "./invoke.ts";
import { checkRevision, finder, invalid } from "./manage.ts";
import { page } from "./paging.ts";
import { type ProvisionNeeds, provision } from "./provisioned.ts";

/** The operations on aliases and on reserved concurrency. */
export function aliasOperations(needs: ProvisionNeeds): Record<string, Operation> {
  const find = finder(needs);

  function putAlias(input: Json, call: Call, isNew: boolean): Json {
    const record = find(input, call);
    const name = String(input.Name);
    const existing = record.aliases.get(name);
    if (isNew && existing)
      throw new ServiceError("ResourceConflictException", `Alias already exists: ${record.arn}:${name}`, 409);
    if (!isNew && !existing) throw aliasNotFound(record, name);
    if (existing) checkRevision(input, existing.RevisionId);
    if (!/^(?!\d+$)[\w-]{1,128}$/.test(name))
      throw invalid(`Name is ${name}; allowed: ^(?!\\d+$)[\\w-]{1,128}$`);
    if (
      input.RoutingConfig !== undefined &&
      Object.keys((input.RoutingConfig as Json | null) ?? {}).length > 0
    )
      throw invalid("RoutingConfig is not carried out here: an alias has one version");
    const FunctionVersion = String(input.FunctionVersion ?? existing?.FunctionVersion);
    versionOf(record, FunctionVersion);
    const alias = {
      AliasArn: `${record.arn}:${name}`,
      Name: name,
      FunctionVersion,
      Description: input.Description ?? existing?.Description ?? "",
      RevisionId: randomUUID(),
    };
    record.aliases.set(name, alias);
    // Environments that are kept ready for an alias move on with it.
    if (record.provisioned.has(name)) provision(needs, record);
    return alias;
  }

  function reserve(input: Json, call: Call): Json {
    const record = find(input, call);
    const wanted = input.ReservedConcurrentExecutions;
    if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 0)
      throw invalid(
        `ReservedConcurrentExecutions is ${JSON.stringify(wanted)}; allowed: whole numbers from 0`,
      );
    const others = needs.store.in(call.region).filter((each) => each !== record);
    const reserved = others.reduce((sum, each) => sum + (each.reserved ?? 0), 0);
    const provisioned = [...record.provisioned.values()].reduce((sum, each) => sum + each.requested, 0);
    if (wanted < provisioned)
      throw invalid(
        `ReservedConcurrentExecutions ${wanted} should not be lower than function's total provisioned concurrency ` +
          `[${provisioned}].`,
      );
    if (ACCOUNT_CONCURRENCY - reserved - wanted < UNRESERVED_MINIMUM)
      throw invalid(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution " +
          `below its minimum value of [${UNRESERVED_MINIMUM}].`,
      );
    record.reserved = wanted;
    return { ReservedConcurrentExecutions: wanted };
  }

  return {
    CreateAlias: (input, call) => putAlias(input, call, true),
    UpdateAlias: (input, call) => putAlias(input, call, false),
    GetAlias: (input, call) => {
      const record = find(input, call);
      const alias = record.aliases.get(String(input.Name));
      if (!alias) throw aliasNotFound(record, String(input.Name));
      return alias;
    },
    DeleteAlias: (input, call) => {
      const record = find(input, call);
      const name = String(input.Name);
      if (record.provisioned.delete(name)) provision(needs, record);
      record.eventInvokeConfigs.delete(name);
      record.policies.delete(name);
      record.aliases.delete(name);
    },
    ListAliases: (input, call) =>
      page(
        input,
        "Aliases",
        [...find(input, call).aliases.values()].filter(
          ({ FunctionVersion }) => (input.FunctionVersion ?? FunctionVersion) === FunctionVersion,
        ),
      ),
    PutFunctionConcurrency: reserve,
    GetFunctionConcurrency: (input, call) => {
      const { reserved } = find(input, call);
      return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
    },
    DeleteFunctionConcurrency: (input, call) => {
      find(input, call).reserved = undefined;
    },
  };
}

function aliasNotFound(record: FunctionRecord, name: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", `Cannot find alias arn: ${record.arn}:${name}`, 404);
}
