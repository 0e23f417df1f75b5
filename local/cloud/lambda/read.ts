import type { Call, Json, Operation } from "../service.ts";
import { configuration, referenceOf, versionOf } from "./functions.ts";
import { ACCOUNT_CONCURRENCY, oneOf } from "./invoke.ts";
import { finder, invalid, type ManageNeeds } from "./manage.ts";
import { page } from "./paging.ts";

/** The operations that show functions, their versions and the account's limits. */
export function readOperations(needs: ManageNeeds): Record<string, Operation> {
  const { store } = needs;
  const find = finder(needs);

  function getFunction(input: Json, call: Call): Json {
    const record = find(input, call);
    const settings = versionOf(record, referenceOf(input).qualifier);
    return {
      Configuration: configuration(record, settings),
      Code: { RepositoryType: "ECR", ImageUri: settings.imageUri, ResolvedImageUri: settings.imageUri },
      Tags: record.tags,
      ...(record.reserved === undefined
        ? {}
        : { Concurrency: { ReservedConcurrentExecutions: record.reserved } }),
    };
  }

  function getConfiguration(input: Json, call: Call): Json {
    const record = find(input, call);
    return configuration(record, versionOf(record, referenceOf(input).qualifier));
  }

  return {
    GetFunction: getFunction,
    GetFunctionConfiguration: getConfiguration,
    ListFunctions(input, { region }) {
      if (input.MasterRegion !== undefined) throw invalid("MasterRegion is not carried out here");
      oneOf(input, "FunctionVersion", ["ALL"]);
      const shown = store.in(region).flatMap((record) => {
        const versions = input.FunctionVersion === "ALL" ? record.versions.values() : [];
        return [record.latest, ...versions].map((each) => configuration(record, each));
      });
      return page(input, "Functions", shown);
    },
    ListVersionsByFunction(input, call) {
      const record = find(input, call);
      const versions = [record.latest, ...record.versions.values()];
      return page(
        input,
        "Versions",
        versions.map((each) => configuration(record, each)),
      );
    },
    GetAccountSettings: (_input, { region }) => {
      const functions = store.in(region);
      const reserved = functions.reduce((sum, each) => sum + (each.reserved ?? 0), 0);
      return {
        AccountLimit: {
          TotalCodeSize: 80_530_636_800,
          CodeSizeUnzipped: 262_144_000,
          CodeSizeZipped: 52_428_800,
          ConcurrentExecutions: ACCOUNT_CONCURRENCY,
          UnreservedConcurrentExecutions: ACCOUNT_CONCURRENCY - reserved,
        },
        AccountUsage: { TotalCodeSize: 0, FunctionCount: functions.length },
      };
    },
  };
}
